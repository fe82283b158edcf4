// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/page.h"

#include "lib/base/memory.h"
#include "lib/base/xml.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char style[] =
	":root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#5b6470;--line:#d5dae0;"
	"--band:#f3f5f8;--extra:#8f3a00;--bad:#b00020;--good:#116329;--link:#0b5cad}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#14171b;--fg:#e4e7eb;--dim:#9aa4b0;"
	"--line:#343b44;--band:#1d2228;--extra:#f0a860;--bad:#ff7a85;--good:#7ee2a0;--link:#7ab8ff}"
	"}\n"
	"*{box-sizing:border-box}html{scroll-padding-top:3rem}\n"
	"body{margin:0 auto;padding:1rem;max-width:78rem;background:var(--bg);color:var(--fg);"
	"font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\n"
	"a{color:var(--link)}h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}"
	"h2{font-size:1.2rem;margin:2rem 0 .5rem}\n"
	"ul{padding-left:1.2rem}li{margin:.3rem 0}ul.main{font-size:1.05rem}ul.main "
	"li{margin:.5rem 0}\n"
	".bad{color:var(--bad);font-weight:600}.good{color:var(--good)}.dim{color:var(--dim)}\n"
	".range{color:var(--dim);font-size:.9em}\n"
	".scroll{overflow:auto;max-height:85vh;margin-bottom:1rem;border:1px solid "
	"var(--line);border-radius:.4rem}\n"
	"table{border-collapse:separate;border-spacing:0;font-size:.85rem;"
	"font-variant-numeric:tabular-nums;width:100%}\n"
	"caption{text-align:left;padding:.4rem .6rem;font-weight:600}\n"
	"th,td{padding:.25rem .6rem;text-align:right;white-space:nowrap;border-top:1px solid "
	"var(--line)}td.text,th.text{text-align:left}td.wide{white-space:normal;min-width:16rem}\n"
	"thead th{border-top:0;vertical-align:bottom;position:sticky;top:0;z-index:2;"
	"background:var(--band)}\n"
	"th:first-child{text-align:left;position:sticky;left:0;z-index:1;background:var(--bg);"
	"font-weight:400}thead th:first-child{z-index:3;background:var(--band)}\n"
	"tbody tr:target th,tbody tr:target td{background:var(--band)}th a{color:inherit;"
	"text-decoration:none}th a:hover{text-decoration:underline}\n"
	"tr.section th:first-child{background:var(--band);font-weight:600}\n"
	"td small{display:block;color:var(--extra)}td.gap{color:var(--dim)}\n"
	"table.facts td{text-align:left;white-space:normal}table.facts th{color:var(--dim)}\n"
	"figure{margin:1.5rem 0}figcaption{margin-bottom:.3rem}figcaption b{display:block}\n"
	".plot{overflow-x:auto;border:1px solid var(--line);border-radius:.4rem}"
	".plot img{display:block;width:100%;height:auto}\n"
	"pre{margin:0;padding:.6rem;font-size:.8rem;white-space:pre-wrap}\n"
	"summary{cursor:pointer;padding:.4rem 0;font-weight:600}details ul{margin-top:0}\n"
	"td svg path{fill:none;stroke:var(--link);stroke-width:1.5}td svg "
	"circle{fill:var(--extra)}\n"
	"input{font:inherit;width:100%;max-width:24rem;padding:.3rem}\n"
	/* Narrow screens scroll a plot and a table instead of shrinking them; the first column is
	 * not fixed there, it would fill the screen. */
	"@media(max-width:44rem){.plot img{width:58rem;max-width:none}th:first-child"
	"{position:static;white-space:normal;min-width:8rem}thead "
	"th:first-child{position:sticky}}\n"
	"dt{font-weight:600}dd{margin:0 0 .3rem 1rem}\n"
	"footer{margin-top:2rem;color:var(--dim);font-size:.85rem}\n";

void page_begin(FILE *out, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
	      "<link rel=\"icon\" href=\"data:,\">\n<title>",
	      out);
	xml_put(out, title);
	fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<h1>", style);
	xml_put(out, title);
	fputs("</h1>\n", out);
}

int page_end(FILE *out, const char *written_by)
{
	fputs("</main>\n<footer>", out);
	xml_put(out, written_by);
	fputs("</footer>\n</body>\n</html>\n", out);
	return fflush(out) || ferror(out) ? -EIO : 0;
}

void page_put_id(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(isalnum((unsigned char)*text) || strchr(".:_", *text) ? *text : '-', out);
}

static void put_id(FILE *out, const char *id)
{
	if (!id)
		return;
	fputs(" id=\"", out);
	page_put_id(out, id);
	fputc('"', out);
}

void page_heading(FILE *out, const char *id, const char *text)
{
	fputs("<h2", out);
	put_id(out, id);
	fputc('>', out);
	xml_put(out, text);
	fputs("</h2>\n", out);
}

void page_paragraph(FILE *out, const char *class, const char *text)
{
	fputs("<p", out);
	if (class)
		xml_attribute(out, "class", class);
	fputc('>', out);
	xml_put(out, text);
	fputs("</p>\n", out);
}

/* What scrolls can be reached with the keyboard, and has a name. */
static void put_scroll(FILE *out, const char *label)
{
	fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\"", out);
	xml_attribute(out, "aria-label", label);
	fputs(">", out);
}

void page_pre(FILE *out, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	put_scroll(out, label);
	fputs("<pre>", out);
	xml_put(out, text);
	fputs("</pre></div>\n", out);
}

/* ---- lists ----------------------------------------------------------------------------------- */

void page_add(void *list, const char *sentence)
{
	struct page_list *l = list;

	if (words_add(&l->sentences, sentence, strlen(sentence)) < 0)
		memory_check(NULL);
}

void page_put_first(FILE *out, struct page_list *list, size_t n, const char *class)
{
	struct page_list rest = {0};
	struct words *all = &list->sentences;

	n = n < all->n ? n : all->n;
	if (n) {
		fputs("<ul", out);
		if (class)
			xml_attribute(out, "class", class);
		fputs(">\n", out);
	}
	for (size_t i = 0; i < n; i++) {
		fputs("<li>", out);
		xml_put(out, all->list[i]);
		fputc('\n', out);
	}
	fputs(n ? "</ul>\n" : "", out);
	for (size_t i = n; i < all->n; i++)
		page_add(&rest, all->list[i]);
	words_free(all);
	*list = rest;
}

void page_put_bare(FILE *out, struct page_list *list, const char *class)
{
	page_put_first(out, list, list->sentences.n, class);
}

void page_put_list(FILE *out, struct page_list *list, const char *id, const char *heading)
{
	if (!list->sentences.n)
		return;
	page_heading(out, id, heading);
	page_put_bare(out, list, NULL);
}

void page_put_folded(FILE *out, struct page_list *list, const char *id, const char *heading)
{
	if (!list->sentences.n)
		return;
	fputs("<details", out);
	put_id(out, id);
	fputs("><summary>", out);
	xml_put(out, heading);
	fprintf(out, " (%zu)</summary>\n", list->sentences.n);
	page_put_bare(out, list, NULL);
	fputs("</details>\n", out);
}

/* ---- tables ---------------------------------------------------------------------------------- */

void page_filter(FILE *out, const char *id)
{
	fprintf(out,
		"<p hidden><label for=\"%s\">Only rows with these words:</label> "
		"<input id=\"%s\" type=\"search\"></p>\n<script>\n"
		"(i=>{const p=i.closest('p');p.hidden=false;i.oninput=()=>{"
		"const w=i.value.toLowerCase().split(/\\s+/);let e=p,k='';"
		"while(!(e=e.nextElementSibling).matches('.scroll'));"
		"for(const r of e.querySelectorAll('tbody tr')){if(r.className)continue;"
		"k=r.id||k;const x=(k+' '+r.textContent).toLowerCase();"
		"r.hidden=!w.every(q=>x.includes(q))}}})(document.getElementById('%s'))\n</"
		"script>\n",
		id, id, id);
}

void page_table_begin(FILE *out, const char *class, const char *caption)
{
	put_scroll(out, caption);
	fputs("<table", out);
	if (class)
		xml_attribute(out, "class", class);
	fputs("><caption>", out);
	xml_put(out, caption);
	fputs("</caption>\n", out);
}

void page_table_end(FILE *out)
{
	fputs("</tbody></table></div>\n", out);
}

void page_row_head(FILE *out, const char *id, const char *text)
{
	fputs("<th scope=\"row\">", out);
	if (id) {
		fputs("<a href=\"#", out);
		page_put_id(out, id);
		fputs("\">", out);
	}
	xml_put(out, text);
	fputs(id ? "</a></th>" : "</th>", out);
}

static void put_line(FILE *out, const struct grid *g, const struct grid_line *line)
{
	if (line->across) {
		if (*line->across) {
			fprintf(out,
				"<tr class=\"section\"><th colspan=\"%zu\" scope=\"rowgroup\">",
				g->n_columns);
			xml_put(out, line->across);
			fputs("</th>\n", out);
		}
		return;
	}
	for (size_t c = 0; c < g->n_columns; c++) {
		const char *text = line->cells[c] ? line->cells[c] : "";

		if (!c) {
			fputs("<tr", out);
			put_id(out, line->id);
			fputc('>', out);
		}
		if (!c && *text) {
			page_row_head(out, line->id, text + strspn(text, " "));
			continue;
		}
		fputs(g->left[c] ? "<td class=\"text\">" : "<td>", out);
		xml_put(out, text);
	}
	fputc('\n', out);
}

void page_grid(FILE *out, const struct grid *g, const char *caption)
{
	page_table_begin(out, NULL, caption);
	fputs("<thead><tr>", out);
	for (size_t c = 0; c < g->n_columns; c++) {
		fputs(g->left[c] ? "<th scope=\"col\" class=\"text\">" : "<th scope=\"col\">", out);
		xml_put(out, g->head[c] ? g->head[c] : "");
		fputs("</th>", out);
	}
	fputs("</tr></thead>\n<tbody>\n", out);
	for (size_t i = 0; i < g->n_lines; i++)
		put_line(out, g, &g->lines[i]);
	page_table_end(out);
}

/* ---- plots ----------------------------------------------------------------------------------- */

enum { HEAD_PX = 78 }; /* of the heading at the top of each plot: plot/head.gp */

/* The whole file, or NULL. */
static char *read_file(const char *path)
{
	FILE *in = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	ssize_t len;

	if (!in && errno == ENOMEM)
		memory_check(NULL);
	if (!in)
		return NULL;
	len = getdelim(&text, &size, '\0', in);
	fclose(in);
	if (len > 0)
		return text;
	free(text);
	return NULL;
}

/* The content of the first element of that name, which has no attributes; the caller frees it. */
static char *element(const char *svg, const char *name)
{
	char begin[16], end[16];
	const char *from, *to;

	snprintf(begin, sizeof(begin), "<%s>", name);
	snprintf(end, sizeof(end), "</%s>", name);
	from = strstr(svg, begin);
	to = from ? strstr(from, end) : NULL;
	return to ? memory_check(strndup(from + strlen(begin), (size_t)(to - from) - strlen(begin)))
		  : NULL;
}

/* As the content of a data URL in double quotes. */
static void put_url(FILE *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '"')
			fputc('\'', out);
		else if (strchr("%#&<>", c) || (unsigned char)c < ' ')
			fprintf(out, "%%%02X", (unsigned char)c);
		else
			fputc(c, out);
	}
}

/* Without the heading that is drawn into it: the view begins below. */
static void put_view(FILE *out, const char *svg, int head_px)
{
	const char *box = strstr(svg, "viewBox=\"0 0 "), *end = svg;
	int width, height, n = 0;
	char text[64];

	if (box && sscanf(box, "viewBox=\"0 0 %d %d\"%n", &width, &height, &n) == 2 && n &&
	    height > head_px) {
		put_url(out, svg, (size_t)(box - svg));
		put_url(out, text,
			(size_t)snprintf(text, sizeof(text), "viewBox=\"0 %d %d %d\"", head_px,
					 width, height - head_px));
		end = box + n;
	}
	put_url(out, end, strlen(end));
}

/* Text that is escaped already, as the value of an attribute. */
static void put_value(FILE *out, const char *text)
{
	for (; *text; text++)
		if (*text == '"')
			fputs("&quot;", out);
		else
			fputc(*text, out);
}

bool page_figure(FILE *out, const char *dir, const char *name, const char *in_general)
{
	char path[4096], *svg, *title, *note;
	bool has_head;

	snprintf(path, sizeof(path), "%s/%s.svg", dir, name);
	svg = read_file(path);
	if (!svg)
		return false;
	title = element(svg, "title");
	note = element(svg, "desc");
	has_head = title && note && strcmp(title, name) != 0;
	fprintf(out,
		"<figure id=\"%s\"><figcaption><b>%s</b> <span class=\"dim\">%s</span>"
		"</figcaption>\n<div class=\"plot\" tabindex=\"0\" role=\"region\" "
		"aria-label=\"plot %s\"><img alt=\"",
		name, has_head ? title : in_general, has_head ? note : "", name);
	put_value(out, has_head ? title : in_general);
	fputs("\" src=\"data:image/svg+xml,", out);
	put_view(out, svg, has_head ? HEAD_PX : 0);
	fputs("\"></div></figure>\n", out);
	free(svg);
	free(title);
	free(note);
	return true;
}

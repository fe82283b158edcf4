// SPDX-License-Identifier: GPL-2.0-only
/* A self-contained page: inline style, plots as data URLs (the ids of several inline SVGs would
 * clash). */
#include "report/html/html.h"
#include "report/findings/counters_report.h"
#include "report/findings/findings.h"
#include "report/findings/fio_compare.h"
#include "report/findings/steady.h"
#include "report/html/glossary.h"

#include "lib/base/memory.h"
#include "lib/base/number.h"
#include "lib/base/xml.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char style[] =
	":root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#5b6470;--line:#d5dae0;"
	"--band:#f3f5f8;--extra:#a04000;--bad:#b00020}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#14171b;--fg:#e4e7eb;--dim:#9aa4b0;"
	"--line:#343b44;--band:#1d2228;--extra:#f0a860;--bad:#ff7a85}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;padding:1rem;max-width:78rem;background:var(--bg);color:var(--fg);"
	"font:1rem/1.5 system-ui,sans-serif}\n"
	"h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}h2{font-size:1.2rem;margin:2rem 0 "
	".5rem}\n"
	"ul{padding-left:1.2rem}li{margin:.3rem 0;overflow-wrap:anywhere}\n"
	".state{font-weight:600}.bad{color:var(--bad)}\n"
	".scroll{overflow-x:auto;border:1px solid var(--line);border-radius:.4rem}\n"
	"table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums;width:"
	"100%}\n"
	"th,td{padding:.25rem .6rem;text-align:right;white-space:nowrap;border-top:1px solid "
	"var(--line)}\n"
	"thead th{border-top:0;vertical-align:bottom}\n"
	"th:first-child{text-align:left;position:sticky;left:0;background:var(--bg)}\n"
	"tr.section th,tr.section "
	"th:first-child{background:var(--band);text-align:left;font-weight:600}\n"
	"td small{display:block;color:var(--extra)}td.gap{color:var(--dim)}\n"
	"table.facts td{text-align:left;white-space:normal;overflow-wrap:anywhere}\n"
	"table.facts th{font-weight:400;color:var(--dim)}\n"
	"figure{margin:1rem 0}figure img{display:block;width:100%;height:auto;background:#fff;"
	"border:1px solid var(--line);border-radius:.4rem}\n"
	"summary{cursor:pointer;padding:.3rem 0}details.more{margin:.5rem 0}"
	"details.more details{margin-left:1rem}details.more details summary{font-size:.9rem}\n"
	/* Narrow screens scroll a plot instead of shrinking it. */
	"@media(max-width:44rem){figure{overflow-x:auto}figure "
	"img{width:62rem;max-width:none}}\n"
	"dt{font-weight:600}\n"
	"footer{margin-top:2rem;color:var(--dim);font-size:.85rem}\n";

struct items {
	FILE *out;
	const char *heading; /* before the first item */
	bool any;
};

static void put_item(void *arg, const char *sentence)
{
	struct items *items = arg;

	if (!items->any)
		fprintf(items->out, "<h2>%s</h2>\n<ul>\n", items->heading);
	items->any = true;
	fputs("<li>", items->out);
	xml_put(items->out, sentence);
	fputs("</li>\n", items->out);
}

/* Below a number, or after it, its range over the initial states if it varies. */
static void put_range(const struct quantity *q, bool sign, FILE *out)
{
	if (q->least < q->most)
		fprintf(out, " <span class=\"range\">%s</span>", quantity_range(q, sign).s + 1);
}

static void put_cell(const struct tables *tables, const struct table *t,
		     const struct table_row *row, size_t stack, FILE *out)
{
	const struct run_record *rec = row->cell[stack], *raw = table_raw(tables, row);
	struct quantity q;

	if (!rec) {
		fprintf(out, "<td class=\"gap\">%s</td>", table_gap(tables, t, row, stack));
		return;
	}
	fprintf(out, "<td title=\"n %s, min %s, p10 %s, p90 %s, p99 %s, max %s ", number(rec->n).s,
		number(rec->min).s, number(rec->p10).s, number(rec->p90).s, number(rec->p99).s,
		number(rec->max).s);
	xml_put(out, rec->unit);
	fprintf(out, "\">%s", number(rec->median).s);
	q = over_states_median(rec);
	put_range(&q, false, out);
	if (raw && rec != raw) {
		q = over_states_difference(rec, raw);
		fprintf(out, "<small>%s", number_signed(q.median).s);
		put_range(&q, true, out);
		fputs("</small>", out);
	}
	fputs("</td>", out);
}

static void put_table(const struct tables *tables, const struct table *t, FILE *out)
{
	char text[256];

	fputs("<h2>", out);
	xml_put(out, table_fs(t));
	fprintf(out, ": %s in ", table_value_words(tables, text, sizeof(text)));
	xml_put(out, t->unit);
	fprintf(out, " per sample%s</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th></th>",
		tables->raw < 0 ? "" : "; below it DM overhead");
	for (size_t c = 0; c < t->n_columns; c++) {
		fputs("<th scope=\"col\">", out);
		for (const char *s = tables->run->stacks.name[t->columns[c]]; *s; s++) {
			xml_put(out, (char[]){*s, '\0'});
			if (*s == ',')
				fputs("<wbr>", out);
		}
		fputs("</th>", out);
	}
	fputs("</tr></thead>\n<tbody>\n", out);
	for (size_t r = 0; r < t->n_rows; r++) {
		const struct table_row *row = &t->rows[r];

		if (table_section_starts(t, r)) {
			fprintf(out,
				"<tr class=\"section\"><th colspan=\"%zu\" scope=\"rowgroup\">",
				t->n_columns + 1);
			xml_put(out, table_section(row, text, sizeof(text)));
			fputs("</th></tr>\n", out);
		}
		fputs("<tr><th scope=\"row\">", out);
		xml_put(out, table_label(row, text, sizeof(text)));
		fputs("</th>", out);
		for (size_t c = 0; c < t->n_columns; c++)
			put_cell(tables, t, row, t->columns[c], out);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div>\n", out);
}

/* A statistic, a cell. */
static void put_statistic(const struct run_record *rec, int64_t value, size_t field, FILE *out)
{
	const struct quantity q = over_states_of(rec, field);

	fprintf(out, "<td>%s", number(value).s);
	put_range(&q, false, out);
	fputs("</td>", out);
}

#define PUT_STATISTIC(rec, name, out) \
	put_statistic(rec, (rec)->name, offsetof(struct run_record, name), out)

/* With one decimal. */
static void put_decimal(double mean, FILE *out)
{
	double size = fabs(mean), whole = floor(size), tenths = round((size - whole) * 10);

	if (tenths > 9) {
		whole++;
		tenths = 0;
	}
	fprintf(out, "%s%s.%.0f", mean < 0 && whole + tenths > 0 ? "-" : "",
		number(number_round(whole)).s, tenths);
}

static void put_mean(const struct run_record *rec, FILE *out)
{
	const struct real_range mean = over_states_mean(rec);

	fputs("<td>", out);
	put_decimal(rec->mean, out);
	if (mean.least < mean.most) {
		fputs(" <span class=\"range\">(", out);
		put_decimal(mean.least, out);
		fputs("..", out);
		put_decimal(mean.most, out);
		fputs(")</span>", out);
	}
	fputs("</td>", out);
}

/* All statistics of one row, a line per stack. */
static void put_row_more(const struct tables *tables, const struct table *t,
			 const struct table_row *row, FILE *out)
{
	fputs("<details><summary>", out);
	xml_put(out, row->bench);
	fputc(' ', out);
	xml_put(out, row->variant);
	fputs("</summary>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">stack</th>"
	      "<th scope=\"col\">min</th><th scope=\"col\">p10</th><th scope=\"col\">median</th>"
	      "<th scope=\"col\">mean</th><th scope=\"col\">p90</th><th scope=\"col\">p99</th>"
	      "<th scope=\"col\">max</th><th scope=\"col\">n</th></tr></thead>\n<tbody>\n",
	      out);
	for (size_t c = 0; c < t->n_columns; c++) {
		const struct run_record *rec = row->cell[t->columns[c]];

		fputs("<tr><th scope=\"row\">", out);
		xml_put(out, tables->run->stacks.name[t->columns[c]]);
		if (!rec) {
			fprintf(out, "</th><td class=\"gap\" colspan=\"8\">%s</td></tr>\n",
				table_gap(tables, t, row, t->columns[c]));
			continue;
		}
		fputs("</th>", out);
		PUT_STATISTIC(rec, min, out);
		PUT_STATISTIC(rec, p10, out);
		PUT_STATISTIC(rec, median, out);
		put_mean(rec, out);
		PUT_STATISTIC(rec, p90, out);
		PUT_STATISTIC(rec, p99, out);
		PUT_STATISTIC(rec, max, out);
		PUT_STATISTIC(rec, n, out);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div></details>\n", out);
}

static void put_more(const struct tables *tables, const struct table *t, FILE *out)
{
	fputs("<details class=\"more\"><summary>", out);
	xml_put(out, table_fs(t));
	fputs(": min, mean, p99, max and number of samples, in ", out);
	xml_put(out, t->unit);
	fputs(", row by row</summary>\n", out);
	for (size_t r = 0; r < t->n_rows; r++)
		put_row_more(tables, t, &t->rows[r], out);
	fputs("</details>\n", out);
}

static void put_base64(FILE *in, FILE *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned char b[3];
	size_t n;

	while ((n = fread(b, 1, sizeof(b), in)) > 0) {
		for (size_t i = n; i < sizeof(b); i++)
			b[i] = 0;
		fputc(digits[b[0] >> 2], out);
		fputc(digits[(b[0] & 3) << 4 | b[1] >> 4], out);
		fputc(n > 1 ? digits[(b[1] & 15) << 2 | b[2] >> 6] : '=', out);
		fputc(n > 2 ? digits[b[2] & 63] : '=', out);
	}
}

static void put_plots(const char *dir, FILE *out)
{
	static const struct {
		const char *file, *what;
	} plots[] = {
		{"bio-ratio.svg", "Cost of reads and writes without DAX by size"},
		{"fault-by-segments.svg", "Fault cost by number of segments"},
		{"fault-growth.svg", "Faults whose cost grows with the number of segments"},
		{"fault-extra.svg", "DM overhead of faults by number of segments"},
		{"fault-distribution.svg", "Distribution of the samples by stack"},
		{"huge-pages.svg", "Cost of lost huge pages"},
		{"table-ops.svg", "Cost of device-mapper ioctls by number of segments"},
	};

	for (size_t i = 0; i < sizeof(plots) / sizeof(plots[0]); i++) {
		char path[4096];
		FILE *in;

		snprintf(path, sizeof(path), "%s/%s", dir, plots[i].file);
		in = fopen(path, "re");
		if (!in && errno == ENOMEM)
			memory_check(NULL);
		if (!in)
			continue;
		fprintf(out, "<figure><img alt=\"%s\" src=\"data:image/svg+xml;base64,",
			plots[i].what);
		put_base64(in, out);
		fputs("\"></figure>\n", out);
		fclose(in);
	}
}

/* One row per field of the context; nested names are joined by dots. */
static void put_facts(const char *prefix, const json_t *value, FILE *out)
{
	const char *key;
	json_t *member;
	char *text;

	if (json_is_object(value)) {
		json_object_foreach((json_t *)value, key, member) {
			char name[256];

			snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "." : "", key);
			if (strcmp(name, "type"))
				put_facts(name, member, out);
		}
		return;
	}
	fputs("<tr><th scope=\"row\">", out);
	xml_put(out, prefix);
	fputs("</th><td>", out);
	text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	xml_put(out, text ? text : json_is_string(value) ? json_string_value(value) : "");
	free(text);
	fputs("</td></tr>\n", out);
}

static void put_head(void *arg, const char *sentence)
{
	struct items *items = arg;
	bool state = !strncmp(sentence, "run: ", 5);

	fprintf(items->out, "<li%s>",
		!state	     ? ""
		: items->any ? " class=\"state\""
			     : " class=\"state bad\"");
	xml_put(items->out, sentence);
	fputs("</li>\n", items->out);
}

/* Text for a terminal, if there is any. */
static void put_pre(const char *text, FILE *out)
{
	if (!text || !*text)
		return;
	fputs("<div class=\"scroll\"><pre>", out);
	xml_put(out, text);
	fputs("</pre></div>\n", out);
}

static void put_counted(const struct run *run, FILE *out)
{
	struct items counted = {.out = out, .heading = "Counters (second sweep)"};
	char *text = NULL;
	FILE *tables;

	counters_report_say(run, put_item, &counted);
	fputs(counted.any ? "</ul>\n" : "", out);
	tables = memory_stream(&text);
	if (tables) {
		counters_report_tables(run, tables);
		fclose(tables);
	}
	put_pre(text, out);
	free(text);
}

static void put_fio(const struct tables *tables, FILE *out)
{
	char *text = NULL;
	FILE *pairs = memory_stream(&text);

	if (pairs) {
		fio_compare_print(tables, pairs);
		fclose(pairs);
	}
	put_pre(text, out);
	free(text);
}

/* The release and the replaced modules. */
static void put_kernel(const struct run *run, FILE *out)
{
	xml_put(out, run->context.release);
	xml_put(out, run->context.suffix);
}

int html_write(const struct tables *tables, const char *dir, FILE *out)
{
	const struct run *run = tables->run;
	struct items head = {.out = out, .any = run_is_complete(run)};
	struct items numbers = {.out = out, .heading = "Findings"};
	struct items gaps = {.out = out, .heading = "Missing from the results"};

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>",
	      out);
	fputs("DAX through device-mapper: Linux ", out);
	put_kernel(run, out);
	fprintf(out, "</title>\n<style>\n%s%s</style>\n</head>\n<body>\n", style,
		tables->states ? ".range{color:var(--dim);font-size:.9em}\n" : "");
	fputs("<h1>DAX through device-mapper on Linux ", out);
	put_kernel(run, out);
	fputs("</h1>\n<ul>\n", out);
	findings_head(tables, put_head, &head);
	fputs("</ul>\n", out);
	glossary_write(out);
	findings_say_steady(tables, findings_numbers, put_item, &numbers);
	fputs(numbers.any ? "</ul>\n" : "", out);
	put_plots(dir, out);
	for (size_t i = 0; i < tables->n; i++) {
		put_table(tables, &tables->table[i], out);
		put_more(tables, &tables->table[i], out);
	}
	put_fio(tables, out);
	put_counted(run, out);
	findings_gaps(tables, put_item, &gaps);
	fputs(gaps.any ? "</ul>\n" : "", out);
	fputs("<h2>Context</h2>\n<div class=\"scroll\"><table class=\"facts\">\n<tbody>\n", out);
	put_facts("", run->context.json, out);
	fputs("</tbody></table></div>\n<footer>Written by daxdm report from run.jsonl, which holds "
	      "every sample.</footer>\n</body>\n</html>\n",
	      out);
	return fflush(out) || ferror(out) ? -EIO : 0;
}

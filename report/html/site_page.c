// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/site_page.h"

#include "lib/base/json_field.h"
#include "lib/base/memory.h"
#include "lib/base/xml.h"
#include "report/findings/findings.h"
#include "report/findings/steady.h"
#include "report/html/page.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has(const char *dir, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return !access(path, R_OK);
}

enum site_kind site_kind(const char *dir)
{
	enum site_kind kind = SITE_OTHER;
	char why[512];
	struct run run;

	if (has(dir, "kernels.tsv"))
		return SITE_LADDER;
	if (has(dir, "explain.json"))
		return SITE_EXPLANATION;
	if (!has(dir, "run.jsonl"))
		return SITE_OTHER;
	if (!run_read(dir, &run, why, sizeof(why)))
		kind = run.context.checks ? SITE_CHECKS : SITE_RUN;
	run_free(&run);
	return kind;
}

/* ---- items ----------------------------------------------------------------------------------- */

static void put_link(const char *name, const char *page, const char *text, FILE *out)
{
	fputs("<li><a href=\"", out);
	xml_put(out, name);
	fprintf(out, "%s%s\">", *page ? "/" : "", page);
	xml_put(out, text);
	fputs("</a>", out);
}

static void put_first(void *arg, const char *sentence)
{
	struct page_list *list = arg;

	if (!list->sentences.n)
		page_add(list, sentence);
}

/* The main finding, after a colon. */
static void put_finding(const struct run *run, FILE *out)
{
	struct tables tables = {.raw = -1};
	struct page_list first = {0};

	if (!tables_build(run, &tables))
		findings_headlines(&tables, put_first, &first);
	if (first.sentences.n) {
		fputs(": ", out);
		xml_put(out, first.sentences.list[0]);
	}
	words_free(&first.sentences);
	tables_free(&tables);
}

static void put_run(const char *path, const char *name, FILE *out)
{
	char why[512], text[512];
	struct run run;

	if (!run_read(path, &run, why, sizeof(why))) {
		snprintf(text, sizeof(text), "%s: Linux %s%s, %s", name, run.context.release,
			 run.context.suffix, run.context.date);
		put_link(name, "report.html", text, out);
		if (!run.context.checks)
			put_finding(&run, out);
		fputc('\n', out);
	}
	run_free(&run);
}

/* The kernels of a ladder, the first word of each line. */
static size_t read_kernels(const char *path, char first[64], char last[64])
{
	char file[4096], *line = NULL;
	size_t size = 0, n = 0;
	FILE *in;

	snprintf(file, sizeof(file), "%s/kernels.tsv", path);
	in = fopen(file, "re");
	while (in && getline(&line, &size, in) > 0) {
		snprintf(last, 64, "%.*s", (int)strcspn(line, "\t\n"), line);
		if (!n++)
			snprintf(first, 64, "%s", last);
	}
	if (in)
		fclose(in);
	free(line);
	return n;
}

static void put_ladder(const char *path, const char *name, FILE *out)
{
	char first[64] = "", last[64] = "", text[512];
	size_t n = read_kernels(path, first, last);

	snprintf(text, sizeof(text), "%s: %zu kernels, %s to %s", name, n, first, last);
	put_link(name, "ladder.html", text, out);
	if (has(path, "trends.html")) {
		fputs("; <a href=\"", out);
		xml_put(out, name);
		fputs("/trends.html\">each metric as a line, and the largest changes</a>", out);
	}
	if (has(path, "newest.html")) {
		fputs("; <a href=\"", out);
		xml_put(out, name);
		fprintf(out, "/newest.html\">%s against the one before</a>", last);
	}
	fputc('\n', out);
}

static void put_explanation(const char *path, const char *name, FILE *out)
{
	char file[4096], text[1024];
	json_t *json;

	snprintf(file, sizeof(file), "%s/explain.json", path);
	json = json_load_file(file, 0, NULL);
	snprintf(text, sizeof(text), "%s, %s to %s",
		 json_field_text(json_object_get(json, "new"), "metric"),
		 json_field_text(json_object_get(json, "base"), "kernel"),
		 json_field_text(json_object_get(json, "new"), "kernel"));
	put_link(name, "explain.html", text, out);
	fputs(": ", out);
	xml_put(out, json_field_text(json, "headline"));
	fputc('\n', out);
	json_decref(json);
}

static void put_other(const char *path, const char *name, FILE *out)
{
	(void)path;
	put_link(name, "", name, out);
	fputc('\n', out);
}

/* ---- sections -------------------------------------------------------------------------------- */

typedef void put_item(const char *path, const char *name, FILE *out);

static const struct section {
	enum site_kind kind;
	const char *id, *heading;
	put_item *put;
} sections[] = {
	{SITE_LADDER, "ladders", "From kernel to kernel", put_ladder},
	{SITE_CHECKS, "checks", "Checks", put_run},
	{SITE_RUN, "runs", "Runs", put_run},
	{SITE_EXPLANATION, "explanations", "Which functions make a difference", put_explanation},
	{SITE_OTHER, "data", "Tables and data", put_other},
};

/* Files of the site that are no pages. */
static bool is_data(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (!strcmp(dot, ".md") || !strcmp(dot, ".tsv") || !strcmp(dot, ".json"));
}

static void put_section(const struct section *s, const char *dir, struct dirent **entries,
			const enum site_kind *kinds, int n, FILE *out)
{
	bool any = false;

	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		char path[4096];

		if (*name == '.' || !strcmp(name, "index.html"))
			continue;
		if (kinds[i] != s->kind || (s->kind == SITE_OTHER && !is_data(name)))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, name);
		if (!any) {
			page_heading(out, s->id, s->heading);
			fputs("<ul>\n", out);
		}
		any = true;
		s->put(path, name, out);
	}
	fputs(any ? "</ul>\n" : "", out);
}

static int by_version(const struct dirent **a, const struct dirent **b)
{
	return strverscmp((*a)->d_name, (*b)->d_name);
}

/* The kind of each entry; NULL without memory. */
static enum site_kind *find_kinds(const char *dir, struct dirent **entries, int n)
{
	enum site_kind *kinds = calloc((size_t)n + 1, sizeof(*kinds));
	char path[4096];

	for (int i = 0; kinds && i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		kinds[i] = site_kind(path);
	}
	return kinds;
}

int site_page_write(const char *dir, FILE *out)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, NULL, by_version);
	enum site_kind *kinds;

	if (n < 0)
		return -errno;
	kinds = memory_check(find_kinds(dir, entries, n));
	page_begin(out, "DAX through device-mapper, by kernel");
	page_paragraph(out, NULL,
		       "What it costs to reach persistent memory directly (DAX) through "
		       "device-mapper, and which contracts of that path hold, measured on stock "
		       "kernels by daxdm. Numbers are guest instructions (insn), exact and "
		       "repeatable, and no measure of time.");
	if (has(dir, "bugs.html") || has(dir, "checks.html")) {
		page_heading(out, "bugs", "Kernel bugs and checks");
		fputs("<ul>\n", out);
	}
	if (has(dir, "bugs.html"))
		fputs("<li><a href=\"bugs.html\">Which bug is on which kernel</a>, with a report "
		      "and a reproducer of each\n",
		      out);
	if (has(dir, "checks.html"))
		fputs("<li><a href=\"checks.html\">Which check passes on which kernel</a>\n", out);
	if (has(dir, "bugs.html") || has(dir, "checks.html"))
		fputs("</ul>\n", out);
	for (size_t s = 0; s < sizeof(sections) / sizeof(sections[0]) && kinds; s++)
		put_section(&sections[s], dir, entries, kinds, n, out);
	free(kinds);
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	return page_end(out, "Written by daxdm publish.");
}

// SPDX-License-Identifier: GPL-2.0-only
/* The main findings first, then plots, then the rest folded by topic, then the tables. */
#include "report/html/run_page.h"
#include "report/findings/counters_report.h"
#include "report/findings/findings.h"
#include "report/findings/fio_compare.h"
#include "report/findings/steady.h"
#include "report/html/glossary.h"
#include "report/html/page.h"
#include "report/html/reproduce.h"

#include "lib/base/memory.h"
#include "lib/base/number.h"
#include "lib/base/text.h"
#include "lib/base/xml.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- tables ---------------------------------------------------------------------------------- */

/* Below a number, or after it, its range over the initial states if it varies. */
static void put_range(const struct quantity *q, bool sign, FILE *out)
{
	if (q->least < q->most)
		fprintf(out, " <span class=\"range\">%s</span>", quantity_range(q, sign).s + 1);
}

/* The median, and below it DM overhead. */
static void put_cell(const struct tables *tables, const struct table *t,
		     const struct table_row *row, size_t stack, FILE *out)
{
	const struct run_record *rec = row->cell[stack], *raw = table_raw(tables, row);
	struct quantity q;

	if (!rec) {
		fprintf(out, "<td class=\"gap\">%s", table_gap(tables, t, row, stack));
		return;
	}
	fprintf(out, "<td>%s", number(rec->median).s);
	q = over_states_median(rec);
	put_range(&q, false, out);
	if (raw && rec != raw) {
		q = over_states_difference(rec, raw);
		fprintf(out, "<small>%s", number_signed(q.median).s);
		put_range(&q, true, out);
		fputs("</small>", out);
	}
}

/* What links to a row name: "ext4:fault.read.warm.pte". */
static const char *row_id(const struct table *t, const struct table_row *row, char *buf,
			  size_t size)
{
	snprintf(buf, size, "%s:%s.%s", *t->fs ? t->fs : "none", row->bench, row->variant);
	return buf;
}

static void put_row_begin(const struct table *t, const struct table_row *row, const char *text,
			  FILE *out)
{
	char id[512];

	row_id(t, row, id, sizeof(id));
	fputs("<tr id=\"", out);
	page_put_id(out, id);
	fputs("\">", out);
	page_row_head(out, id, text);
}

static void put_stack_heads(const struct tables *tables, const struct table *t, FILE *out)
{
	for (size_t c = 0; c < t->n_columns; c++) {
		fputs("<th scope=\"col\">", out);
		for (const char *s = tables->run->stacks.name[t->columns[c]]; *s; s++) {
			xml_put(out, (char[]){*s, '\0'});
			if (*s == ',')
				fputs("<wbr>", out);
		}
		fputs("</th>", out);
	}
}

static void put_section(const char *text, size_t columns, FILE *out)
{
	fprintf(out, "<tr class=\"section\"><th colspan=\"%zu\" scope=\"rowgroup\">", columns);
	xml_put(out, text);
	fputs("</th>\n", out);
}

static void put_table(const struct tables *tables, const struct table *t, FILE *out)
{
	char text[512], words[256];

	page_heading(out, table_fs(t), table_fs(t));
	snprintf(text, sizeof(text), "%s: %s in %s per sample%s", table_fs(t),
		 table_value_words(tables, words, sizeof(words)), t->unit,
		 tables->raw < 0 ? "" : "; below it DM overhead");
	page_table_begin(out, NULL, text);
	fputs("<thead><tr><th scope=\"col\">operation</th>", out);
	put_stack_heads(tables, t, out);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (size_t r = 0; r < t->n_rows; r++) {
		const struct table_row *row = &t->rows[r];

		if (table_section_starts(t, r))
			put_section(table_section(row, text, sizeof(text)), t->n_columns + 1, out);
		put_row_begin(t, row, table_label(row, text, sizeof(text)), out);
		for (size_t c = 0; c < t->n_columns; c++)
			put_cell(tables, t, row, t->columns[c], out);
		fputc('\n', out);
	}
	page_table_end(out);
}

/* ---- statistics ------------------------------------------------------------------------------ */

/* A statistic, a cell. */
static void put_statistic(const struct run_record *rec, int64_t value, size_t field, FILE *out)
{
	const struct quantity q = over_states_of(rec, field);

	fprintf(out, "<td>%s", number(value).s);
	put_range(&q, false, out);
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
}

/* A section for each row, a line per stack. */
static void put_row_statistics(const struct tables *tables, const struct table *t,
			       const struct table_row *row, FILE *out)
{
	for (size_t c = 0; c < t->n_columns; c++) {
		const struct run_record *rec = row->cell[t->columns[c]];

		fputs("<tr><th scope=\"row\">", out);
		xml_put(out, tables->run->stacks.name[t->columns[c]]);
		fputs("</th>", out);
		if (!rec) {
			fprintf(out, "<td class=\"gap\" colspan=\"8\">%s\n",
				table_gap(tables, t, row, t->columns[c]));
			continue;
		}
		PUT_STATISTIC(rec, min, out);
		PUT_STATISTIC(rec, p10, out);
		PUT_STATISTIC(rec, median, out);
		put_mean(rec, out);
		PUT_STATISTIC(rec, p90, out);
		PUT_STATISTIC(rec, p99, out);
		PUT_STATISTIC(rec, max, out);
		PUT_STATISTIC(rec, n, out);
		fputc('\n', out);
	}
}

static void put_statistics(const struct tables *tables, const struct table *t, FILE *out)
{
	char text[512], id[512];

	snprintf(text, sizeof(text), "%s: every statistic in %s per sample", table_fs(t), t->unit);
	page_heading(out, table_fs(t), table_fs(t));
	page_table_begin(out, NULL, text);
	fputs("<thead><tr><th scope=\"col\">stack</th><th scope=\"col\">min</th>"
	      "<th scope=\"col\">p10</th><th scope=\"col\">median</th>"
	      "<th scope=\"col\">mean</th><th scope=\"col\">p90</th><th scope=\"col\">p99</th>"
	      "<th scope=\"col\">max</th><th scope=\"col\">samples</th></tr></thead>\n<tbody>\n",
	      out);
	for (size_t r = 0; r < t->n_rows; r++) {
		row_id(t, &t->rows[r], id, sizeof(id));
		fputs("<tr class=\"section\" id=\"", out);
		page_put_id(out, id);
		fputs("\"><th colspan=\"9\" scope=\"rowgroup\">", out);
		xml_put(out, t->rows[r].bench);
		fputc('.', out);
		xml_put(out, t->rows[r].variant);
		fputs("</th>\n", out);
		put_row_statistics(tables, t, &t->rows[r], out);
	}
	page_table_end(out);
}

/* ---- the other sections ---------------------------------------------------------------------- */

static void put_plots(const char *dir, FILE *out)
{
	static const char *const plots[][2] = {
		{"fault-extra", "DM overhead of faults by number of segments"},
		{"fault-by-segments", "Fault cost by number of segments"},
		{"fault-growth", "Faults whose cost grows with the number of segments"},
		{"fault-pages", "Cost of faults of 4 KiB and of 2 MiB"},
		{"huge-pages", "Cost of lost huge pages"},
		{"bio-ratio", "Cost of reads and writes without DAX by size"},
		{"fault-distribution", "Distribution of the samples by stack"},
		{"copy-cost", "Cost of copies and of making them durable by size"},
		{"table-ops", "Cost of device-mapper ioctls by number of segments"},
		{"dm-depth", "DM overhead by the number of layers"},
	};

	for (size_t i = 0; i < sizeof(plots) / sizeof(plots[0]); i++)
		page_figure(out, dir, plots[i][0], plots[i][1]);
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

static void put_counted(const struct run *run, FILE *out)
{
	struct page_list counted = {0};
	char *text = NULL;
	FILE *tables;

	counters_report_say(run, page_add, &counted);
	page_put_list(out, &counted, "counters", "Counters (second sweep)");
	tables = memory_stream(&text);
	if (tables) {
		counters_report_tables(run, tables);
		fclose(tables);
	}
	page_pre(out, "counters", text);
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
	page_pre(out, "fio and this suite", text);
	free(text);
}

static void put_findings(const struct tables *tables, FILE *out)
{
	page_heading(out, "findings", "Findings");
	for (const struct findings_topic *t = findings_topics; t->id; t++) {
		struct page_list list = {0};

		findings_say_steady(tables, t->say, page_add, &list);
		page_put_folded(out, &list, t->id, t->heading);
	}
}

/* The release and the replaced modules. */
static void begin(const struct run *run, const char *what, FILE *out)
{
	char title[512];

	snprintf(title, sizeof(title), "%s on Linux %s%s", what, run->context.release,
		 run->context.suffix);
	page_begin(out, title);
	if (!run_is_complete(run))
		page_paragraph(out, "bad",
			       "This run is incomplete or broken: its numbers are no baseline.");
}

int run_page_write(const struct tables *tables, const char *dir, FILE *out)
{
	const struct run *run = tables->run;
	struct page_list head = {0}, gaps = {0}, first = {0};

	begin(run, "DAX through device-mapper", out);
	findings_say_steady(tables, findings_headlines, page_add, &first);
	page_put_bare(out, &first, "main");
	findings_head(tables, page_add, &head);
	page_put_bare(out, &head, "dim");
	put_plots(dir, out);
	put_findings(tables, out);
	for (size_t i = 0; i < tables->n; i++)
		put_table(tables, &tables->table[i], out);
	if (tables->n)
		fputs("<p><a href=\"statistics.html\">Every statistic of each record</a>: min, "
		      "p10, "
		      "median, mean, p90, p99, max.</p>\n",
		      out);
	put_fio(tables, out);
	put_counted(run, out);
	findings_gaps(tables, page_add, &gaps);
	page_put_list(out, &gaps, "missing", "Missing from the results");
	glossary_write(out);
	reproduce_write(out, run, tables->states ? tables->states->n_runs : 1);
	fputs("<details id=\"context\"><summary>Context of the run</summary>\n", out);
	page_table_begin(out, "facts", "What run.jsonl says of the kernel, the host and the run");
	fputs("<tbody>\n", out);
	put_facts("", run->context.json, out);
	page_table_end(out);
	fputs("</details>\n", out);
	return page_end(out, "Written by daxdm report from run.jsonl, which holds every sample.");
}

int run_page_write_statistics(const struct tables *tables, FILE *out)
{
	begin(tables->run, "Statistics of DAX through device-mapper", out);
	fputs("<p><a href=\"report.html\">The report</a></p>\n", out);
	for (size_t i = 0; i < tables->n; i++)
		put_statistics(tables, &tables->table[i], out);
	return page_end(out, "Written by daxdm report from run.jsonl, which holds every sample.");
}

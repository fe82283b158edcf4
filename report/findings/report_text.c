// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/report_text.h"

#include "lib/base/memory.h"
#include "lib/base/number.h"
#include "lib/base/terminal.h"
#include "report/findings/cost.h"
#include "report/findings/counters_report.h"
#include "report/findings/findings.h"
#include "report/findings/fio_compare.h"
#include "report/findings/steady.h"
#include "report/table/grid.h"

#include <stdlib.h>

static void print_findings(const struct tables *tables, int width, bool all, FILE *out)
{
	struct printer numbers = {
		.out = out, .width = width, .bullet = "  * ", .heading = "Findings"};
	struct printer gaps = {.out = out,
			       .width = width,
			       .bullet = "  * ",
			       .heading = "\nMissing from the results"};

	if (!all)
		findings_say_steady(tables, findings_main, terminal_print_sentence, &numbers);
	if (!numbers.any)
		findings_say_steady(tables, findings_numbers, terminal_print_sentence, &numbers);
	if (!numbers.any && !tables->run->n_proven)
		fputs("Findings\n  none: no comparable records\n", out);
	findings_gaps(tables, terminal_print_sentence, &gaps);
	fputc('\n', out);
}

static void add_median(struct grid *g, size_t column, const struct run_record *rec)
{
	struct quantity q = {.n = 0};

	if (rec)
		q = over_states_median(rec);
	grid_cell(g, column, "%s%s", rec ? number(rec->median).s : "-",
		  quantity_range(&q, false).s);
}

/* One row per section: raw and one DM stack. */
static void print_short_table(const struct tables *tables, const struct table *t, int width,
			      FILE *out)
{
	long dm = cost_dm_stack(tables, t, "");
	struct quantity extra;
	char words[128];
	struct grid g;

	grid_init(&g, 1);
	grid_column(&g, "", true);
	grid_column(&g, "raw", false);
	grid_column(&g, dm < 0 ? "-" : tables->run->stacks.name[dm], false);
	grid_column(&g, "difference", false);
	for (size_t r = 0; r < t->n_rows; r++) {
		const struct table_row *row =
			table_section_starts(t, r)
				? cost_headline(t, t->rows[r].bench, t->rows[r].page)
				: NULL;
		const struct run_record *raw, *on_dm;

		if (!row)
			continue;
		raw = table_raw(tables, row);
		on_dm = dm < 0 ? NULL : row->cell[dm];
		if (!raw && !on_dm)
			continue;
		grid_line(&g);
		grid_cell(&g, 0, "  %s.%s", row->bench, row->variant);
		add_median(&g, 1, raw);
		add_median(&g, 2, on_dm);
		if (!raw || !on_dm)
			continue;
		extra = over_states_difference(on_dm, raw);
		grid_cell(&g, 3, "%s%s (%s)", number_signed(extra.median).s,
			  quantity_range(&extra, true).s,
			  number_percent(extra.median, raw->median).s);
	}
	fprintf(out, "%s: %s in %s per sample, headline rows\n", table_fs(t),
		table_value_words(tables, words, sizeof(words)), t->unit);
	grid_print(&g, out, width);
	fputc('\n', out);
	grid_free(&g);
}

static void print_tables(const struct tables *tables, int width, FILE *out)
{
	struct printer counted = {
		.out = out, .width = width, .bullet = "  * ", .heading = "Counters (second sweep)"};

	table_print(tables, out, width);
	fio_compare_print(tables, out);
	if (!tables->run->n_counted)
		return;
	counters_report_say(tables->run, terminal_print_sentence, &counted);
	counters_report_tables(tables->run, out);
	fputc('\n', out);
}

static void print_all(const struct tables *tables, int width, FILE *out)
{
	struct printer head = {.out = out, .width = width, .bullet = ""};

	findings_head(tables, terminal_print_sentence, &head);
	fputc('\n', out);
	print_findings(tables, width, true, out);
	print_tables(tables, width, out);
}

static void print_short(const struct tables *tables, int width, FILE *out)
{
	struct printer head = {.out = out, .width = width, .bullet = ""};

	findings_head(tables, terminal_print_sentence, &head);
	fputc('\n', out);
	print_findings(tables, width, false, out);
	for (size_t i = 0; i < tables->n; i++)
		print_short_table(tables, &tables->table[i], width, out);
}

bool report_text(const struct tables *tables, int width, bool all, FILE *out)
{
	char *text = NULL;
	FILE *whole = memory_stream(&text);
	size_t lines = 0;

	if (!whole)
		return true;
	print_all(tables, width, whole);
	if (!fclose(whole)) {
		for (const char *c = text; *c; c++)
			lines += *c == '\n';
		all |= lines <= REPORT_LINES_MAX;
		if (all)
			fputs(text, out);
		else
			print_short(tables, width, out);
	}
	free(text);
	return all;
}

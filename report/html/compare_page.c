// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/compare_page.h"

#include "lib/base/memory.h"
#include "report/compare/compare_mail.h"
#include "report/compare/compare_show.h"
#include "report/compare/series.h"
#include "report/html/page.h"

#include <stdlib.h>

/* The others are behind the plots. */
enum { MAIN_SENTENCES = 6 };

static void begin(const char *last, const char *first, bool forced, FILE *out)
{
	char title[256];

	snprintf(title, sizeof(title), "DAX through device-mapper: Linux %s against %s", last,
		 first);
	page_begin(out, title);
	if (forced)
		page_paragraph(out, "bad", compare_forced_text);
}

/* The values of a change: a column for each run, or of many runs one for all. */
static void put_values(const struct behaviour *b, const struct behaviour_change *change,
		       struct grid *g)
{
	char *text = NULL;
	FILE *values = behaviour_is_wide(b) ? memory_stream(&text) : NULL;

	if (values) {
		behaviour_values(b, change, values);
		fclose(values);
		grid_cell(g, 1, "%s", text);
		free(text);
	}
	for (size_t r = 0; r < b->n && !behaviour_is_wide(b); r++)
		grid_cell(g, 1 + r, "%s", change->text[r] ? change->text[r] : "-");
}

static void put_behaviour(const struct behaviour *b, FILE *out)
{
	size_t columns = behaviour_is_wide(b) ? 1 : b->n;
	struct grid g;

	page_heading(out, "checks", "Checks that changed");
	if (!b->n_changes) {
		page_paragraph(out, "good", "None.");
		return;
	}
	grid_init(&g, 1);
	grid_column(&g, "check or observation", true);
	for (size_t r = 0; r < columns; r++)
		grid_column(&g, behaviour_is_wide(b) ? "values" : b->runs[r].label, true);
	grid_column(&g, "verdict", true);
	for (size_t i = 0; i < b->n_changes; i++) {
		const struct behaviour_change *change = &b->changes[i];

		grid_line(&g);
		grid_id(&g, change->name);
		grid_cell(&g, 0, "%s", change->name);
		put_values(b, change, &g);
		grid_cell(&g, 1 + columns, "%s",
			  change->regressed    ? "REGRESSED"
			  : change->suspicious ? "suspicious"
					       : "changed");
	}
	page_grid(out, &g, "A contract that was kept and is broken now comes first");
	grid_free(&g);
}

static void put_functions(const json_t *explained, FILE *out)
{
	char *text = NULL;
	FILE *functions = json_array_size(explained) ? memory_stream(&text) : NULL;

	if (!functions)
		return;
	compare_functions(explained, "", functions);
	fclose(functions);
	page_heading(out, "functions", "Functions that make the differences");
	page_pre(out, "functions", text);
	free(text);
}

static void put_metrics(const struct comparison *c, bool all, FILE *out)
{
	struct page_list gone = {0}, kernels = {0};
	struct grid g;

	page_heading(out, "metrics", "Metrics");
	compare_grid(c, all, &g);
	page_filter(out, "metrics-table");
	page_grid(out, &g,
		  c->n_sides > 2
			  ? "Medians by kernel, each followed by the change since the one before"
			  : "Medians, their difference and DM overhead");
	grid_free(&g);
	compare_say_gone(c, true, page_add, &gone);
	page_put_folded(out, &gone, "gone", "Metrics of one side only");
	compare_say_kernels(c, page_add, &kernels);
	page_put_folded(out, &kernels, "kernels", "How the kernels differ");
}

static void put_series(const struct series *s, FILE *out)
{
	struct page_list list = {0};
	struct grid g;

	series_say(s, page_add, &list);
	page_put_bare(out, &list, "series");
	page_heading(out, "series", "Each metric over all kernels");
	series_grid(s, &g);
	page_grid(out, &g,
		  "Medians of the first and the last kernel, the least and the most, "
		  "and the changes by the threshold or more");
	grid_free(&g);
	page_heading(out, "shown", "The kernels that are shown in full");
}

int compare_page_write(const struct comparison *c, const struct behaviour *checks,
		       const json_t *explained, bool all, const char *dir, FILE *out)
{
	static const char *const plots[][2] = {
		{"ladder-tax", "DM overhead of faults by kernel"},
		{"ladder-cost", "Cost of faults by kernel"},
		{"ladder-paths", "Cost of other operations by kernel"},
	};
	struct page_list main = {0};
	char verdict[512];

	begin(c->sides[c->n_sides - 1].label, c->sides[0].label, c->forced, out);
	if (c->series)
		put_series(c->series, out);
	if (c->n_sides == 2)
		page_paragraph(out, comparison_status(c) ? "bad" : "good",
			       compare_verdict(c, checks, verdict, sizeof(verdict)));
	compare_say(c, page_add, &main);
	page_put_first(out, &main, MAIN_SENTENCES, "main");
	for (size_t i = 0; c->n_sides > 2 && i < sizeof(plots) / sizeof(plots[0]); i++)
		page_figure(out, dir, plots[i][0], plots[i][1]);
	page_put_folded(out, &main, "steps", "Each step");
	put_functions(explained, out);
	if (checks)
		put_behaviour(checks, out);
	put_metrics(c, all || c->n_sides > 2, out);
	return page_end(out, "Written by daxdm compare.");
}

int compare_page_write_checks(const struct behaviour *checks, bool forced, FILE *out)
{
	char text[256];

	begin(checks->runs[checks->n - 1].label, checks->runs[0].label, forced, out);
	snprintf(text, sizeof(text),
		 "%zu promises that were kept are broken now; %zu verdicts and observations "
		 "changed, %zu of them suspicious",
		 checks->n_regressed, checks->n_changes, checks->n_suspicious);
	page_paragraph(out, behaviour_fails(checks) ? "bad" : "good", text);
	put_behaviour(checks, out);
	return page_end(out, "Written by daxdm compare.");
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers and phrases shared by findings and plots: headline rows, DM overhead by number of
 * segments, the better fit, and the cost of a lost huge page.
 */
#include "report/findings/cost.h"

#include "lib/base/json_field.h"
#include "lib/base/number.h"
#include "lib/run/run_verify.h"
#include "report/findings/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The number of segments that findings name, if it was measured. */
#define SEGMENTS_NAMED 16

bool cost_is_rate(const struct table *table)
{
	size_t len = strlen(table->unit);

	return len > 2 && !strcmp(table->unit + len - 2, "/s");
}

bool cost_plain(const char *stack, char *target)
{
	const char *colon = strchr(stack, ':');
	size_t len = colon ? (size_t)(colon - stack) : 0;

	/* striped:N has N stripes and one segment. */
	if (!strncmp(stack, "striped:", 8))
		return false;
	if (!len || len > 31 || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return false;
	memcpy(target, stack, len);
	target[len] = '\0';
	return true;
}

bool cost_starts_target(const struct tables *tables, const struct table *t, size_t c, char *target)
{
	char earlier[32];

	if (!cost_plain(tables->run->stacks.name[t->columns[c]], target))
		return false;
	for (size_t e = 0; e < c; e++)
		if (cost_plain(tables->run->stacks.name[t->columns[e]], earlier) &&
		    !strcmp(earlier, target))
			return false;
	return true;
}

const struct run_record *cost_reference_stack(const struct table *t, const struct table_row *row,
					      const struct run_record *rec)
{
	size_t len = strcspn(rec->stack, ":");
	char target[32];

	for (size_t c = 0; c < t->n_columns; c++) {
		const struct run_record *o = row->cell[t->columns[c]];

		if (o && o->segments == rec->segments && cost_plain(o->stack, target) &&
		    strlen(target) == len && !strncmp(target, rec->stack, len))
			return o;
	}
	return NULL;
}

long cost_most_segments(const struct table *t)
{
	int64_t most = 0;
	long at = -1;
	char target[32];

	for (size_t c = 0; c < t->n_columns; c++) {
		for (size_t r = 0; r < t->n_rows; r++) {
			const struct run_record *rec = t->rows[r].cell[t->columns[c]];

			if (!rec || rec->segments <= most || !cost_plain(rec->stack, target))
				continue;
			most = rec->segments;
			at = (long)c;
		}
	}
	return at;
}

const char *cost_words(const struct table_row *row, char *buf, size_t size)
{
	static const char *const pages[] = {
		[RUN_PAGE_PTE] = "4 KiB ",
		[RUN_PAGE_PMD] = "2 MiB ",
		[RUN_PAGE_FALLBACK] = "4 KiB (instead of 2 MiB) ",
	};
	char stem[256], rest[256] = "", *save = NULL;
	const char *warmth = "";

	if (row->page == RUN_PAGE_NONE) {
		snprintf(buf, size, "%s %s", row->bench, row->variant);
		return buf;
	}
	table_label(row, stem, sizeof(stem));
	for (char *word = strtok_r(stem, ".", &save); word; word = strtok_r(NULL, ".", &save)) {
		if (!strcmp(word, "cold"))
			warmth = "cold ";
		else if (!strcmp(word, "warm"))
			warmth = "warm ";
		else
			snprintf(rest + strlen(rest), sizeof(rest) - strlen(rest), "%s ", word);
	}
	snprintf(buf, size, "%s%s%s%s", warmth, pages[row->page], rest, row->bench);
	return buf;
}

const struct table_row *cost_headline(const struct table *table, const char *bench,
				      enum run_page page)
{
	const struct table_row *first = NULL;

	for (size_t r = 0; r < table->n_rows; r++) {
		const struct table_row *row = &table->rows[r];

		if (row->page != page || (*bench && strcmp(row->bench, bench)))
			continue;
		if (!first)
			first = row;
		if (row->role->headline && !strcmp(row->bench, first->bench))
			return row;
	}
	return first;
}

static void fit_both(struct cost *cost, const struct fit_points *by_segment)
{
	struct fit_points by_doubling = *by_segment;
	struct fit_line segment = fit_line(by_segment, false), doubling;

	for (size_t i = 0; i < by_doubling.n; i++)
		by_doubling.x[i] = log2(by_doubling.x[i]);
	doubling = fit_line(&by_doubling, false);
	cost->per_segment = segment.slope;
	cost->per_doubling = doubling.slope;
	cost->base_segment = segment.base;
	cost->base_doubling = doubling.base;
	cost->r2_segment = segment.r2;
	cost->r2_doubling = doubling.r2;
	cost->linear = cost->n_stacks > 2 && cost->r2_segment > cost->r2_doubling;
	cost->rises = fit_rises(by_segment);
}

struct quantity cost_extra(const struct cost *cost, const struct run_record *rec)
{
	return over_states_difference(rec, cost->raw);
}

bool cost_find(const struct tables *tables, const struct table *table, const struct table_row *row,
	       const char *target, struct cost *cost)
{
	struct fit_points by_segment = {.n = 0};
	char own[32];

	*cost = (struct cost){.table = table, .row = row, .raw = table_raw(tables, row)};
	if (!cost->raw)
		return false;
	for (size_t c = 0; c < table->n_columns; c++) {
		const struct run_record *rec = row->cell[table->columns[c]];
		int64_t extra;

		if (!rec || rec->segments < 1 || !cost_plain(rec->stack, own))
			continue;
		if (!cost->n_stacks)
			snprintf(cost->target, sizeof(cost->target), "%s", target ? target : own);
		if (strcmp(own, cost->target))
			continue;
		cost->n_stacks++;
		extra = cost_extra(cost, rec).median;
		cost->least = cost->n_stacks == 1 || extra < cost->least ? extra : cost->least;
		cost->most = cost->n_stacks == 1 || extra > cost->most ? extra : cost->most;
		fit_add(&by_segment, (double)rec->segments, (double)extra);
		if (!cost->few || rec->segments < cost->few->segments)
			cost->few = rec;
		if (!cost->many || rec->segments > cost->many->segments)
			cost->many = rec;
		if (rec->segments == SEGMENTS_NAMED)
			cost->at = rec;
	}
	if (!cost->at)
		cost->at = cost->many;
	fit_both(cost, &by_segment);
	return cost->n_stacks > 0;
}

long cost_dm_stack(const struct tables *tables, const struct table *table, const char *bench)
{
	struct cost cost;

	for (size_t r = 0; r < table->n_rows; r++)
		if ((!*bench || !strcmp(table->rows[r].bench, bench)) &&
		    cost_find(tables, table, &table->rows[r], NULL, &cost))
			return (long)cost.at->stack_rank;
	return -1;
}

/* Whether the overhead grows by more than half of raw from the fewest to the most segments. */
static bool grows(const struct cost *cost)
{
	return cost->rises &&
	       over_states_difference(cost->many, cost->few).median > cost->raw->median / 2;
}

bool cost_fits(const struct cost *cost)
{
	return cost->n_stacks < 3 || fmax(cost->r2_segment, cost->r2_doubling) >= 0.8;
}

double cost_of_segments(const struct cost *cost, double segments)
{
	if (cost->n_stacks < 2)
		return (double)cost->most;
	return cost->linear ? cost->base_segment + cost->per_segment * segments
			    : cost->base_doubling + cost->per_doubling * log2(segments);
}

/* Whether the overhead is independent of the number of segments. */
static bool is_flat(const struct cost *cost)
{
	int64_t few = llabs(cost_extra(cost, cost->few).median), range = cost->most - cost->least;

	return range <= 5 || range <= few / 100;
}

static int by_times_raw(const void *a, const void *b)
{
	const struct cost *ca = a, *cb = b;
	double ta = over_states_ratio(ca->many, ca->raw).median;
	double tb = over_states_ratio(cb->many, cb->raw).median;

	return (tb > ta) - (tb < ta);
}

size_t cost_growing(const struct tables *tables, const struct table *table, const char *bench,
		    const char *target, struct cost *costs, size_t max)
{
	size_t n = 0;

	for (size_t r = 0; r < table->n_rows; r++) {
		const struct table_row *row = &table->rows[r];
		struct cost c;

		if ((*bench && strcmp(row->bench, bench)) ||
		    !cost_find(tables, table, row, target, &c) || c.raw->median < 1 ||
		    c.few->median < 1 || !grows(&c))
			continue;
		if (n == max && by_times_raw(&costs[n - 1], &c) <= 0)
			continue;
		n -= n == max;
		costs[n++] = c;
		qsort(costs, n, sizeof(*costs), by_times_raw);
	}
	return n;
}

const char *cost_times(const struct cost *cost, char *buf, size_t size)
{
	double times = over_states_ratio(cost->many, cost->raw).median;

	snprintf(buf, size, "%.*fx raw", times < 9.95, times);
	return buf;
}

const char *cost_slope(const struct cost *cost, char *buf, size_t size)
{
	double slope = fabs(cost->linear ? cost->per_segment : cost->per_doubling);
	double digits = pow(10, fmax(0, floor(log10(fmax(slope, 1))) - 2));
	char value[32];

	/* Three significant digits. */
	if (slope < 9.5)
		snprintf(value, sizeof(value), "%.1f", slope);
	else
		snprintf(value, sizeof(value), "%s",
			 number(number_round(round(slope / digits) * digits)).s);
	snprintf(buf, size, "%s %s per %s", value, cost->table->unit,
		 cost->linear ? "segment" : "doubling");
	return buf;
}

const char *cost_trend(const struct cost *cost, char *buf, size_t size)
{
	double step = cost->linear ? cost->per_segment : cost->per_doubling;
	char slope[96];

	if (is_flat(cost))
		snprintf(buf, size, "independent of the number of segments");
	else if (!cost_fits(cost))
		snprintf(buf, size, "no clear trend, %s to %s on %zu stacks",
			 number_signed(cost->least).s, number_signed(cost->most).s, cost->n_stacks);
	else
		snprintf(buf, size, "on average %s%s", step > 0 ? "" : "-",
			 cost_slope(cost, slope, sizeof(slope)));
	return buf;
}

static const struct run_observation *huge_observation(const struct run *run, const char *fs,
						      const char *stack)
{
	for (size_t i = 0; i < run->n_observations; i++) {
		const struct run_observation *o = &run->observations[i];

		if (!strncmp(o->id, "huge_pages{", strlen("huge_pages{")) && !strcmp(o->fs, fs) &&
		    !strcmp(o->stack, stack))
			return o;
	}
	return NULL;
}

static int64_t median_of(const struct table_row *row, size_t stack_rank)
{
	return row && row->cell[stack_rank] ? row->cell[stack_rank]->median : -1;
}

static int64_t n_of(const struct table_row *row, size_t stack_rank)
{
	return row && row->cell[stack_rank] ? row->cell[stack_rank]->n : 0;
}

/* The first fault of a lost window tries a PMD and falls back; the other pages of the window find
 * the page table in place and are ordinary 4 KiB faults. */
static int64_t lost_window(int64_t fallback, int64_t pte)
{
	if (fallback < 0 && pte < 0)
		return -1;
	if (fallback < 0)
		fallback = pte;
	if (pte < 0)
		pte = fallback;
	return fallback + (PAGES_PER_WINDOW - 1) * pte;
}

bool cost_huge(const struct tables *tables, const struct table *table, size_t stack_rank,
	       struct huge *huge)
{
	const char *stack = tables->run->stacks.name[stack_rank];
	const struct run_observation *o = huge_observation(tables->run, table->fs, stack);
	const struct table_row *row = cost_headline(table, "", RUN_PAGE_PMD), *pmd, *fb;
	int64_t pte_median, pmd_median, lost_cost;

	if (!row)
		row = cost_headline(table, "", RUN_PAGE_FALLBACK);
	if (!row)
		return false;
	pmd = table_sibling(table, row, RUN_PAGE_PMD);
	fb = table_sibling(table, row, RUN_PAGE_FALLBACK);
	*huge = (struct huge){.fs = table->fs, .stack = stack, .unit = table->unit, .row = row};
	huge->windows = o ? json_field_number(o->value, "windows")
			  : n_of(pmd, stack_rank) + n_of(fb, stack_rank);
	huge->lost = o ? json_field_number(o->value, "lost") : n_of(fb, stack_rank);
	if (huge->windows < 1 || huge->windows > RUN_COUNT_MAX || huge->lost < 0 ||
	    huge->lost > huge->windows)
		return false;
	pte_median = median_of(table_sibling(table, row, RUN_PAGE_PTE), stack_rank);
	pmd_median = median_of(pmd, stack_rank);
	lost_cost = lost_window(median_of(fb, stack_rank), pte_median);
	huge->raw = tables->raw < 0 ? -1 : median_of(pmd, (size_t)tables->raw);
	huge->first = median_of(fb, stack_rank);
	huge->page = !huge->lost ? -1 : pte_median >= 0 ? pte_median : median_of(fb, stack_rank);
	huge->cost = -1;
	if ((!huge->lost || lost_cost >= 0) && (huge->lost == huge->windows || pmd_median >= 0))
		huge->cost = (int64_t)(((__int128)(huge->windows - huge->lost) * pmd_median +
					(__int128)huge->lost * lost_cost) /
				       huge->windows);
	return true;
}

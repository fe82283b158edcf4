// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/fit_search.h"

#include "lib/base/memory.h"
#include "lib/base/number.h"
#include "lib/run/run_verify.h"
#include "report/findings/cost.h"
#include "report/findings/fit.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Children of a node of the b-tree; 8 keys.  Source: drivers/md/dm-table.c. */
enum { CHILDREN = 9 };

static void terms_of(const struct search_point *p, double terms[FIT_TERMS_MAX])
{
	terms[SEARCH_BASE] = 1;
	terms[SEARCH_KEY] = p->keys;
	terms[SEARCH_LEVEL] = p->levels;
	terms[SEARCH_FULL] = p->full;
}

static bool same_kind(const struct search_point *a, const struct search_point *b)
{
	return a->levels == b->levels && a->keys == b->keys && a->full == b->full;
}

/* Whether most searches of its kind cost as much: what a timer tick fell into is left out. */
static bool is_usual(const struct search_point *points, size_t n, size_t at)
{
	for (size_t i = 0; i < n; i++)
		if (same_kind(&points[i], &points[at]) &&
		    (points[i].count > points[at].count ||
		     (points[i].count == points[at].count && i < at)))
			return false;
	return true;
}

/* To what most searches of a kind cost.  Returns 0 or -ENOMEM. */
static int fit_usual(const struct search_point *points, size_t n, struct search_fit *fit)
{
	double(*terms)[FIT_TERMS_MAX] = calloc(n + 1, sizeof(*terms));
	double *cost = calloc(n + 1, sizeof(*cost)), fitted[FIT_TERMS_MAX];
	bool known[FIT_TERMS_MAX];
	size_t usual = 0;
	int rc = -ENOMEM;

	for (size_t p = 0; terms && cost && p < n; p++) {
		if (!is_usual(points, n, p))
			continue;
		terms_of(&points[p], terms[usual]);
		cost[usual++] = (double)points[p].cost;
	}
	if (terms && cost)
		rc = fit_terms(usual, SEARCH_TERMS, (const double(*)[FIT_TERMS_MAX])terms, cost,
			       fitted, known);
	for (int t = 0; t < SEARCH_TERMS && !rc; t++) {
		fit->cost[t] = fitted[t];
		fit->known[t] = known[t];
	}
	free(terms);
	free(cost);
	return rc;
}

/* Whole where it is within a hundredth of that, else to a tenth. */
static double round_cost(double cost)
{
	return fabs(cost - round(cost)) < 0.01 ? round(cost) : round(cost * 10) / 10;
}

struct search_fit fit_search(const struct search_point *points, size_t n)
{
	struct search_fit fit = {.searches = 0};
	double terms[FIT_TERMS_MAX];

	if (fit_usual(points, n, &fit) < 0) {
		memory_check(NULL);
		return fit;
	}
	for (size_t p = 0; p < n; p++) {
		double want = 0, apart;

		terms_of(&points[p], terms);
		for (int i = 0; i < SEARCH_TERMS; i++)
			want += round_cost(fit.cost[i]) * terms[i];
		apart = fabs((double)points[p].cost - want);
		fit.searches += points[p].count;
		fit.exact += apart < 0.01 ? points[p].count : 0;
		fit.deviation += apart * (double)points[p].count;
	}
	fit.deviation /= fit.searches ? (double)fit.searches : 1;
	/* Nine times the segments: a level, whose node compares 1 to 8 keys, and 8 for the ninth.
	 */
	fit.doubling = (fit.cost[SEARCH_LEVEL] + fit.cost[SEARCH_KEY] * 44 / CHILDREN +
			fit.cost[SEARCH_FULL] / CHILDREN) /
		       log2(CHILDREN);
	return fit;
}

static bool add_points(const json_t *value, struct search_point **points, size_t *n)
{
	struct search_point *more =
		memory_check(reallocarray(*points, *n + json_array_size(value) + 1, sizeof(*more)));
	const json_t *row;
	size_t i;

	if (!more)
		return false;
	*points = more;
	json_array_foreach(value, i, row) {
		json_int_t count = json_integer_value(json_array_get(row, 4));

		if (count < 0 || count > RUN_COUNT_MAX)
			continue;
		more[(*n)++] = (struct search_point){
			.levels = (unsigned int)json_integer_value(json_array_get(row, 0)),
			.keys = (unsigned int)json_integer_value(json_array_get(row, 1)),
			.full = (unsigned int)json_integer_value(json_array_get(row, 2)),
			.cost = json_integer_value(json_array_get(row, 3)),
			.count = count,
		};
	}
	return true;
}

static void say_fit(const struct search_fit *fit, const struct table *t, size_t stacks,
		    findings_say *say, void *arg)
{
	char full[64] = "", doubling[96] = "", fits[160], *text;
	bool whole = fit->known[SEARCH_LEVEL] && fit->known[SEARCH_KEY];

	if (fit->known[SEARCH_FULL])
		snprintf(full, sizeof(full), " (%c%s if it has no larger one)",
			 round_cost(fit->cost[SEARCH_FULL]) < 0 ? '-' : '+',
			 number_tenths(fabs(fit->cost[SEARCH_FULL])).s);
	if (whole)
		snprintf(doubling, sizeof(doubling),
			 ": %.1f %s for each doubling of the segments, on average", fit->doubling,
			 t->unit);
	if (!strcmp(t->unit, "insn"))
		snprintf(fits, sizeof(fits), "exact for %s of %s searches", number(fit->exact).s,
			 number(fit->searches).s);
	else
		snprintf(fits, sizeof(fits), "mean deviation %.1f %s over %s searches",
			 fit->deviation, t->unit, number(fit->searches).s);
	if (asprintf(&text,
		     "%s: the search for a segment costs %s %s for each key compared%s%s%s%s; a "
		     "b-tree level is added beyond 8, 72, 648 segments%s (%s on %zu stack%s; all "
		     "else "
		     "in dm_dax_direct_access: %s)",
		     table_fs(t), number_tenths(fit->cost[SEARCH_KEY]).s, t->unit,
		     whole ? " and " : "", whole ? number_tenths(fit->cost[SEARCH_LEVEL]).s : "",
		     whole ? " for each node visited" : "", full, doubling, fits, stacks,
		     stacks == 1 ? "" : "s", number_tenths(fit->cost[SEARCH_BASE]).s) < 0)
		text = NULL;
	if (memory_check(text))
		say(arg, text);
	free(text);
}

void fit_search_say(const struct tables *tables, const struct table *table, findings_say *say,
		    void *arg)
{
	static const char name[] = "table_search{";
	struct search_point *points = NULL;
	size_t n = 0, stacks = 0;
	struct search_fit fit;

	if (cost_is_rate(table))
		return;
	for (size_t i = 0; i < tables->run->n_observations; i++) {
		const struct run_observation *o = &tables->run->observations[i];

		if (!strncmp(o->id, name, strlen(name)) && !strcmp(o->fs, table->fs) &&
		    add_points(o->value, &points, &n))
			stacks++;
	}
	fit = fit_search(points, n);
	if (fit.known[SEARCH_KEY])
		say_fit(&fit, table, stacks, say, arg);
	free(points);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/change.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *change_word(enum change_kind kind)
{
	static const char *const words[CHANGE_KINDS] = {
		[CHANGE_ABSENT] = "",
		[CHANGE_EQUAL] = "=",
		[CHANGE_VARIES] = "varies",
		[CHANGE_UNSURE] = "unsure",
		[CHANGE_UNSHOWN] = "~",
		[CHANGE_BETTER] = "better",
		[CHANGE_IMPROVED] = "improved",
		[CHANGE_WORSE] = "worse",
		[CHANGE_REGRESSED] = "REGRESSED",
		[CHANGE_VANISHED] = "VANISHED",
		[CHANGE_LEFT_OUT] = "left out",
		[CHANGE_NEW] = "new",
	};

	return words[kind];
}

bool change_is_beyond(enum change_kind kind)
{
	return kind == CHANGE_IMPROVED || kind == CHANGE_REGRESSED;
}

bool change_fails(enum change_kind kind)
{
	return kind == CHANGE_REGRESSED || kind == CHANGE_VANISHED;
}

static double share_of(double difference, int64_t whole)
{
	if (whole)
		return 100 * difference / fabs((double)whole);
	return difference > 0 ? INFINITY : difference < 0 ? -INFINITY : 0;
}

/* Whether both have one value in all states, or the same values in as many states. */
static bool all_the_same(const struct quantity *base, const struct quantity *new)
{
	if (base->least == base->most && new->least == new->most)
		return base->least == new->least;
	return base->n == new->n && base->n <= QUANTITY_VALUES_MAX &&
	       !memcmp(base->of_run, new->of_run, base->n * sizeof(base->of_run[0]));
}

static bool is_inside(const struct quantity *a, const struct quantity *b)
{
	return a->least >= b->least && a->most <= b->most;
}

static bool is_worse(double difference, const struct judge *judge)
{
	return judge->higher_is_better ? difference < 0 : difference > 0;
}

/* A significant difference. */
static enum change_kind shown_kind(const struct change *c, const struct judge *judge)
{
	bool large = fabs(c->share) >= judge->threshold;

	if (large && c->several)
		return c->flagged ? CHANGE_UNSURE : CHANGE_VARIES;
	if (c->worse)
		return large ? CHANGE_REGRESSED : CHANGE_WORSE;
	return large ? CHANGE_IMPROVED : CHANGE_BETTER;
}

static void judge_time(const struct quantity *base, const struct quantity *new, int64_t whole,
		       const struct judge *judge, struct change *c)
{
	double difference = (double)c->difference;

	c->too_few = base->n < CHANGE_RUNS_MIN || new->n < CHANGE_RUNS_MIN;
	c->tested = !c->too_few && !rank_test(base->of_run, base->n, new->of_run, new->n,
					      1 - CHANGE_CHANCE, &c->test);
	if (c->tested)
		difference = c->test.shift;
	c->share = share_of(difference, whole);
	c->worse = is_worse(difference, judge);
	/* Equal ns of two runs do not prove equality. */
	if (c->tested && c->test.p < CHANGE_CHANCE && c->test.shift != 0)
		c->kind = shown_kind(c, judge);
}

static void judge_exact(const struct quantity *base, const struct quantity *new, int64_t whole,
			const struct judge *judge, struct change *c)
{
	double first = share_of((double)new->first - (double)base->first, whole);

	c->share = share_of((double)c->difference, whole);
	c->worse = is_worse((double)c->difference, judge);
	c->several = base->n > 1 || new->n > 1;
	c->flagged = first != 0 && fabs(first) >= judge->threshold;
	if (all_the_same(base, new)) {
		c->kind = CHANGE_EQUAL;
	} else if (base->most < new->least || new->most < base->least) {
		c->chance = change_chance(base->n - 1, new->n - 1);
		c->kind = shown_kind(c, judge);
	} else if (judge->other_seed_or_build && (is_inside(base, new) || is_inside(new, base))) {
		c->kind = CHANGE_EQUAL;
	} else if (fabs(c->share) >= judge->threshold) {
		c->kind = CHANGE_VARIES;
	}
}

struct change change_judge(const struct quantity *base, const struct quantity *new, int64_t whole,
			   const struct judge *judge)
{
	struct change c = {
		.kind = CHANGE_UNSHOWN, .difference = new->median - base->median, .chance = 1};

	if (judge->time)
		judge_time(base, new, whole, judge, &c);
	else
		judge_exact(base, new, whole, judge, &c);
	return c;
}

/* ---- over all quantities ------------------------------------------------------------------- */

double change_chance(size_t n, size_t m)
{
	double ways = 1;

	for (size_t i = 1; i <= n; i++)
		ways = ways * (double)(m + i) / (double)i;
	return 1 / ways;
}

static bool suffices(double chance, size_t k, size_t m)
{
	/* The smallest steps of rounding are no difference: 1/20 is 5 %. */
	return chance <= CHANGE_CHANCE * (double)k / (double)m * (1 + 1e-9);
}

static int by_chance(const void *pa, const void *pb)
{
	const struct change *a = *(struct change *const *)pa, *b = *(struct change *const *)pb;

	return (a->chance > b->chance) - (a->chance < b->chance);
}

int change_confirm(struct change *const *list, size_t n)
{
	struct change **unsure = calloc(n + 1, sizeof(struct change *));
	size_t n_unsure = 0, flagged = 0, k;

	if (!unsure)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		flagged += list[i]->flagged;
		if (list[i]->kind == CHANGE_UNSURE && list[i]->several)
			unsure[n_unsure++] = list[i];
	}
	if (n_unsure)
		qsort(unsure, n_unsure, sizeof(*unsure), by_chance);
	for (k = n_unsure; k && !suffices(unsure[k - 1]->chance, k, flagged); k--)
		;
	for (size_t i = 0; i < k; i++) {
		unsure[i]->kind = unsure[i]->worse ? CHANGE_REGRESSED : CHANGE_IMPROVED;
		unsure[i]->confirmed = true;
	}
	free(unsure);
	return 0;
}

bool change_is_undecided(const struct change *change)
{
	return change->flagged && !change->confirmed &&
	       (change->kind == CHANGE_UNSURE || change->kind == CHANGE_REGRESSED ||
		change->kind == CHANGE_IMPROVED);
}

unsigned int change_states_needed(size_t k, size_t m)
{
	for (unsigned int n = 2; k && m && n <= CHANGE_STATES_MAX; n++)
		if (suffices(change_chance(n - 1, n - 1), k, m))
			return n;
	return 0;
}

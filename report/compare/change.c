// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/change.h"

#include <math.h>

void quantity_add(struct quantity *q, int64_t value)
{
	size_t at;

	if (q->n == CHANGE_RUNS_MAX)
		return;
	for (at = q->n++; at && q->of_run[at - 1] > value; at--)
		q->of_run[at] = q->of_run[at - 1];
	q->of_run[at] = value;
	q->median = q->of_run[(q->n - 1) / 2];
	q->least = q->of_run[0];
	q->most = q->of_run[q->n - 1];
}

const char *change_word(enum change_kind kind)
{
	static const char *const words[CHANGE_KINDS] = {
		[CHANGE_ABSENT] = "",
		[CHANGE_EQUAL] = "=",
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

/* Whether the difference is significant; fills the test. */
static bool is_shown(const struct quantity *base, const struct quantity *new,
		     const struct judge *judge, struct change *c)
{
	if (!judge->time)
		return base->most < new->least || new->most < base->least;
	c->too_few = base->n < CHANGE_RUNS_MIN || new->n < CHANGE_RUNS_MIN;
	c->tested = !c->too_few && !rank_test(base->of_run, base->n, new->of_run, new->n,
					      1 - CHANGE_CHANCE, &c->test);
	return c->tested && c->test.p < CHANGE_CHANCE && c->test.shift != 0;
}

static bool all_the_same(const struct quantity *base, const struct quantity *new)
{
	return base->least == base->most && new->least == new->most && base->least == new->least;
}

struct change change_judge(const struct quantity *base, const struct quantity *new, int64_t whole,
			   const struct judge *judge)
{
	struct change c = {.kind = CHANGE_UNSHOWN, .difference = new->median - base->median};
	bool shown = is_shown(base, new, judge, &c), large, worse;
	double difference = c.tested ? c.test.shift : (double)c.difference;

	c.share = share_of(difference, whole);
	/* Equal ns of two runs do not prove equality. */
	if (!judge->time && all_the_same(base, new))
		c.kind = CHANGE_EQUAL;
	if (!shown)
		return c;
	large = fabs(c.share) >= judge->threshold;
	worse = judge->higher_is_better ? difference < 0 : difference > 0;
	if (worse)
		c.kind = large ? CHANGE_REGRESSED : CHANGE_WORSE;
	else
		c.kind = large ? CHANGE_IMPROVED : CHANGE_BETTER;
	return c;
}

// SPDX-License-Identifier: GPL-2.0-only
/* report/compare/change.c and report/compare/threshold.c: what a difference is called. */
#include "report/compare/change.h"
#include "report/compare/threshold.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct quantity quantity_of(const int64_t *values, size_t n)
{
	struct quantity q = {0};

	for (size_t i = 0; i < n; i++)
		quantity_add(&q, values[i]);
	return q;
}

static void test_quantity(void **state)
{
	static const int64_t values[] = {9, 1, 5, 7};
	struct quantity q = quantity_of(values, 4);

	(void)state;
	assert_int_equal(q.n, 4);
	assert_int_equal(q.median, 5); /* the lower middle one: a value that occurred */
	assert_int_equal(q.least, 1);
	assert_int_equal(q.most, 9);
	for (int i = 0; i < 2 * CHANGE_RUNS_MAX; i++)
		quantity_add(&q, 100);
	assert_int_equal(q.n, CHANGE_RUNS_MAX);
}

struct exact {
	int64_t base, new, whole;
	bool higher;
	double threshold;
	enum change_kind kind;
	double share;
};

static const struct exact exacts[] = {
	{4000, 4000, 4000, false, 0.5, CHANGE_EQUAL, 0},
	{4000, 4001, 4000, false, 0.5, CHANGE_WORSE, 0.025},
	{4000, 4019, 4000, false, 0.5, CHANGE_WORSE, 0.475},
	{4000, 4020, 4000, false, 0.5, CHANGE_REGRESSED, 0.5},
	{4000, 3999, 4000, false, 0.5, CHANGE_BETTER, -0.025},
	{4000, 3980, 4000, false, 0.5, CHANGE_IMPROVED, -0.5},
	{4000, 3980, 4000, true, 0.5, CHANGE_REGRESSED, -0.5},
	{4000, 4020, 4000, true, 0.5, CHANGE_IMPROVED, 0.5},
	{4000, 4001, 4000, false, 0, CHANGE_REGRESSED, 0.025},
	{4000, 4000, 4000, false, 0, CHANGE_EQUAL, 0},
	/* A tax is judged by the whole that it lengthens. */
	{166, 178, 4361, false, 0.5, CHANGE_WORSE, 100.0 * 12 / 4361},
	{166, 190, 4361, false, 0.5, CHANGE_REGRESSED, 100.0 * 24 / 4361},
	{-3, 0, 4361, false, 0.5, CHANGE_WORSE, 100.0 * 3 / 4361},
	{0, 1, 0, false, 0.5, CHANGE_REGRESSED, INFINITY},
};

static void test_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(exacts); i++) {
		const struct exact *e = &exacts[i];
		const struct quantity base = quantity_of(&e->base, 1),
				      new = quantity_of(&e->new, 1);
		const struct judge judge = {.higher_is_better = e->higher,
					    .threshold = e->threshold};
		struct change c = change_judge(&base, &new, e->whole, &judge);

		assert_int_equal(c.kind, e->kind);
		assert_int_equal(c.difference, e->new - e->base);
		assert_false(c.tested);
		if (isinf(e->share))
			assert_true(isinf(c.share));
		else
			assert_float_equal(c.share, e->share, 1e-9);
	}
}

struct spread {
	int64_t base[5], new[5];
	size_t n_base, n_new;
	bool other_seed_or_build;
	enum change_kind kind;
	bool flagged;
	double chance;
};

/* Over several states only disjoint ranges are a difference, and one of the threshold waits for
 * change_confirm(). */
static const struct spread spreads[] = {
	{{100, 104}, {100, 104}, 2, 2, false, CHANGE_EQUAL, false, 1},
	{{1000, 1004}, {1000, 1003}, 2, 2, false, CHANGE_UNSHOWN, false, 1},
	/* By the threshold or more, but the ranges overlap: in the medians, or in state 1 alone. */
	{{100, 104}, {103, 110}, 2, 2, false, CHANGE_VARIES, true, 1},
	{{1000, 1100, 1050}, {1050, 1000, 1060}, 3, 3, false, CHANGE_UNSHOWN, true, 1},
	/* Of the first state nothing follows: it selects. */
	{{100, 104}, {105, 110}, 2, 2, false, CHANGE_UNSURE, true, 1 / 2.0},
	{{105, 110}, {100, 104}, 2, 2, false, CHANGE_UNSURE, true, 1 / 2.0},
	{{100, 101, 102}, {110}, 3, 1, false, CHANGE_UNSURE, true, 1},
	{{100, 101, 102}, {110, 111, 112}, 3, 3, false, CHANGE_UNSURE, true, 1 / 6.0},
	/* By the threshold or more in the others, but not in the first: not selected. */
	{{1000, 1001, 1002}, {1004, 1010, 1011}, 3, 3, false, CHANGE_VARIES, false, 1 / 6.0},
	/* Small, but constant. */
	{{4000, 4001, 4000}, {4002, 4003, 4002}, 3, 3, false, CHANGE_WORSE, false, 1 / 6.0},
	{{4002, 4003, 4002}, {4000, 4001, 4000}, 3, 3, false, CHANGE_BETTER, false, 1 / 6.0},
	/* The first state of another seed or build is any: inside the range it is equal. */
	{{100, 120, 110}, {118}, 3, 1, true, CHANGE_EQUAL, true, 1},
	{{100, 120, 110}, {118}, 3, 1, false, CHANGE_VARIES, true, 1},
	{{118}, {100, 120, 110}, 1, 3, true, CHANGE_EQUAL, true, 1},
	{{100, 120, 110}, {121}, 3, 1, true, CHANGE_UNSURE, true, 1},
	{{7, 7}, {7, 7, 7}, 2, 3, false, CHANGE_EQUAL, false, 1},
};

static void test_spread(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(spreads); i++) {
		const struct spread *s = &spreads[i];
		const struct quantity base = quantity_of(s->base, s->n_base),
				      new = quantity_of(s->new, s->n_new);
		const struct judge judge = {.threshold = 0.5,
					    .other_seed_or_build = s->other_seed_or_build};
		const struct change c = change_judge(&base, &new, base.median, &judge);

		assert_int_equal(c.kind, s->kind);
		assert_int_equal(c.flagged, s->flagged);
		assert_float_equal(c.chance, s->chance, 1e-9);
		assert_false(c.confirmed);
		assert_int_equal(change_is_undecided(&c), s->kind == CHANGE_UNSURE);
	}
}

static void test_chance(void **state)
{
	(void)state;
	assert_float_equal(change_chance(1, 1), 1 / 2.0, 1e-12);
	assert_float_equal(change_chance(3, 3), 1 / 20.0, 1e-12);
	assert_float_equal(change_chance(4, 4), 1 / 70.0, 1e-12);
	assert_float_equal(change_chance(5, 5), 1 / 252.0, 1e-12);
	assert_float_equal(change_chance(5, 3), change_chance(3, 5), 1e-12);
	assert_int_equal(change_states_needed(1, 1), 4);
	assert_int_equal(change_states_needed(4, 4), 4);
	assert_int_equal(change_states_needed(1, 2), 5);
	assert_int_equal(change_states_needed(1, 4), 6);  /* 1/252 <= 0.05 / 4; 1/70 is not */
	assert_int_equal(change_states_needed(1, 12), 6); /* 1/252 <= 0.05 / 12 */
	assert_int_equal(change_states_needed(1, 13), 7);
	assert_int_equal(change_states_needed(1, 171), 8); /* 1/3432 <= 0.05 / 171 */
	assert_int_equal(change_states_needed(1, 172), 0);
	assert_int_equal(change_states_needed(1, 1000000), 0);
	assert_int_equal(change_states_needed(0, 3), 0);
}

/* n_disjoint differences in `states` states of each kernel, and n_other flagged ones whose ranges
 * overlap. */
static size_t confirmed_of(size_t n_disjoint, size_t states, size_t n_other)
{
	static const int64_t low[] = {1, 2, 3, 4, 5, 6}, high[] = {11, 12, 13, 14, 15, 16},
			     wide[] = {1, 20, 3, 4, 5, 6};
	const struct judge judge = {.threshold = 0.5};
	const struct quantity l = quantity_of(low, states), h = quantity_of(high, states),
			      w = quantity_of(wide, states);
	struct change changes[32], *list[32];
	size_t n = 0, confirmed = 0;

	for (; n < n_disjoint; n++)
		changes[n] = change_judge(&l, &h, l.median, &judge);
	for (; n < n_disjoint + n_other; n++)
		changes[n] = change_judge(&w, &h, l.median, &judge);
	for (size_t i = 0; i < n; i++) {
		assert_true(changes[i].flagged);
		list[i] = &changes[i];
	}
	assert_int_equal(change_confirm(list, n), 0);
	for (size_t i = 0; i < n; i++) {
		confirmed += changes[i].confirmed;
		assert_int_equal(changes[i].confirmed, changes[i].kind == CHANGE_REGRESSED);
		assert_true(i < n_disjoint || !changes[i].confirmed);
	}
	return confirmed;
}

/* As many are confirmed as the number of flagged ones allows. */
static void test_confirm(void **state)
{
	(void)state;
	assert_int_equal(confirmed_of(0, 4, 3), 0);
	assert_int_equal(confirmed_of(1, 3, 0), 0); /* 1/6 */
	assert_int_equal(confirmed_of(1, 4, 0), 1); /* 1/20 */
	assert_int_equal(confirmed_of(9, 4, 0), 9);
	assert_int_equal(confirmed_of(9, 4, 1), 0); /* 1/20 > 0.05 * 9/10 */
	assert_int_equal(confirmed_of(9, 5, 1), 9);
	assert_int_equal(confirmed_of(1, 5, 3), 0); /* 1/70 > 0.05 * 1/4 */
	assert_int_equal(confirmed_of(1, 6, 3), 1);
	assert_int_equal(confirmed_of(1, 6, 12), 0); /* 1/252 > 0.05 * 1/13 */
	assert_int_equal(confirmed_of(2, 6, 11), 2);
}

/* Different numbers of states: a confirmed difference does not confirm the others. */
static void test_confirm_mixed(void **state)
{
	static const int64_t low[] = {1, 2, 3, 4, 5, 6}, high[] = {11, 12, 13, 14, 15, 16};
	const struct judge judge = {.threshold = 0.5};
	const struct quantity l6 = quantity_of(low, 6), h6 = quantity_of(high, 6),
			      l2 = quantity_of(low, 2), h2 = quantity_of(high, 2),
			      l1 = quantity_of(low, 1), h1 = quantity_of(high, 1);
	struct change c[] = {change_judge(&l2, &h2, 1, &judge), change_judge(&h6, &l6, 1, &judge),
			     change_judge(&l1, &h1, 1, &judge)};
	struct change *list[] = {&c[0], &c[1], &c[2]};

	(void)state;
	assert_int_equal(change_confirm(list, 3), 0);
	assert_int_equal(c[0].kind, CHANGE_UNSURE);
	assert_int_equal(c[1].kind, CHANGE_IMPROVED);
	assert_true(c[1].confirmed);
	/* One state of each: not corrected, and more states could confirm it. */
	assert_int_equal(c[2].kind, CHANGE_REGRESSED);
	assert_false(c[2].confirmed);
	assert_true(change_is_undecided(&c[0]) && change_is_undecided(&c[2]));
	assert_false(change_is_undecided(&c[1]));
}

static void test_time(void **state)
{
	static const int64_t base[] = {100, 101, 102, 103}, slow[] = {120, 121, 122, 123},
			     mixed[] = {99, 102, 104, 101};
	const struct quantity b = quantity_of(base, 4), s = quantity_of(slow, 4),
			      m = quantity_of(mixed, 4), few = quantity_of(slow, 3);
	const struct judge judge = {.time = true, .threshold = 0.5},
			   high = {.time = true, .higher_is_better = true, .threshold = 0.5},
			   wide = {.time = true, .threshold = 50};
	struct change c = change_judge(&b, &s, 101, &judge);

	(void)state;
	assert_int_equal(c.kind, CHANGE_REGRESSED);
	assert_true(c.tested);
	assert_float_equal(c.test.shift, 20, 1e-9);
	assert_int_equal(change_judge(&b, &s, 101, &high).kind, CHANGE_IMPROVED);
	assert_int_equal(change_judge(&b, &s, 101, &wide).kind, CHANGE_WORSE);
	assert_int_equal(change_judge(&b, &m, 101, &judge).kind, CHANGE_UNSHOWN);
	/* One clock reading that equals another is no proof that nothing changed. */
	assert_int_equal(change_judge(&b, &b, 101, &judge).kind, CHANGE_UNSHOWN);
	c = change_judge(&b, &few, 101, &judge);
	assert_int_equal(c.kind, CHANGE_UNSHOWN);
	assert_true(c.too_few);
}

static void test_fails(void **state)
{
	(void)state;
	for (int k = 0; k < CHANGE_KINDS; k++) {
		assert_non_null(change_word(k));
		assert_int_equal(change_fails(k), k == CHANGE_REGRESSED || k == CHANGE_VANISHED);
	}
}

static void test_numbers(void **state)
{
	static const char *const bad[] = {"",	 "x",  "-1", "1x",    "nan",	"inf",
					  "1e9", " 1", "+1", "01",    "00.5",	"0x10",
					  "1e3", ".",  "%",  "1.5.5", "1000001"};
	double percent = -1;

	(void)state;
	assert_int_equal(threshold_parse("0.5", &percent), 0);
	assert_float_equal(percent, 0.5, 1e-9);
	assert_int_equal(threshold_parse("2 %", &percent), 0);
	assert_float_equal(percent, 2, 1e-9);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(threshold_parse(bad[i], &percent), -EINVAL);
	assert_float_equal(percent, 2, 1e-9);
}

static int read_text(const char *text, struct thresholds *t)
{
	char path[] = "/tmp/daxdm-thresholds-XXXXXX";
	int fd = mkstemp(path), rc;

	assert_true(fd >= 0);
	assert_int_equal(dprintf(fd, "%s", text) < 0, 0);
	close(fd);
	rc = thresholds_read(path, t);
	unlink(path);
	return rc;
}

static void test_file(void **state)
{
	static const char *const bad[] = {"fault.*\n", "fault.* x\n", "fault.* 1 2\n", "a -1\n"};
	struct thresholds t = {.percent = 0.5};

	(void)state;
	assert_int_equal(read_text("# all\n\nfault.*.pmd{*} 2.5 # by a few of 32 samples\n"
				   "tax:* 0\nfault.read.warm.pmd{*xfs} 3 %",
				   &t),
			 0);
	assert_float_equal(thresholds_of(&t, "fault.read.warm.pte{stack=raw,fs=ext4}"), 0.5, 1e-9);
	assert_float_equal(thresholds_of(&t, "fault.read.warm.pmd{stack=raw,fs=ext4}"), 2.5, 1e-9);
	assert_float_equal(thresholds_of(&t, "fault.read.warm.pmd{stack=raw,fs=xfs}"), 3, 1e-9);
	assert_float_equal(thresholds_of(&t, "tax:fault.read.warm.pte{stack=raw}"), 0, 1e-9);
	thresholds_free(&t);
	assert_float_equal(thresholds_of(&t, "fault.read.warm.pmd{stack=raw}"), 0.5, 1e-9);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(read_text(bad[i], &t), -EINVAL);
		thresholds_free(&t);
	}
	assert_int_equal(thresholds_read("/nonexistent", &t), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantity), cmocka_unit_test(test_exact),
		cmocka_unit_test(test_spread),	 cmocka_unit_test(test_time),
		cmocka_unit_test(test_fails),	 cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_file),	 cmocka_unit_test(test_chance),
		cmocka_unit_test(test_confirm),	 cmocka_unit_test(test_confirm_mixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

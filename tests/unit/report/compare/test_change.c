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
		const struct judge judge = {false, e->higher, e->threshold};
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

/* Several runs of one kernel that are not equal: only disjoint ranges are a difference. */
static void test_spread(void **state)
{
	static const int64_t base[] = {100, 104}, over[] = {103, 110}, above[] = {105, 110};
	const struct quantity b = quantity_of(base, 2), o = quantity_of(over, 2),
			      a = quantity_of(above, 2);
	const struct judge judge = {.threshold = 0.5};

	(void)state;
	assert_int_equal(change_judge(&b, &o, 100, &judge).kind, CHANGE_UNSHOWN);
	assert_int_equal(change_judge(&b, &b, 100, &judge).kind, CHANGE_UNSHOWN);
	assert_int_equal(change_judge(&b, &a, 100, &judge).kind, CHANGE_REGRESSED);
	assert_int_equal(change_judge(&a, &b, 100, &judge).kind, CHANGE_IMPROVED);
}

static void test_time(void **state)
{
	static const int64_t base[] = {100, 101, 102, 103}, slow[] = {120, 121, 122, 123},
			     mixed[] = {99, 102, 104, 101};
	const struct quantity b = quantity_of(base, 4), s = quantity_of(slow, 4),
			      m = quantity_of(mixed, 4), few = quantity_of(slow, 3);
	const struct judge judge = {.time = true, .threshold = 0.5}, high = {true, true, 0.5},
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
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* lib/base/stats.c against known answers. */
#include "lib/base/stats.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct known {
	const char *what;
	int64_t samples[12];
	size_t n;
	struct stats want;
};

static const struct known known[] = {
	{"one sample is every quantile", {7}, 1, {1, 7, 7, 7, 7, 7, 7, 7.0}},
	{"two: the median is the lower one, a value that occurred",
	 {9, 5},
	 2,
	 {2, 5, 5, 5, 9, 9, 9, 7.0}},
	{"ten, unsorted: ranks 1, 5, 9, 10",
	 {10, 9, 8, 7, 6, 5, 4, 3, 2, 1},
	 10,
	 {10, 1, 1, 5, 9, 10, 10, 5.5}},
	{"eleven: ranks 2, 6, 10, 11",
	 {11, 1, 10, 2, 9, 3, 8, 4, 7, 5, 6},
	 11,
	 {11, 1, 2, 6, 10, 11, 11, 6.0}},
	{"below zero, when a subtracted overhead was larger",
	 {-3, 0, -1},
	 3,
	 {3, -3, -3, -1, 0, 0, 0, -4.0 / 3.0}},
	{"one outlier moves the maximum and the mean only",
	 {4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 1000004},
	 12,
	 {12, 4, 4, 4, 4, 1000004, 1000004, 1000048.0 / 12}},
};

static void test_known_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		const struct known *k = &known[i];
		struct stats got;

		assert_int_equal(stats_summarise(k->samples, k->n, &got), 0);
		if (got.n != k->want.n || got.min != k->want.min || got.p10 != k->want.p10 ||
		    got.median != k->want.median || got.p90 != k->want.p90 ||
		    got.p99 != k->want.p99 || got.max != k->want.max)
			fail_msg("%s", k->what);
		assert_true(fabs(got.mean - k->want.mean) < 1e-9);
	}
}

static void test_samples_keep_their_order(void **state)
{
	int64_t samples[] = {3, 1, 2};
	struct stats got;

	(void)state;
	assert_int_equal(stats_summarise(samples, COUNT(samples), &got), 0);
	assert_int_equal(samples[0], 3);
	assert_int_equal(samples[1], 1);
	assert_int_equal(samples[2], 2);
}

static void test_none_is_refused(void **state)
{
	struct stats got;

	(void)state;
	assert_int_equal(stats_summarise(NULL, 0, &got), -EINVAL);
}

static void test_quantiles_of_a_million(void **state)
{
	enum { N = 1000000 };
	int64_t *samples = test_malloc(N * sizeof(*samples));
	struct stats got;

	(void)state;
	/* 7919 is prime to N, so every value from 1 to N occurs once. */
	for (int64_t i = 0; i < N; i++)
		samples[i] = i * 7919 % N + 1;
	assert_int_equal(stats_summarise(samples, N, &got), 0);
	assert_int_equal(got.min, 1);
	assert_int_equal(got.p10, N / 10);
	assert_int_equal(got.median, N / 2);
	assert_int_equal(got.p90, N / 10 * 9);
	assert_int_equal(got.p99, N / 100 * 99);
	assert_int_equal(got.max, N);
	test_free(samples);
}

/* The expected hashes come from the published algorithm, worked out by another program. */
static void test_digest(void **state)
{
	static const int64_t forth[] = {1, 2, 3}, back[] = {3, 2, 1}, negative[] = {-1};

	(void)state;
	assert_true(stats_digest(NULL, 0) == 0xcbf29ce484222325u);
	assert_true(stats_digest(forth, 3) == 0xda2bfb225e0d1f05u);
	assert_true(stats_digest(back, 3) == 0x2978848ba26b2705u);
	assert_true(stats_digest(negative, 1) == 0x8cf51a8bfca3883du);
}

static void test_median_of_ticks(void **state)
{
	uint64_t odd[] = {9, 1, UINT64_MAX}, even[] = {4, 1, 3, 2};

	(void)state;
	assert_int_equal(stats_median_ticks(odd, 3), 9);
	assert_int_equal(stats_median_ticks(even, 4), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_answers),
		cmocka_unit_test(test_none_is_refused),
		cmocka_unit_test(test_samples_keep_their_order),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_median_of_ticks),
		cmocka_unit_test(test_quantiles_of_a_million),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* report/findings/fit_search.c: a fit that points were made by is found again. */
#include "lib/dev/btree.h"
#include "report/findings/fit_search.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { POINTS_MAX = 512, BASE = 119, KEY = 5, LEVEL = 7, FULL = 3 };

static struct search_point points[POINTS_MAX];

/* Every seventh search of a table of that many segments, by the fit. */
static size_t make(size_t n, size_t segments)
{
	for (size_t i = 0; i < segments && n < POINTS_MAX; i += 7) {
		struct btree_walk w = btree_walk(segments, i);

		points[n++] = (struct search_point){w.levels, w.keys, w.full,
						    BASE + KEY * (int64_t)w.keys +
							    LEVEL * (int64_t)w.levels +
							    FULL * (int64_t)w.full,
						    2};
	}
	return n;
}

static void assert_cost(const struct search_fit *fit, enum search_term term, double want)
{
	assert_true(fit->known[term]);
	assert_true(fabs(fit->cost[term] - want) < 1e-6);
}

static void test_the_law_is_found(void **state)
{
	struct search_fit fit;
	size_t n = make(make(make(0, 16), 256), 1024);

	(void)state;
	fit = fit_search(points, n);
	assert_cost(&fit, SEARCH_BASE, BASE);
	assert_cost(&fit, SEARCH_KEY, KEY);
	assert_cost(&fit, SEARCH_LEVEL, LEVEL);
	assert_cost(&fit, SEARCH_FULL, FULL);
	assert_int_equal(fit.searches, 2 * n);
	assert_int_equal(fit.exact, fit.searches);
	/* 7 + 5 * 44 / 9 + 3 / 9 for nine times the segments, which is 3.17 doublings. */
	assert_true(fabs(fit.doubling - 10.0248) < 0.001);
}

/* A timer tick in some searches is seen as such, and does not bend the fit. */
static void test_outliers(void **state)
{
	struct search_fit fit;
	size_t n = make(make(0, 64), 1024);

	(void)state;
	for (size_t i = 0, all = n; i < all; i += 5) {
		points[n] = points[i];
		points[n].cost += 39;
		points[n++].count = 1;
	}
	fit = fit_search(points, n);
	assert_cost(&fit, SEARCH_KEY, KEY);
	assert_cost(&fit, SEARCH_LEVEL, LEVEL);
	assert_true(fit.exact < fit.searches && fit.exact > fit.searches * 4 / 5);
}

/* One table of one segment says nothing of keys; one level nothing of levels. */
static void test_what_the_points_cannot_tell(void **state)
{
	struct search_fit fit;

	(void)state;
	fit = fit_search(points, make(0, 1));
	assert_true(fit.known[SEARCH_BASE] && !fit.known[SEARCH_KEY] && !fit.known[SEARCH_LEVEL]);
	fit = fit_search(points, make(0, 64));
	assert_cost(&fit, SEARCH_KEY, KEY);
	assert_true(!fit.known[SEARCH_LEVEL]);
	fit = fit_search(points, 0);
	assert_true(!fit.known[SEARCH_BASE] && !fit.searches);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_law_is_found),
		cmocka_unit_test(test_outliers),
		cmocka_unit_test(test_what_the_points_cannot_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

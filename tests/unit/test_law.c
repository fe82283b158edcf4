// SPDX-License-Identifier: GPL-2.0-only
/* report/findings/law.c: a law that points were made by is found again. */
#include "lib/dev/btree.h"
#include "report/findings/law.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { POINTS_MAX = 512, BASE = 119, KEY = 5, LEVEL = 7, FULL = 3 };

static struct law_point points[POINTS_MAX];

/* Every seventh search of a table of that many segments, by the law. */
static size_t make(size_t n, size_t segments)
{
	for (size_t i = 0; i < segments && n < POINTS_MAX; i += 7) {
		struct btree_walk w = btree_walk(segments, i);

		points[n++] = (struct law_point){w.levels, w.keys, w.full,
						 BASE + KEY * (int64_t)w.keys +
							 LEVEL * (int64_t)w.levels +
							 FULL * (int64_t)w.full,
						 2};
	}
	return n;
}

static void assert_cost(const struct law *law, enum law_term term, double want)
{
	assert_true(law->known[term]);
	assert_true(fabs(law->cost[term] - want) < 1e-6);
}

static void test_the_law_is_found(void **state)
{
	struct law law;
	size_t n = make(make(make(0, 16), 256), 1024);

	(void)state;
	law = law_fit(points, n);
	assert_cost(&law, LAW_BASE, BASE);
	assert_cost(&law, LAW_KEY, KEY);
	assert_cost(&law, LAW_LEVEL, LEVEL);
	assert_cost(&law, LAW_FULL, FULL);
	assert_int_equal(law.searches, 2 * n);
	assert_int_equal(law.exact, law.searches);
	/* 7 + 5 * 44 / 9 + 3 / 9 for nine times the segments, which is 3.17 doublings. */
	assert_true(fabs(law.doubling - 10.0248) < 0.001);
}

/* A timer tick in some searches is seen as such, and does not bend the law. */
static void test_outliers(void **state)
{
	struct law law;
	size_t n = make(make(0, 64), 1024);

	(void)state;
	for (size_t i = 0, all = n; i < all; i += 5) {
		points[n] = points[i];
		points[n].cost += 39;
		points[n++].count = 1;
	}
	law = law_fit(points, n);
	assert_cost(&law, LAW_KEY, KEY);
	assert_cost(&law, LAW_LEVEL, LEVEL);
	assert_true(law.exact < law.searches && law.exact > law.searches * 4 / 5);
}

/* One table of one segment says nothing of keys; one level nothing of levels. */
static void test_what_the_points_cannot_tell(void **state)
{
	struct law law;

	(void)state;
	law = law_fit(points, make(0, 1));
	assert_true(law.known[LAW_BASE] && !law.known[LAW_KEY] && !law.known[LAW_LEVEL]);
	law = law_fit(points, make(0, 64));
	assert_cost(&law, LAW_KEY, KEY);
	assert_true(!law.known[LAW_LEVEL]);
	law = law_fit(points, 0);
	assert_true(!law.known[LAW_BASE] && !law.searches);
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

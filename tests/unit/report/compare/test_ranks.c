// SPDX-License-Identifier: GPL-2.0-only
/* report/compare/ranks.c against known answers: by counting by hand, and R's wilcox.test(exact =
 * TRUE, conf.int = TRUE) where no two values are equal. */
#include "report/compare/ranks.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct known {
	int64_t a[RANKS_MAX], b[RANKS_MAX];
	size_t n, m;
	double p, shift, low, high;
};

static const struct known known[] = {
	/* All of b above all of a: 2 of the 70 ways to choose 4 of 8. */
	{{1, 2, 3, 4}, {11, 12, 13, 14}, 4, 4, 2.0 / 70, 10, 7, 13},
	{{11, 12, 13, 14}, {1, 2, 3, 4}, 4, 4, 2.0 / 70, -10, -13, -7},
	/* Five and five: 2 of 252; the interval leaves two differences out at each end. */
	{{1, 2, 3, 4, 5}, {101, 102, 103, 104, 105}, 5, 5, 2.0 / 252, 100, 97, 103},
	/* The ranks of a add up to 2 + 3 + 6 = 11; 10 and less, or 11 and more, is everything. */
	{{20, 30, 60}, {10, 40, 50}, 3, 3, 1.0, -10, -50, 30},
	/* Three and three cannot show anything at 5 %: 2 of 20. */
	{{1, 2, 3}, {7, 8, 9}, 3, 3, 0.1, 6, 4, 8},
	{{5}, {9}, 1, 1, 1.0, 4, 4, 4},
	/* Ties: all the same. */
	{{7, 7, 7, 7}, {7, 7, 7, 7}, 4, 4, 1.0, 0, 0, 0},
	/* One tie, ranks 1 2.5 | 2.5 4: sums 3.5 and 6.5 are 2 of 6 ways, 5 is the median. */
	{{1, 2}, {2, 3}, 2, 2, 4.0 / 6, 1, 0, 2},
};

static void test_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		const struct known *k = &known[i];
		struct rank_test t;

		assert_int_equal(rank_test(k->a, k->n, k->b, k->m, 0.95, &t), 0);
		assert_float_equal(t.p, k->p, 1e-9);
		assert_float_equal(t.shift, k->shift, 1e-9);
		assert_float_equal(t.low, k->low, 1e-9);
		assert_float_equal(t.high, k->high, 1e-9);
	}
}

/* Which sample is which must not change the answer but for the sign. */
static void test_mirror(void **state)
{
	static const int64_t a[] = {3, 9, 4, 8, 12, 7}, b[] = {10, 5, 14, 13, 11};
	struct rank_test ab, ba;

	(void)state;
	assert_int_equal(rank_test(a, COUNT(a), b, COUNT(b), 0.95, &ab), 0);
	assert_int_equal(rank_test(b, COUNT(b), a, COUNT(a), 0.95, &ba), 0);
	assert_float_equal(ab.p, ba.p, 1e-9);
	assert_float_equal(ab.shift, -ba.shift, 1e-9);
	assert_float_equal(ab.low, -ba.high, 1e-9);
	assert_true(ab.low <= ab.shift && ab.shift <= ab.high);
}

/* Under no difference at all, p below 5 % comes up in at most 5 % of all ways there are. */
static void test_level(void **state)
{
	unsigned int ways = 0, small = 0;

	(void)state;
	for (unsigned int mask = 0; mask < 1u << 10; mask++) {
		int64_t a[10], b[10];
		size_t n = 0, m = 0;
		struct rank_test t;

		for (unsigned int i = 0; i < 10; i++)
			if (mask >> i & 1)
				a[n++] = i;
			else
				b[m++] = i;
		if (n != 5)
			continue;
		assert_int_equal(rank_test(a, n, b, m, 0.95, &t), 0);
		ways++;
		small += t.p < 0.05;
	}
	assert_int_equal(ways, 252);
	assert_true(small > 0 && small * 20 <= ways);
}

static void test_bounds(void **state)
{
	static const int64_t many[RANKS_MAX + 1];
	struct rank_test t;

	(void)state;
	assert_int_equal(rank_test(many, 0, many, 1, 0.95, &t), -EINVAL);
	assert_int_equal(rank_test(many, 1, many, 0, 0.95, &t), -EINVAL);
	assert_int_equal(rank_test(many, RANKS_MAX + 1, many, 1, 0.95, &t), -EINVAL);
	assert_int_equal(rank_test(many, RANKS_MAX, many, RANKS_MAX, 0.95, &t), 0);
	assert_float_equal(t.p, 1, 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_mirror),
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

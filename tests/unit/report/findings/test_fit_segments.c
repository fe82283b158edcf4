// SPDX-License-Identifier: GPL-2.0-only
/* report/findings/fit_segments.c: the line that points were made from is found again; points that
 * are not on a line are reported as such. */
#include "report/findings/fit_segments.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static struct segment_fit fit_of(const double (*points)[2], size_t n)
{
	struct fit_points p = {.n = 0};

	for (size_t i = 0; i < n; i++)
		fit_add(&p, points[i][0], points[i][1]);
	return fit_segments(&p);
}

static void test_a_line_is_found(void **state)
{
	const double points[][2] = {{1, 50014}, {16, 50224}, {256, 53584}, {1024, 64336}};
	struct segment_fit fit = fit_of(points, N(points));

	(void)state;
	assert_true(fabs(fit.per_segment - 14) < 1e-6);
	assert_true(fabs(fit.base - 50000) < 1e-3);
	assert_true(fit.most_off < 1e-9);
	assert_int_equal(fit.n, 4);
	assert_true(fit.grows);
}

/* A hundred units at a million are nothing, at a thousand they are a tenth: the few count as much
 * as the many.  By least squares of plain distances the line would miss the first point by 84 %,
 * for the sake of the last; and the plain distance is largest there, the relative one in the
 * middle. */
static void test_the_distance_is_relative(void **state)
{
	const double points[][2] = {{1, 100}, {16, 1000}, {1024, 50000}};
	struct segment_fit fit = fit_of(points, N(points));

	(void)state;
	assert_true(fabs(fit.base + fit.per_segment - 100) < 2);
	assert_true(fabs(fit.most_off - (1000 - fit.base - 16 * fit.per_segment) / 1000) < 1e-9);
	assert_true(fabs(fit.most_off - 0.1088) < 0.001);
}

static void test_flat(void **state)
{
	const double points[][2] = {{1, 70000}, {16, 69000}, {1024, 71000}};

	(void)state;
	assert_false(fit_of(points, N(points)).grows);
}

/* Two stacks of as many segments are one number: no line goes through them alone. */
static void test_one_number_is_no_line(void **state)
{
	const double points[][2] = {{16, 100}, {16, 101}};

	(void)state;
	assert_int_equal(fit_of(points, N(points)).n, 1);
	assert_int_equal(fit_of(points, 0).n, 0);
}

static void test_what_bends_is_off(void **state)
{
	const double points[][2] = {{1, 1000}, {16, 16000}, {256, 20000}};

	(void)state;
	assert_true(fit_of(points, N(points)).most_off > 0.3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_is_found),
		cmocka_unit_test(test_the_distance_is_relative),
		cmocka_unit_test(test_flat),
		cmocka_unit_test(test_one_number_is_no_line),
		cmocka_unit_test(test_what_bends_is_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

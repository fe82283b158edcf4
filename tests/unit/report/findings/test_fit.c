// SPDX-License-Identifier: GPL-2.0-only
/* report/findings/fit.c: lines and distances with known answers. */
#include "report/findings/fit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool is_near(double a, double b)
{
	return fabs(a - b) < 1e-6;
}

static void a_line_is_found(void **state)
{
	struct fit_points p = {.n = 0};
	struct fit_line line;

	(void)state;
	for (int x = 0; x < 5; x++)
		fit_add(&p, x, 3 + 2 * x);
	line = fit_line(&p, false);
	assert_true(line.known && is_near(line.base, 3) && is_near(line.slope, 2));
	assert_true(is_near(line.r2, 1) && is_near(line.x_mean, 2));
	assert_true(is_near(fit_distance(&p, 3, 2, false), 0));
	p.y[4] += 5;
	assert_true(is_near(fit_distance(&p, 3, 2, false), 5));
	assert_true(is_near(fit_distance(&p, 3, 2, true), 5.0 / 16));
}

/* Points of one x, or none: every slope fits. */
static void one_x_is_no_line(void **state)
{
	struct fit_points p = {.n = 0};

	(void)state;
	assert_false(fit_line(&p, false).known);
	fit_add(&p, 4, 10);
	fit_add(&p, 4, 12);
	assert_false(fit_line(&p, false).known);
	assert_true(is_near(fit_line(&p, true).slope, 0));
}

/* The line between 0 and 1 over 0, 0, 1, 1: slope 0.4, of whose variance 0.8 is explained. */
static void the_part_explained_is_known(void **state)
{
	struct fit_points p = {.n = 4, .x = {0, 1, 2, 3}, .y = {0, 0, 1, 1}};

	(void)state;
	assert_true(is_near(fit_line(&p, false).slope, 0.4));
	assert_true(is_near(fit_line(&p, false).r2, 0.8));
}

static void what_falls_by_more_than_a_tenth_does_not_rise(void **state)
{
	struct fit_points p = {.n = 3, .x = {1, 2, 3}, .y = {0, 100, 91}};

	(void)state;
	assert_true(fit_rises(&p));
	p.y[2] = 89;
	assert_false(fit_rises(&p));
	p.n = 0;
	assert_true(fit_rises(&p));
}

/* The third term is twice the second: it is left out, and the others are found. */
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_found),
		cmocka_unit_test(one_x_is_no_line),
		cmocka_unit_test(the_part_explained_is_known),
		cmocka_unit_test(what_falls_by_more_than_a_tenth_does_not_rise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* report/compare/series.c: what is kept of each step, and which kernels are shown. */
#include "bench/table.h"
#include "lib/base/msg.h"
#include "report/compare/series.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/run_fixture.h"

#define WARM "fault.read.warm.pte{stack=linear:16,fs=ext4}"

enum { N = 100 };

struct kernels {
	struct fixture f[N];
	char *names[N];
};

/* Kernel i is the fixture with another median of WARM from `from` on. */
static void make(struct kernels *k, size_t from, int median)
{
	for (size_t i = 0; i < N; i++) {
		if (i < from)
			fixture_make(&k->f[i], NULL, NULL);
		else
			fixture_make_median(&k->f[i], 4223, median);
		k->names[i] = k->f[i].dir;
	}
}

static void finish(struct kernels *k)
{
	for (size_t i = 0; i < N; i++)
		fixture_remove(&k->f[i]);
}

static const struct series_metric *find(const struct series *s, const char *id)
{
	for (size_t i = 0; i < s->n_metrics; i++)
		if (!strcmp(s->metrics[i].id, id))
			return &s->metrics[i];
	fail_msg("no metric %s", id);
	return NULL;
}

static void test_step(void **state)
{
	const struct comparison like = {.thresholds.percent = THRESHOLD_PERCENT};
	const struct series_metric *warm;
	static struct kernels k;
	struct series s;

	(void)state;
	make(&k, 40, 4300);
	assert_int_equal(series_read(&s, &like, k.names, N, false), STATUS_FAILED);
	assert_int_equal(s.n, N);
	assert_int_equal(s.n_metrics, 12);
	warm = find(&s, WARM);
	for (size_t i = 0; i < N; i++) {
		assert_true(warm->points[i].measured);
		assert_int_equal(warm->points[i].median, i < 40 ? 4223 : 4300);
		assert_int_equal(warm->points[i].changed, i == 40);
		assert_int_equal(s.kernels[i].changed, i == 40);
	}
	assert_int_equal(s.n_failures, 1);
	assert_int_equal(s.failures[0].kernel, 40);
	assert_string_equal(s.failures[0].verdict, "REGRESSED");
	assert_int_equal(s.n_shown, 4);
	assert_int_equal(s.shown[0], 0);
	assert_int_equal(s.shown[1], 39);
	assert_int_equal(s.shown[2], 40);
	assert_int_equal(s.shown[3], N - 1);
	series_free(&s);
	finish(&k);
}

/* Less than the threshold is no change; better is one, and does not fail. */
static void test_threshold(void **state)
{
	struct comparison like = {.thresholds.percent = 50};
	static struct kernels k;
	struct series s;

	(void)state;
	make(&k, 40, 4300);
	assert_int_equal(series_read(&s, &like, k.names, N, false), STATUS_GOOD);
	assert_int_equal(s.kernels[40].changed, 0);
	assert_int_equal(s.n_shown, 3);
	series_free(&s);
	finish(&k);

	make(&k, 99, 4000);
	like.thresholds.percent = THRESHOLD_PERCENT;
	assert_int_equal(series_read(&s, &like, k.names, N, false), STATUS_GOOD);
	assert_true(find(&s, WARM)->points[99].changed);
	assert_int_equal(s.kernels[99].fails, 0);
	assert_int_equal(s.n_shown, 3);
	assert_int_equal(s.shown[1], 98);
	series_free(&s);
	finish(&k);
}

/* The same as from a comparison of all sides at once. */
static void test_comparison(void **state)
{
	struct comparison *c = calloc(1, sizeof(*c));
	const struct comparison like = {.thresholds.percent = THRESHOLD_PERCENT};
	static struct kernels k;
	struct series all, s;

	(void)state;
	assert_non_null(c);
	make(&k, 7, 4300);
	c->thresholds.percent = THRESHOLD_PERCENT;
	for (; c->n_sides < N; c->n_sides++)
		assert_int_equal(compare_read_side(&c->sides[c->n_sides], k.names[c->n_sides]), 0);
	compare_label_sides(c);
	assert_int_equal(comparison_build(c), 0);
	comparison_judge_as_measured(c);
	assert_int_equal(series_of(&all, c), 0);
	assert_int_equal(series_read(&s, &like, k.names, N, false), STATUS_FAILED);
	assert_int_equal(all.n_metrics, s.n_metrics);
	assert_int_equal(all.n_failures, s.n_failures);
	for (size_t i = 0; i < N; i++)
		assert_string_equal(all.kernels[i].label, s.kernels[i].label);
	for (size_t m = 0; m < s.n_metrics; m++) {
		assert_string_equal(all.metrics[m].id, s.metrics[m].id);
		for (size_t i = 0; i < N; i++) {
			const struct series_point *a = &all.metrics[m].points[i],
						  *b = &s.metrics[m].points[i];

			assert_int_equal(a->median, b->median);
			assert_int_equal(a->measured, b->measured);
			assert_int_equal(a->changed, b->changed);
		}
	}
	series_free(&all);
	series_free(&s);
	comparison_free(c);
	free(c);
	finish(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_threshold),
		cmocka_unit_test(test_comparison),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

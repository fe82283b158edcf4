// SPDX-License-Identifier: GPL-2.0-only
/*
 * report/compare/change.c over whole comparisons, simulated state by state as compare measures
 * them: at most 5 % of the comparisons of equal kernels have a verdict, however the metrics of one
 * state depend on each other, and differences of twice the range are confirmed.  Prints both rates.
 */
#include "report/compare/change.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { QUANTITIES_MAX = 1790, MEDIAN = 100000 };

/* How the metrics of one state depend on each other. */
enum dependence {
	INDEPENDENT,
	SHIFTED,   /* a state is slower or faster as a whole, and nothing else differs */
	PARTLY,	   /* half of the variance is of the state, half of the metric */
	OPPOSITE,  /* what makes every second metric slower makes the others faster */
	GROUPS,	   /* ten at a time are equal, such as one operation on ten stacks */
	TWO_MODES, /* a metric has two values, the larger one in three states of ten */
	HEAVY,	   /* most states are near each other, few are far away */
	QUIET,	   /* as measured: of a hundred metrics three vary by as much as the threshold */
	N_DEPENDENCE,
};

static const char *const names[N_DEPENDENCE] = {
	"independent",	"whole state shifted", "half of it shifted", "opposite",
	"groups of 10", "two modes",	       "heavy tails",	     "three of 100 vary"};

struct model {
	enum dependence dependence;
	size_t n;      /* quantities */
	size_t differ; /* the first ones, between the kernels */
	double effect; /* in standard deviations; 4 are twice the range of four states */
	unsigned int states;
};

struct kernels {
	struct quantity base[QUANTITIES_MAX], new[QUANTITIES_MAX];
	struct change changes[QUANTITIES_MAX], *list[QUANTITIES_MAX];
};

/* ---- random numbers: splitmix64 --------------------------------------------------------- */

static uint64_t seed;

static double uniform(void)
{
	uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return ((double)((z ^ z >> 31) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * acos(-1.0) * uniform());
}

/* ---- states ----------------------------------------------------------------------------- */

/* In standard deviations; shift is that of the whole state, group that of ten quantities. */
static double deviation(enum dependence dependence, size_t i, double shift, double group)
{
	double u;

	switch (dependence) {
	case SHIFTED:
		return shift;
	case PARTLY:
		return (shift + normal()) * sqrt(0.5);
	case OPPOSITE:
		return i % 2 ? shift : -shift;
	case GROUPS:
		return group;
	case TWO_MODES:
		return (uniform() < 0.3) / 0.46 + 0.001 * normal();
	case HEAVY:
		u = normal();
		return u * u * u / sqrt(15.0);
	case QUIET:
		return i % 33 == 0 ? normal() : 0.05 * normal();
	default:
		return normal();
	}
}

/* One more state of one kernel.  A standard deviation is 0.7 % of the median, above the
 * threshold. */
static void add_state(const struct model *m, struct quantity *list, bool is_new)
{
	double shift = normal(), group = 0;

	for (size_t i = 0; i < m->n; i++) {
		double d;

		if (i % 10 == 0)
			group = normal();
		d = deviation(m->dependence, i, shift, group);
		if (is_new && i < m->differ)
			d += m->effect;
		quantity_add(&list[i], MEDIAN + llround(0.007 * MEDIAN * d));
	}
}

/* ---- comparisons ------------------------------------------------------------------------ */

static size_t judge(const struct model *m, struct kernels *k)
{
	const struct judge judge = {.threshold = 0.5};
	size_t undecided = 0;

	for (size_t i = 0; i < m->n; i++) {
		k->changes[i] = change_judge(&k->base[i], &k->new[i], k->base[i].median, &judge);
		k->list[i] = &k->changes[i];
	}
	assert_int_equal(change_confirm(k->list, m->n), 0);
	for (size_t i = 0; i < m->n; i++)
		undecided += change_is_undecided(&k->changes[i]);
	return undecided;
}

/* Measures states until all is decided.  Returns how many were measured. */
static unsigned int compare(const struct model *m, struct kernels *k)
{
	for (size_t i = 0; i < m->n; i++)
		k->base[i] = k->new[i] = (struct quantity){0};
	for (unsigned int state = 1;; state++) {
		add_state(m, k->base, false);
		add_state(m, k->new, true);
		if (!judge(m, k) || state == m->states)
			return state;
	}
}

/* The share of comparisons that confirm one of the quantities from `from` to `to`, and of such
 * quantities the share that is confirmed; in per cent. */
struct rates {
	double any, each, states;
};

static struct rates simulate(const struct model *m, size_t from, size_t to, size_t comparisons)
{
	struct kernels *k = calloc(1, sizeof(*k));
	size_t any = 0, each = 0, states = 0;

	assert_non_null(k);
	seed = 1;
	for (size_t c = 0; c < comparisons; c++) {
		size_t confirmed = 0;

		states += compare(m, k);
		for (size_t i = from; i < to; i++)
			confirmed += k->changes[i].confirmed;
		any += !!confirmed;
		each += confirmed;
	}
	free(k);
	return (struct rates){100.0 * (double)any / (double)comparisons,
			      100.0 * (double)each / (double)(comparisons * (to - from)),
			      (double)states / (double)comparisons};
}

/* Of equal kernels. */
static void test_false_verdicts(void **state)
{
	static const size_t sizes[] = {1, 10, 60, 1790};

	(void)state;
	for (int d = 0; d < N_DEPENDENCE; d++)
		for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
			struct model m = {
				.dependence = d, .n = sizes[s], .states = CHANGE_STATES_MAX};
			struct rates r = simulate(&m, 0, m.n, m.n > 100 ? 300 : 2000);

			print_message(
				"no difference, %4zu quantities, %-19s: %.1f %% of comparisons "
				"have a false verdict\n",
				m.n, names[d], r.any);
			assert_true(r.any <= 100 * CHANGE_CHANCE);
		}
}

/* Of kernels that differ: the others are wrong in as few. */
static void test_power(void **state)
{
	static const struct {
		struct model model;
		double at_least;
	} cases[] = {
		{{INDEPENDENT, 1, 1, 2, CHANGE_STATES_DEFAULT}, 40},
		{{INDEPENDENT, 1, 1, 4, CHANGE_STATES_DEFAULT}, 90},
		{{QUIET, 60, 1, 4, CHANGE_STATES_DEFAULT}, 90},
		{{QUIET, 60, 1, 4, 5}, 85},
		{{INDEPENDENT, 60, 1, 4, CHANGE_STATES_DEFAULT}, 85},
		{{QUIET, 1790, 1, 4, CHANGE_STATES_DEFAULT}, 85},
		{{QUIET, 1790, 4, 4, CHANGE_STATES_DEFAULT}, 85},
		{{QUIET, 1790, 4, 4, 5}, 0},
		{{QUIET, 1790, 20, 4, 5}, 0},
		{{QUIET, 1790, 20, 4, CHANGE_STATES_DEFAULT}, 90},
		{{QUIET, 1790, 300, 4, CHANGE_STATES_DEFAULT}, 90},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct model *m = &cases[i].model;
		struct rates r = simulate(m, 0, m->differ, m->n > 100 ? 200 : 1000);

		print_message("%zu of %zu differ by %g standard deviations, up to %u states: %.0f "
			      "%% of them "
			      "confirmed, %.1f states on average\n",
			      m->differ, m->n, m->effect, m->states, r.each, r.states);
		assert_true(r.each >= cases[i].at_least);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_false_verdicts),
		cmocka_unit_test(test_power),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Bisections of lists and of graphs: which member they end with, in how many rounds. */
#include "cli/bisect/bisection.h"
#include "cli/bisect/kernel_history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MEMBERS_MAX = 40, AT_ONCE_MAX = 8 };

struct outcome {
	int bad, good;
	size_t rounds, tested, most;
	bool contradiction;
};

/* What a test says of each member. */
static enum bisection_verdict verdicts[MEMBERS_MAX];

static int number_of(const char *name)
{
	return atoi(name + 1);
}

/* Searches between members 0 and n - 1, n_at_once at a time. */
static struct outcome search(const struct bisection_history *h, int n, size_t n_at_once)
{
	struct outcome o = {0};
	struct words names = {0};
	const char *bad, *good;
	struct bisection b;
	char last[16];

	snprintf(last, sizeof(last), "m%d", n - 1);
	bisection_begin(&b, h, "m0", last);
	for (bisection_choose(&b, n_at_once, &names); names.n;
	     bisection_choose(&b, n_at_once, &names)) {
		o.rounds++;
		o.tested += names.n;
		o.most = names.n > o.most ? names.n : o.most;
		for (size_t i = 0; i < names.n; i++)
			bisection_add(&b, names.list[i], verdicts[number_of(names.list[i])]);
		words_free(&names);
		bisection_narrow(&b);
	}
	/* No member is tested twice. */
	for (size_t i = 0; i < b.n; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(b.results[i].name, b.results[j].name);
	o.bad = number_of(b.bad);
	o.good = number_of(bisection_newest_good(&b));
	o.contradiction = bisection_contradiction(&b, &bad, &good);
	for (size_t i = 0; i < b.skipped.n; i++)
		assert_int_equal(bisection_is_suspect(&b, b.skipped.list[i]),
				 number_of(b.skipped.list[i]) > o.good &&
					 number_of(b.skipped.list[i]) < o.bad);
	bisection_free(&b);
	return o;
}

/* ---- lists ---------------------------------------------------------------------------------- */

static char labels[MEMBERS_MAX][16];
static struct kernel_entry entries[MEMBERS_MAX];
static struct kernel_list list = {.list = entries};

static struct bisection_history list_of(int n)
{
	for (int i = 0; i < n; i++) {
		snprintf(labels[i], sizeof(labels[i]), "m%d", i);
		entries[i].label = labels[i];
	}
	list.n = (size_t)n;
	return kernel_history(&list);
}

static size_t log2_up(size_t n)
{
	size_t bits = 0;

	while ((size_t)1 << bits < n)
		bits++;
	return bits;
}

/* A step at each place: it is found, 2^k - 1 at a time in a k-th of the rounds. */
static void test_each_step(void **state)
{
	(void)state;
	for (int n = 2; n <= 20; n++) {
		const struct bisection_history h = list_of(n);

		for (int step = 1; step < n; step++) {
			for (int i = 0; i < n; i++)
				verdicts[i] = i >= step ? BISECTION_BAD : BISECTION_GOOD;
			for (size_t k = 1; k <= 3; k++) {
				struct outcome o = search(&h, n, ((size_t)1 << k) - 1);

				assert_int_equal(o.bad, step);
				assert_int_equal(o.good, step - 1);
				assert_false(o.contradiction);
				assert_true(o.most < (size_t)1 << k);
				assert_true(o.rounds <= (log2_up((size_t)n - 1) + k - 1) / k);
			}
		}
	}
}

/* Verdicts at random: the same end however many are tested at a time, and a bad member right behind
 * a good one. */
static void test_not_monotonic(void **state)
{
	size_t seen = 0;

	(void)state;
	srandom(1);
	for (int round = 0; round < 200; round++) {
		int n = 3 + (int)(random() % 20);
		const struct bisection_history h = list_of(n);
		struct outcome one;

		for (int i = 0; i < n; i++)
			verdicts[i] = random() % 2 ? BISECTION_BAD : BISECTION_GOOD;
		verdicts[0] = BISECTION_GOOD;
		verdicts[n - 1] = BISECTION_BAD;
		one = search(&h, n, 1);
		assert_int_equal(one.good, one.bad - 1);
		assert_int_equal(verdicts[one.bad], BISECTION_BAD);
		assert_int_equal(verdicts[one.good], BISECTION_GOOD);
		assert_false(one.contradiction);
		for (size_t at_once = 2; at_once <= AT_ONCE_MAX; at_once++) {
			struct outcome o = search(&h, n, at_once);

			assert_int_equal(o.bad, one.bad);
			assert_int_equal(o.good, one.good);
			seen += o.contradiction;
		}
	}
	assert_true(seen > 100);
}

/* With skipped members: those between the last good and the first bad one are skipped. */
static void test_skipped(void **state)
{
	(void)state;
	srandom(2);
	for (int round = 0; round < 200; round++) {
		int n = 3 + (int)(random() % 20), step = 1 + (int)(random() % (n - 1));
		const struct bisection_history h = list_of(n);

		for (int i = 0; i < n; i++)
			verdicts[i] = i && i < n - 1 && random() % 3 == 0 ? BISECTION_SKIPPED
				      : i >= step			  ? BISECTION_BAD
									  : BISECTION_GOOD;
		for (size_t at_once = 1; at_once <= AT_ONCE_MAX; at_once++) {
			struct outcome o = search(&h, n, at_once);

			assert_true(o.good < step && step <= o.bad);
			for (int i = o.good + 1; i < o.bad; i++)
				assert_int_equal(verdicts[i], BISECTION_SKIPPED);
		}
	}
}

/* ---- graphs --------------------------------------------------------------------------------- */

/* Whether the second is the first or comes before it. */
static bool before[MEMBERS_MAX][MEMBERS_MAX];
static int n_members;

static bool is_left(int at, const struct words *goods, const char *bad)
{
	for (size_t i = 0; i < goods->n; i++)
		if (before[number_of(goods->list[i])][at])
			return false;
	return before[number_of(bad)][at];
}

/* As git-bisect(1): the larger of both parts is smallest. */
static char *graph_middle(void *data, const struct words *goods, const char *bad,
			  const struct words *skipped)
{
	int all = 0, best = -1, best_part = 0;
	char *name = NULL;

	(void)data;
	for (int i = 0; i < n_members; i++)
		all += is_left(i, goods, bad);
	for (int i = 0; i < n_members; i++) {
		char text[16];
		int part = 0;

		snprintf(text, sizeof(text), "m%d", i);
		if (!is_left(i, goods, bad) || !strcmp(text, bad) || words_has(skipped, text))
			continue;
		for (int k = 0; k < n_members; k++)
			part += before[i][k] && is_left(k, goods, bad);
		part = part < all - part ? part : all - part;
		if (part > best_part) {
			best = i;
			best_part = part;
		}
	}
	if (best >= 0)
		assert_true(asprintf(&name, "m%d", best) > 0);
	return name;
}

static bool graph_contains(void *data, const char *newer, const char *older)
{
	(void)data;
	return before[number_of(newer)][number_of(older)];
}

static void add_parent(int child, int parent)
{
	for (int i = 0; i < n_members; i++)
		before[child][i] |= before[parent][i];
}

/* Each member has one or two parents among the five before it; the last contains all. */
static void make_graph(int n)
{
	memset(before, 0, sizeof(before));
	n_members = n;
	for (int i = 0; i < n; i++) {
		before[i][i] = true;
		for (int parents = 1 + (int)(random() % 2); i && parents; parents--)
			add_parent(i, i - 1 - (int)(random() % (i < 5 ? i : 5)));
	}
	for (int i = 0; i < n - 1; i++)
		add_parent(n - 1, i);
}

static void test_graphs(void **state)
{
	const struct bisection_history h = {.middle = graph_middle, .contains = graph_contains};

	(void)state;
	srandom(3);
	for (int round = 0; round < 100; round++) {
		int n = 4 + (int)(random() % (MEMBERS_MAX - 4)), first;

		make_graph(n);
		first = 1 + (int)(random() % (n - 1));
		for (int i = 0; i < n; i++)
			verdicts[i] = before[i][first] ? BISECTION_BAD : BISECTION_GOOD;
		for (size_t at_once = 1; at_once <= AT_ONCE_MAX; at_once++) {
			struct outcome o = search(&h, n, at_once);

			assert_int_equal(o.bad, first);
			assert_true(o.good != first && before[first][o.good]);
			assert_false(o.contradiction);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_step),
		cmocka_unit_test(test_not_monotonic),
		cmocka_unit_test(test_skipped),
		cmocka_unit_test(test_graphs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

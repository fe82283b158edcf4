// SPDX-License-Identifier: GPL-2.0-only
/* How cases are put together for guests. */
#include "cli/guests/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct check_item polite = {.name = "polite"};
static const struct check_item rude = {.name = "rude", .flags = CHECK_SPOILS};

/* One case for each letter: p is polite, s spoils. */
static size_t cases_of(const char *letters, struct check_case *cases)
{
	size_t n = strlen(letters);

	for (size_t i = 0; i < n; i++)
		cases[i] = (struct check_case){.item = letters[i] == 's' ? &rude : &polite};
	return n;
}

static void expect_batch(struct queue *queue, size_t n, const size_t *want)
{
	struct batch batch;

	assert_true(queue_take(queue, &batch));
	assert_int_equal(batch.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(batch.cases[i], want[i]);
}

static void expect_empty(struct queue *queue)
{
	struct batch batch;

	assert_false(queue_take(queue, &batch));
	queue_free(queue);
}

static void spoilers_end_a_guest(void **state)
{
	struct check_case cases[8];
	struct queue queue;

	(void)state;
	assert_int_equal(queue_fill(&queue, cases, cases_of("pspps", cases), 1), 0);
	expect_batch(&queue, 4, (size_t[]){0, 2, 3, 1});
	expect_batch(&queue, 1, (size_t[]){4});
	expect_empty(&queue);
}

static void batches_are_full_at_most(void **state)
{
	enum { EACH = BATCH_MAX - 1, N_CASES = 2 * EACH + 4 };
	char letters[N_CASES + 1] = "";
	struct check_case cases[N_CASES];
	size_t want[N_CASES];
	struct queue queue;

	(void)state;
	memset(letters, 'p', N_CASES);
	for (size_t i = 0; i < N_CASES; i++)
		want[i] = i;
	assert_int_equal(queue_fill(&queue, cases, cases_of(letters, cases), 2), 0);
	expect_batch(&queue, EACH, want);
	expect_batch(&queue, EACH, want + EACH);
	expect_batch(&queue, 4, want + 2 * EACH);
	expect_empty(&queue);
	letters[0] = 's';
	assert_int_equal(queue_fill(&queue, cases, cases_of(letters, cases), 2), 0);
	want[EACH + 1] = 0;
	expect_batch(&queue, BATCH_MAX, want + 1);
	want[EACH + 1] = EACH + 1;
	expect_batch(&queue, EACH, want + EACH + 1);
	expect_batch(&queue, 3, want + 2 * EACH + 1);
	expect_empty(&queue);
}

static void every_slot_has_work(void **state)
{
	struct check_case cases[8];
	struct queue queue;

	(void)state;
	assert_int_equal(queue_fill(&queue, cases, cases_of("ppppp", cases), 2), 0);
	expect_batch(&queue, 3, (size_t[]){0, 1, 2});
	expect_batch(&queue, 2, (size_t[]){3, 4});
	expect_empty(&queue);
	assert_int_equal(queue_fill(&queue, cases, cases_of("p", cases), 4), 0);
	expect_batch(&queue, 1, (size_t[]){0});
	expect_empty(&queue);
	assert_int_equal(queue_fill(&queue, cases, cases_of("sss", cases), 2), 0);
	for (size_t i = 0; i < 3; i++)
		expect_batch(&queue, 1, &i);
	expect_empty(&queue);
}

static void what_is_given_back_is_next(void **state)
{
	struct check_case cases[20];
	struct queue queue;
	struct batch batch;

	(void)state;
	assert_int_equal(queue_fill(&queue, cases, cases_of("ppppppppppss", cases), 1), 0);
	assert_true(queue_take(&queue, &batch));
	queue_return(&queue, &(struct batch){.n = 2, .cases = {6, 7}, .tries = 1});
	assert_true(queue_take(&queue, &batch));
	assert_int_equal(batch.n, 2);
	assert_int_equal(batch.cases[0], 6);
	assert_int_equal(batch.tries, 1);
	expect_batch(&queue, 1, (size_t[]){11});
	expect_empty(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spoilers_end_a_guest),
		cmocka_unit_test(batches_are_full_at_most),
		cmocka_unit_test(every_slot_has_work),
		cmocka_unit_test(what_is_given_back_is_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* lib/base/nearest.c: which words are near enough to be a hint. */
#include "lib/base/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const words[] = {"bench", "list", "report", "identical", "provision"};

static const char *guess(const char *typed)
{
	const char *best = NULL;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		best = nearest_of(typed, best, words[i]);
	return best;
}

static void test_near_words(void **state)
{
	static const struct {
		const char *typed, *want;
	} near[] = {
		{"benc", "bench"},	    {"bench", "bench"},	  {"lst", "list"},
		{"reports", "report"},	    {"repotr", "report"}, {"identicla", "identical"},
		{"privision", "provision"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		assert_non_null(guess(near[i].typed));
		assert_string_equal(guess(near[i].typed), near[i].want);
	}
}

static void test_far_words(void **state)
{
	static const char *const far[] = {"", "x", "zz", "frobnicate", "--", "tsil"};

	(void)state;
	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++)
		assert_null(guess(far[i]));
}

static void test_the_nearer_one_wins_in_any_order(void **state)
{
	(void)state;
	assert_string_equal(nearest_of("stacks", nearest_of("stacks", NULL, "stack"), "slack"),
			    "stack");
	assert_string_equal(nearest_of("stacks", nearest_of("stacks", NULL, "slack"), "stack"),
			    "stack");
}

static void test_words_without_end(void **state)
{
	char typed[4096];

	(void)state;
	memset(typed, 'b', sizeof(typed) - 1);
	typed[sizeof(typed) - 1] = '\0';
	assert_null(guess(typed));
	assert_null(nearest_of("bench", NULL, typed));
	typed[63] = '\0';
	assert_ptr_equal(nearest_of(typed, NULL, typed), typed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_near_words),
		cmocka_unit_test(test_far_words),
		cmocka_unit_test(test_the_nearer_one_wins_in_any_order),
		cmocka_unit_test(test_words_without_end),
	};

	return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Lists of words. */
#include "lib/base/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void has_whole_words(void **state)
{
	struct words words = {0};

	(void)state;
	assert_false(words_has(&words, "ext4"));
	assert_int_equal(words_add(&words, "ext4,", 4), 0);
	assert_int_equal(words_add(&words, "xfs", 3), 0);
	assert_true(words_has(&words, "ext4"));
	assert_true(words_has(&words, "xfs"));
	assert_false(words_has(&words, "ext"));
	assert_false(words_has(&words, "ext4,"));
	assert_false(words_has(&words, ""));
	assert_false(words_has(&words, NULL));
	words_free(&words);
	assert_false(words_has(&words, "ext4"));
}

static void a_word_is_added_once(void **state)
{
	struct words words = {0};

	(void)state;
	assert_int_equal(words_add_new(&words, "linear:1/", 8), 0);
	assert_int_equal(words_add_new(&words, "linear:16", 9), 0);
	assert_int_equal(words_add_new(&words, "linear:1", 8), 0);
	assert_int_equal(words.n, 2);
	assert_string_equal(words.list[0], "linear:1");
	assert_string_equal(words.list[1], "linear:16");
	words_free(&words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_whole_words),
		cmocka_unit_test(a_word_is_added_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* The table of checks keeps its own rules, and globs choose what they say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check/select.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t select_n(const char *glob, bool quick, bool planted, struct check_case **out)
{
	char *globs[1] = {glob ? strdup(glob) : NULL};
	size_t n = 0;

	assert_int_equal(check_select(globs, glob ? 1 : 0, quick, planted, out, &n), 0);
	free(globs[0]);
	return n;
}

static void test_every_check_keeps_the_rules(void **state)
{
	struct check_case *all;
	size_t n = select_n(NULL, false, false, &all);

	(void)state;
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		const struct check_item *item = all[i].item;

		if (!item->promise || !item->by || !item->run || !item->plants ||
		    item->plants == PLANT_DMESG || strlen(all[i].id) > 95 ||
		    check_limit_s(item) > 90)
			fail_msg(
				"%s: a promise, who gives it, a planted fault of its own, an id of "
				"at most 95 letters and a limit of at most 90 s are wanted",
				all[i].id);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(all[i].id, all[j].id))
				fail_msg("%s stands twice in the table", all[i].id);
	}
	free(all);
}

static void test_each_family_has_a_quick_check(void **state)
{
	struct check_case *quick;
	size_t n = select_n(NULL, true, false, &quick);

	(void)state;
	for (const struct check_family *const *f = check_table; *f; f++) {
		bool found = false;

		for (size_t i = 0; i < n; i++)
			found = found || quick[i].family == *f;
		if (!found)
			fail_msg("family %s has no check in --quick", (*f)->name);
	}
	free(quick);
}

static void test_globs_choose(void **state)
{
	struct check_case *some;
	size_t n = select_n("capability", false, false, &some);

	(void)state;
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(some[i].family->name, "capability");
	free(some);
	assert_int_equal(select_n("capability.raw_block_device", false, false, &some), 1);
	assert_string_equal(some[0].id, "capability.raw_block_device");
	assert_int_equal(some[0].plant, PLANT_NONE);
	free(some);
	assert_int_equal(select_n("*raw_block_dev*", false, false, &some), 1);
	free(some);
}

static void test_planted_cases_have_their_names(void **state)
{
	struct check_case *planted, one;
	size_t n = select_n(NULL, false, true, &planted);

	(void)state;
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		assert_int_not_equal(planted[i].plant, PLANT_NONE);
		assert_non_null(strchr(planted[i].id, '+'));
		assert_int_equal(check_case_of(planted[i].id, &one), 0);
		assert_ptr_equal(one.item, planted[i].item);
		assert_int_equal(one.plant, planted[i].plant);
	}
	free(planted);
}

static void test_what_fits_nothing_is_refused(void **state)
{
	char *globs[] = {strdup("capability"), strdup("nothing.like.it")};
	struct check_case *out, one;
	size_t n;

	(void)state;
	assert_int_equal(check_select(globs, 2, false, false, &out, &n), -EINVAL);
	assert_int_equal(check_case_of("capability.raw_block_devic", &one), -EINVAL);
	assert_int_equal(check_case_of("capability.raw_block_device+nonsense", &one), -EINVAL);
	free(globs[0]);
	free(globs[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_check_keeps_the_rules),
		cmocka_unit_test(test_each_family_has_a_quick_check),
		cmocka_unit_test(test_globs_choose),
		cmocka_unit_test(test_planted_cases_have_their_names),
		cmocka_unit_test(test_what_fits_nothing_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

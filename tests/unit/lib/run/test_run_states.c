// SPDX-License-Identifier: GPL-2.0-only
/* lib/run/run_states.c: the further initial states of a run. */
#include "lib/run/run_states.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_name(void **state)
{
	static const char *const others[] = {"state-",	   "state-x", "states-2",
					     "a/state-2x", "state",   "state-2/run.jsonl"};
	unsigned int n = 0;

	(void)state;
	assert_true(run_is_state("state-2", &n));
	assert_int_equal(n, 2);
	assert_true(run_is_state("results/a/state-13-20260101T000000", &n));
	assert_int_equal(n, 13);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(run_is_state(others[i], &n));
	assert_int_equal(n, 13);
}

/* By number, not by name; only what holds a run. */
static void test_find(void **state)
{
	char dir[] = "/tmp/daxdm-[states]*XXXXXX", command[512];
	struct words dirs = {0};

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(command, sizeof(command),
		 "cd '%s' && mkdir state-10 state-2-b state-2 state-3 state-x && "
		 "touch state-10/run.jsonl state-2/run.jsonl state-2-b/run.jsonl state-x/run.jsonl",
		 dir);
	assert_int_equal(system(command), 0);
	assert_int_equal(run_states_find(dir, &dirs), 0);
	assert_int_equal(dirs.n, 3);
	assert_string_equal(strrchr(dirs.list[0], '/'), "/state-2");
	assert_string_equal(strrchr(dirs.list[1], '/'), "/state-2-b");
	assert_string_equal(strrchr(dirs.list[2], '/'), "/state-10");
	words_free(&dirs);
	assert_int_equal(run_states_find("/nonexistent", &dirs), 0);
	assert_int_equal(dirs.n, 0);
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

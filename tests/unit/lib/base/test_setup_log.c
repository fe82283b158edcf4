// SPDX-License-Identifier: GPL-2.0-only
/* lib/base/setup_log.c: commands and their results; lib/base/source_place.c: this file's lines. */
#include "lib/base/setup_log.h"
#include "lib/base/source_place.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char heard[256];

static void hear(void *arg, const char *lines)
{
	(void)arg;
	snprintf(heard, sizeof(heard), "%s", lines);
}

static void test_commands(void **state)
{
	(void)state;
	setup_log(0, "dmsetup remove %s", "x"); /* nobody listens */
	setup_log_to(hear, NULL);
	errno = ENOSPC;
	setup_log(0, "dmsetup suspend %s", "x");
	assert_string_equal(heard, "dmsetup suspend x");
	setup_log(-EINVAL, "dmsetup load x <<'END'\n0 8 zero\nEND");
	assert_string_equal(heard, "dmsetup load x <<'END' || : # EINVAL\n0 8 zero\nEND");
	assert_int_equal(errno, ENOSPC);
	setup_log_to(NULL, NULL);
	setup_log(0, "umount x");
	assert_string_equal(heard, "dmsetup load x <<'END' || : # EINVAL\n0 8 zero\nEND");
}

__attribute__((noinline)) static json_t *called_here(void)
{
	json_t *callers = source_place_callers();

	assert_true(json_array_size(callers) > 1);
	return callers;
}

/* The unit tests are compiled with frame pointers. */
static void test_place(void **state)
{
	int line = __LINE__ + 1;
	json_t *callers = called_here();
	char place[200], want[100];

	(void)state;
	snprintf(want, sizeof(want), "tests/unit/lib/base/test_setup_log.c:%d", line);
	/* The innermost caller is called_here(); without it the first one is this function. */
	json_array_remove(callers, 0);
	source_place_find(callers, "tests/unit/", "tests/unit/check/", place, sizeof(place));
	if (!access("/usr/bin/addr2line", X_OK))
		assert_string_equal(place, want);
	json_array_clear(callers);
	assert_string_equal(source_place_find(callers, "tests/", "x", place, sizeof(place)), "");
	json_decref(callers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_commands),
					   cmocka_unit_test(test_place)};

	return cmocka_run_group_tests_name("setup_log", tests, NULL, NULL);
}

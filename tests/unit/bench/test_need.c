// SPDX-License-Identifier: GPL-2.0-only
/* Needs of fio, with a script in its place that has one engine only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/need.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void an_engine_that_fio_has_not_is_said(void **state)
{
	static const enum need fio[] = {NEED_FIO, NEED_END};
	static const enum need libpmem[] = {NEED_FIO, NEED_FIO_LIBPMEM, NEED_END};
	static const enum need uring[] = {NEED_FIO_URING, NEED_END};
	struct bench_env env = {.directory = "/"};
	struct missing missing = {0};

	(void)state;
	assert_true(need_all_met(fio, &env, &missing));
	assert_null(missing.why);
	assert_false(need_all_met(libpmem, &env, &missing));
	assert_string_equal(missing.why, "fio has no engine libpmem");
	assert_non_null(missing.cure);
	assert_false(need_all_met(uring, &env, &missing));
	assert_string_equal(missing.why, "fio has no engine io_uring");
	assert_non_null(missing.cure);
}

/* What no mount changes is asked once for all processes of a sweep. */
static void what_lasts_is_not_asked_again(void **state)
{
	static const enum need libpmem[] = {NEED_FIO_LIBPMEM, NEED_END};
	signed char lasting[NEED_COUNT] = {[NEED_FIO_LIBPMEM] = 1};
	struct bench_env env = {.directory = "/", .lasting_needs = lasting};
	struct missing missing = {0};

	(void)state;
	assert_true(need_all_met(libpmem, &env, &missing));
	lasting[NEED_FIO_LIBPMEM] = 0;
	assert_false(need_all_met(libpmem, &env, &missing));
	assert_int_equal(lasting[NEED_FIO_LIBPMEM], -1);
}

static void programs_are_named(void **state)
{
	(void)state;
	assert_string_equal(need_program(NEED_FIO), "fio");
	assert_string_equal(need_program(NEED_FIO_LIBPMEM), "fio");
	assert_null(need_program(NEED_ROOT));
}

static char bin[] = "/tmp/daxdm-test-need-XXXXXX", path[64];

static int before_all(void **state)
{
	FILE *out;

	(void)state;
	if (!mkdtemp(bin))
		return -1;
	snprintf(path, sizeof(path), "%s/fio", bin);
	out = fopen(path, "we");
	if (!out)
		return -1;
	/* As fio prints them; one whose name begins like another is not that other. */
	fputs("#!/bin/sh\nprintf 'Available IO engines:\\n\\tpsync\\n\\tio_uring_cmd\\n"
	      "\\tlibpmem2\\n\\tnull\\n'\n",
	      out);
	return fclose(out) || chmod(path, 0755) || setenv("PATH", bin, 1);
}

static int after_all(void **state)
{
	(void)state;
	return unlink(path) || rmdir(bin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_engine_that_fio_has_not_is_said),
		cmocka_unit_test(what_lasts_is_not_asked_again),
		cmocka_unit_test(programs_are_named),
	};

	return cmocka_run_group_tests(tests, before_all, after_all);
}

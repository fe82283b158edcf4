// SPDX-License-Identifier: GPL-2.0-only
/* lib/run/run_samples.c: what is read from the text of a record, and what is left to a JSON
 * parser. */
#include "lib/run/run_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HEAD "{\"type\":\"record\",\"id\":\"a\""

static void test_taken(void **state)
{
	static const char samples[] = ",\"samples\":[[-7,1],[0,2],[123456789012345678,30]]",
			  tail[] = ",\"proof\":{\"dax\":true}}\n";
	static const struct run_value want[] = {{-7, 1}, {0, 2}, {123456789012345678, 30}};
	struct run_samples taken;
	char line[256];

	(void)state;
	snprintf(line, sizeof(line), "%s%s%s", HEAD, samples, tail);
	taken = run_samples_take(line, strlen(line));
	assert_non_null(taken.values);
	assert_int_equal(taken.n, COUNT(want));
	for (size_t i = 0; i < taken.n; i++) {
		assert_int_equal(taken.values[i].value, want[i].value);
		assert_int_equal(taken.values[i].count, want[i].count);
	}
	assert_int_equal(taken.at, strlen(HEAD));
	assert_int_equal(taken.len, strlen(samples));
	assert_memory_equal(line, HEAD, strlen(HEAD));
	assert_string_equal(line + strlen(HEAD), tail);
	free(taken.values);
}

static void test_left(void **state)
{
	static const char *const lines[] = {
		"",
		"{\"type\":\"observation\",\"id\":\"a\",\"samples\":[[1,1]]}",
		"{ \"type\":\"record\",\"samples\":[[1,1]]}",
		HEAD "}",
		HEAD ",\"samples\":[]}",
		HEAD ",\"samples\":[[]]}",
		HEAD ",\"samples\":[[1,1]",
		HEAD ",\"samples\":[[1,1],",
		HEAD ",\"samples\":[[1,1",
		HEAD ",\"samples\":[[1,1],]}",
		HEAD ",\"samples\":[[1,1]x]}",
		HEAD ",\"samples\":[[1,1,1]]}",
		HEAD ",\"samples\":[[1, 1]]}",
		HEAD ",\"samples\":[[1,1],1]}",
		HEAD ",\"samples\":[[01,1]]}",
		HEAD ",\"samples\":[[-,1]]}",
		HEAD ",\"samples\":[[1.5,1]]}",
		HEAD ",\"samples\":[[1e3,1]]}",
		HEAD ",\"samples\":[[1234567890123456789,1]]}",
		/* Of another object, or of text. */
		HEAD ",\"proof\":{\"dax\":true,\"samples\":[[1,1]]}}",
		HEAD ",\"list\":[1,\"samples\":[[1,1]]]}",
		HEAD ",\"why\":\"\\\",\"samples\":[[1,1]]}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		char *line = strdup(lines[i]);
		const struct run_samples taken = run_samples_take(line, strlen(line));

		if (taken.values || taken.len)
			fail_msg("taken from %s", lines[i]);
		assert_string_equal(line, lines[i]);
		free(line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

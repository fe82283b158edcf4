// SPDX-License-Identifier: GPL-2.0-only
/* Numbers as people write them. */
#include "lib/base/number.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void takes_numbers_in_range(void **state)
{
	static const struct {
		const char *text;
		int64_t number;
	} good[] = {
		{"0", 0},
		{"7", 7},
		{"-7", -7},
		{"10", 10},
		{"9223372036854775807", INT64_MAX},
		{"-9223372036854775808", INT64_MIN},
	};
	int64_t number;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(number_parse(good[i].text, INT64_MIN, INT64_MAX, &number), 0);
		assert_int_equal(number, good[i].number);
	}
	assert_int_equal(number_parse("5", 5, 5, &number), 0);
}

static void refuses_what_may_mean_something_else(void **state)
{
	static const char *const bad[] = {"",
					  "-",
					  "+5",
					  " 5",
					  "5 ",
					  "05",
					  "00",
					  "-0",
					  "-05",
					  "0x5",
					  "5k",
					  "1e3",
					  "5.0",
					  "--5",
					  "5\n",
					  "\t5",
					  "9223372036854775808",
					  "-9223372036854775809",
					  "99999999999999999999999999"};
	int64_t number = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (number_parse(bad[i], INT64_MIN, INT64_MAX, &number) != -EINVAL)
			fail_msg("taken for a number: '%s'", bad[i]);
	assert_int_equal(number_parse("4", 5, 9, &number), -EINVAL);
	assert_int_equal(number_parse("10", 5, 9, &number), -EINVAL);
	assert_int_equal(number, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_numbers_in_range),
		cmocka_unit_test(refuses_what_may_mean_something_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

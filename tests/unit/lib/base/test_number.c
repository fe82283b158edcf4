// SPDX-License-Identifier: GPL-2.0-only
/* Numbers as people write and read them, those of JSON fields, and those by chance. */
#include "lib/base/bytes.h"
#include "lib/base/json_field.h"
#include "lib/base/number.h"
#include "lib/base/random.h"

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

static void spells_sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} known[] = {
		{0, "0 B"},
		{1023, "1,023 B"},
		{1024, "1 KiB"},
		{1025, "1,025 B"},
		{4096, "4 KiB"},
		{1310720, "1,280 KiB"},
		{UINT64_C(1) << 30, "1 GiB"},
		{(UINT64_C(1) << 30) + (1 << 20), "1,025 MiB"},
		{(UINT64_C(3) << 29) + 512, "1.50 GiB"},
		{UINT64_C(1) << 63, "8 EiB"},
		{UINT64_MAX, "16.00 EiB"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_string_equal(bytes_text(known[i].bytes).s, known[i].text);
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

static void prints_what_was_fitted(void **state)
{
	(void)state;
	assert_string_equal(number_tenths(1750).s, "1,750");
	assert_string_equal(number_tenths(4.999).s, "5");
	assert_string_equal(number_tenths(0.4).s, "0.4");
	assert_string_equal(number_tenths(-1e-12).s, "0");
	assert_string_equal(number(number_round(1e300)).s, "1,000,000,000,000,000,000");
}

/* A guest may send a field of any type. */
static void reads_fields_of_any_type(void **state)
{
	json_t *object = json_pack("{ss si sf sn}", "text", "a", "number", 7, "real", 7.5, "null");

	(void)state;
	assert_string_equal(json_field_text(object, "text"), "a");
	assert_string_equal(json_field_text(object, "number"), "");
	assert_string_equal(json_field_text(object, "none"), "");
	assert_string_equal(json_field_text(NULL, "text"), "");
	assert_int_equal(json_field_number(object, "number"), 7);
	assert_int_equal(json_field_number(object, "text"), -1);
	assert_int_equal(json_field_number(object, "real"), -1);
	assert_int_equal(json_field_number(object, "null"), -1);
	json_decref(object);
}

/* The vector that implementations of splitmix64 are tested with. */
static void random_numbers_are_those_of_splitmix64(void **state)
{
	uint64_t seed = 1234567;

	(void)state;
	assert_true(random_next(&seed) == UINT64_C(6457827717110365317));
	assert_true(random_next(&seed) == UINT64_C(3203168211198807973));
	assert_true(random_next(&seed) == UINT64_C(9817491932198370423));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_numbers_in_range),
		cmocka_unit_test(spells_sizes),
		cmocka_unit_test(refuses_what_may_mean_something_else),
		cmocka_unit_test(prints_what_was_fitted),
		cmocka_unit_test(reads_fields_of_any_type),
		cmocka_unit_test(random_numbers_are_those_of_splitmix64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

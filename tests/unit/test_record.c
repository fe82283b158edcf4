// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t samples[] = {300, 100, 200, 100};

/* The one line that a record of that meter and unit becomes. */
static json_t *line_of(enum meter_kind kind, const char *unit)
{
	const struct meter meter = {.kind = kind, .ns_per_tick = 1};
	struct stack_spec spec;
	const struct cell cell = {&spec, "ext4", &meter};
	struct sink sink = {.captured = json_array()};
	json_t *proof = json_pack("{sb}", "dax", 1), *line;
	char why[192];

	assert_int_equal(stack_parse("linear:4", &spec, why, sizeof(why)), 0);
	if (unit)
		assert_int_equal(record_write_unit(&sink, &cell, "scale", "higher", unit, "all",
						   samples, 4, 0, proof),
				 0);
	else
		assert_int_equal(
			record_write(&sink, &cell, "scale", "lower", "all", samples, 4, 7, proof),
			0);
	assert_int_equal(json_array_size(sink.captured), 1);
	line = json_incref(json_array_get(sink.captured, 0));
	json_decref(sink.captured);
	return line;
}

static const char *text_of(const json_t *line, const char *key)
{
	const char *text = json_string_value(json_object_get(line, key));

	return text ? text : "";
}

static void a_record_has_the_unit_of_its_meter(void **state)
{
	json_t *line = line_of(METER_INSN, NULL);

	(void)state;
	assert_string_equal(text_of(line, "type"), "record");
	assert_string_equal(text_of(line, "unit"), "insn");
	assert_string_equal(text_of(line, "id"), "scale.all{stack=linear:4,fs=ext4}");
	assert_int_equal(json_integer_value(json_object_get(line, "median")), 100);
	json_decref(line);
	line = line_of(METER_TIME, NULL);
	assert_string_equal(text_of(line, "unit"), "ns");
	json_decref(line);
}

static void a_rate_has_its_own(void **state)
{
	json_t *line = line_of(METER_TIME, "faults/s");

	(void)state;
	assert_string_equal(text_of(line, "unit"), "faults/s");
	assert_string_equal(text_of(line, "meter"), "time");
	assert_string_equal(text_of(line, "better"), "higher");
	json_decref(line);
}

/* Nothing from which a number could be taken. */
static void what_is_only_proven_has_no_number(void **state)
{
	static const char *const numbers[] = {"samples", "min",	 "median", "mean",
					      "max",	 "unit", "digest", "overhead"};
	json_t *line = line_of(METER_NONE, "faults/s");

	(void)state;
	assert_string_equal(text_of(line, "type"), "proven");
	assert_true(json_is_true(json_object_get(json_object_get(line, "proof"), "dax")));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_null(json_object_get(line, numbers[i]));
	json_decref(line);
}

/* Lines that are caught do not go out, nor do they need anywhere to go. */
static void lines_can_be_caught(void **state)
{
	struct sink sink = {.captured = json_array()};

	(void)state;
	assert_int_equal(sink_line(&sink, json_pack("{ss}", "type", "void")), 0);
	assert_int_equal(json_array_size(sink.captured), 1);
	assert_int_equal(sink.error, 0);
	json_decref(sink.captured);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_has_the_unit_of_its_meter),
		cmocka_unit_test(a_rate_has_its_own),
		cmocka_unit_test(what_is_only_proven_has_no_number),
		cmocka_unit_test(lines_can_be_caught),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

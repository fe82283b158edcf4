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

static const struct proof_waiver waives_path[] = {
	{"cached.*", PROOF_PATH, "a hit in the page cache calls no function"},
	{0},
};

/* The one line that a record of that meter, unit and proof becomes. */
static json_t *line_with(enum meter_kind kind, const char *unit, const char *variant,
			 const struct proof *proof)
{
	const struct meter meter = {.kind = kind, .ns_per_tick = 1};
	struct stack_spec spec;
	const struct cell cell = {&spec, "ext4", &meter, waives_path};
	struct sink sink = {.captured = json_array()};
	json_t *more = json_pack("{si}", "rounds", 7), *line;
	char why[192];

	assert_int_equal(stack_parse("linear:4", &spec, why, sizeof(why)), 0);
	if (unit)
		assert_int_equal(record_write_unit(&sink, &cell, "scale", "higher", unit, variant,
						   samples, 4, 0, proof, more),
				 0);
	else
		assert_int_equal(record_write(&sink, &cell, "scale", "lower", variant, samples, 4,
					      7, proof, more),
				 0);
	assert_int_equal(json_array_size(sink.captured), 1);
	line = json_incref(json_array_get(sink.captured, 0));
	json_decref(sink.captured);
	return line;
}

static json_t *line_of(enum meter_kind kind, const char *unit)
{
	const struct proof proof = {.shown = PROOF_ALL, .dax = true, .page_bytes = PAGE_BYTES};

	return line_with(kind, unit, "all", &proof);
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

/* A record without a part of its proof is a void that names the part, whatever the meter. */
static void no_number_without_its_proof(void **state)
{
	static const struct {
		enum proof_part part;
		const char *words;
	} parts[] = {
		{PROOF_DAX, "DAX"},
		{PROOF_PAGE, "size of the pages"},
		{PROOF_FRAME, "frames"},
		{PROOF_PATH, "path"},
	};

	(void)state;
	for (size_t i = 0; i < 3 * sizeof(parts) / sizeof(parts[0]); i++) {
		static const enum meter_kind kinds[] = {METER_INSN, METER_TIME, METER_NONE};
		const struct proof proof = {.shown = PROOF_ALL & ~(unsigned int)parts[i / 3].part,
					    .dax = true};
		json_t *line = line_with(kinds[i % 3], NULL, "all", &proof);

		assert_string_equal(text_of(line, "type"), "void");
		assert_non_null(strstr(text_of(line, "why"), parts[i / 3].words));
		assert_null(json_object_get(line, "median"));
		json_decref(line);
	}
}

static void a_waiver_is_for_the_variants_it_names(void **state)
{
	const struct proof proof = {.shown = PROOF_ALL & ~(unsigned int)PROOF_PATH, .dax = true};
	json_t *line = line_with(METER_INSN, NULL, "cached.4k", &proof);

	(void)state;
	assert_string_equal(text_of(line, "type"), "record");
	json_decref(line);
	line = line_with(METER_INSN, NULL, "direct.4k", &proof);
	assert_string_equal(text_of(line, "type"), "void");
	json_decref(line);
}

static void a_proof_says_what_was_examined(void **state)
{
	json_t *line = line_of(METER_INSN, NULL), *proof = json_object_get(line, "proof");

	(void)state;
	assert_true(json_is_true(json_object_get(proof, "dax")));
	assert_string_equal(text_of(proof, "page"), "4K");
	assert_int_equal(json_integer_value(json_object_get(proof, "rounds")), 7);
	json_decref(line);
}

/* What is examined and found wrong is not noted. */
static void what_is_wrong_proves_nothing(void **state)
{
	static const char *const names[] = {"hit", "never_hit"};
	struct probe_set probes = {.n = 2};
	struct proof proof = {0};
	char why[192] = "";
	FILE *file = tmpfile();

	(void)state;
	assert_false(proof_dax(&proof, fileno(file), true, why, sizeof(why)));
	assert_non_null(strstr(why, "DAX"));
	why[0] = '\0';
	assert_false(proof_pages(&proof, PAGE_BYTES, 8, 1, why, sizeof(why)));
	assert_string_equal(why, "8 pages of 4096 bytes caused 1 page faults");
	assert_false(proof_pages(&proof, PAGE_BYTES, 0, 0, why, sizeof(why)));
	for (unsigned int i = 0; i < 2; i++) {
		probes.points[i].name = names[i];
		probes.points[i].n_fds = 1; /* armed */
	}
	proof_count(&proof, "operations", 4, &probes);
	assert_int_equal(proof.shown, 0);
	probes.points[0].count = 3;
	proof_count(&proof, "operations", 4, &probes);
	assert_int_equal(proof.shown, PROOF_PATH);
	assert_int_equal(proof_hits(&proof, "operations"), 8);
	assert_int_equal(proof_hits(&proof, "hit"), 3);
	assert_int_equal(proof_hits(&proof, "never_hit"), 0);
	proof_free(&proof);
	fclose(file);
}

/* A count that the kernel does not give is no proof of the path through device-mapper. */
static void the_path_is_proven_by_counts(void **state)
{
	static const struct {
		int64_t dm, pmem; /* -1: not counted */
		unsigned int depth;
		const char *why; /* NULL: proven, by 4 accesses */
	} cases[] = {
		{-1, 4, 0, NULL},
		{0, 4, 0, NULL},
		{10, 5, 2, NULL},
		{-1, 4, 1, "this kernel cannot count dm_dax_direct_access with a probe"},
		{4, -1, 1, "this kernel cannot count pmem_dax_direct_access with a probe"},
		{3, 3, 1, "expected at least 4 direct accesses of the namespace, got 3"},
		{4, 4, 2,
		 "4 accesses reached the namespace and 4 passed device-mapper, at depth 2"},
		{4, 4, 0,
		 "4 accesses reached the namespace and 4 passed device-mapper, at depth 0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct stack_spec spec = {.depth = cases[i].depth,
						.depth_min = cases[i].depth};
		struct proof proof = {.path = json_object()};
		char why[192] = "";
		bool proven;

		if (cases[i].dm >= 0)
			json_object_set_new(proof.path, "dm_dax_direct_access",
					    json_integer(cases[i].dm));
		json_object_set_new(proof.path, "pmem_dax_direct_access",
				    cases[i].pmem < 0 ? json_null() : json_integer(cases[i].pmem));
		proven = proof_dax_path(&proof, 4, &spec, why, sizeof(why));
		assert_string_equal(why, cases[i].why ? cases[i].why : "");
		assert_int_equal(proven, !cases[i].why);
		proof_free(&proof);
	}
}

/* Lines that are caught do not go out, nor do they need anywhere to go. */
static void lines_can_be_caught(void **state)
{
	struct sink sink = {.captured = json_array()};

	(void)state;
	assert_int_equal(record_write_line(&sink, json_pack("{ss}", "type", "void")), 0);
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
		cmocka_unit_test(no_number_without_its_proof),
		cmocka_unit_test(a_waiver_is_for_the_variants_it_names),
		cmocka_unit_test(a_proof_says_what_was_examined),
		cmocka_unit_test(what_is_wrong_proves_nothing),
		cmocka_unit_test(the_path_is_proven_by_counts),
		cmocka_unit_test(lines_can_be_caught),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

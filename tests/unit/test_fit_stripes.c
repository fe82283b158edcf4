// SPDX-License-Identifier: GPL-2.0-only
/* report/findings/fit_stripes.c, report/findings/fit_levels.c: what the sentences say of records that are
 * known. */
#include "report/findings/fit_levels.h"
#include "report/findings/fit_stripes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char said[1024];

static void keep(void *arg, const char *sentence)
{
	(void)arg;
	snprintf(said, sizeof(said), "%s", sentence);
}

static struct run_record record(const char *stack, int64_t median)
{
	return (struct run_record){
		.bench = "translate",
		.variant = "page.random",
		.fs = "ext4",
		.unit = "insn",
		.stack = stack,
		.median = median,
		.proof = json_pack("{s[{sssi}{sssi}]}", "functions", "function",
				   "dm_dax_direct_access", "self", 147, "function",
				   "stripe_dax_direct_access", "self", 92),
	};
}

typedef void say_fn(const struct tables *tables, const struct table *table, findings_say *say,
		    void *arg);

static const char *say_by(say_fn *fn, struct run_record *records, size_t n)
{
	struct run run = {.records = records, .n_records = n};
	struct tables tables = {.run = &run};
	struct table table = {.fs = "ext4", .unit = "insn"};

	said[0] = '\0';
	fn(&tables, &table, keep, NULL);
	for (size_t i = 0; i < n; i++)
		json_decref((json_t *)records[i].proof);
	return said;
}

static const char *say(struct run_record *records, size_t n)
{
	return say_by(fit_stripes_say, records, n);
}

static void levels(void **state)
{
	struct run_record records[] = {record("raw", 100),
				       record("linear:1/linear:1/linear:1", 401),
				       record("linear:1", 200), record("linear:1/linear:2", 999),
				       record("linear:16", 999)};

	(void)state;
	assert_string_equal(say_by(fit_levels_say, records, 5),
			    "ext4: each device-mapper level adds 100.4 insn to a translation: 100 "
			    "with 0, 200 with 1, 401 with 3 (largest deviation 0.3)");
	records[0] = record("raw", 100);
	records[1] = record("linear:1", 200);
	assert_string_equal(say_by(fit_levels_say, records, 2), "");
}

static void flat(void **state)
{
	struct run_record records[] = {record("linear:1", 267), record("striped:8", 362),
				       record("striped:1", 362), record("striped:3", 361),
				       record("striped:4,chunk=64k", 999)};

	(void)state;
	assert_string_equal(
		say(records, 5),
		"ext4: each doubling of the stripes of dm-stripe costs nothing: a translation "
		"takes 362 insn with 1, 361 with 3, 362 with 8 (with 1, 147 in "
		"dm_dax_direct_access and 92 in stripe_dax_direct_access, by themselves); "
		"linear:1 takes 267");
}

static void growing(void **state)
{
	struct run_record records[] = {record("striped:1", 300), record("striped:2", 310),
				       record("striped:4", 320)};

	(void)state;
	assert_non_null(strstr(say(records, 3),
			       "each doubling of the stripes of dm-stripe costs 10.0 insn: a "
			       "translation takes 300 insn with 1, 310 with 2, 320 with 4 ("));
}

/* One width is no law. */
static void alone(void **state)
{
	struct run_record records[] = {record("striped:4", 362), record("linear:1", 267)};

	(void)state;
	assert_string_equal(say(records, 2), "");
}

/* Nor are two of which one is no power of two: dm-stripe divides there, and shifts elsewhere. */
static void no_doubling(void **state)
{
	struct run_record records[] = {record("striped:4", 362), record("striped:3", 361)};

	(void)state;
	assert_string_equal(say(records, 2), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels), cmocka_unit_test(flat),	 cmocka_unit_test(growing),
		cmocka_unit_test(alone),  cmocka_unit_test(no_doubling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

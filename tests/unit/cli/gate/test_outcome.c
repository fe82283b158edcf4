// SPDX-License-Identifier: GPL-2.0-only
/* What counts as a false alarm, a miss and a planted cost that is found. */
#include "cli/gate/outcome.h"
#include "cli/gate/result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ROW(stack, step)                                                          \
	"{\"threshold\":1,\"id\":\"fault.x{stack=" stack "}\",\"stack\":\"" stack \
	"\",\"steps\":[" step "]}"
#define CHANGE(quantity, verdict, by) \
	"\"" quantity "\":{\"verdict\":\"" verdict "\",\"percent\":" by "e-1,\"difference\":" by "}"
#define EQUAL CHANGE("metric", "equal", "0")

static const struct gate_pair no_op = {.name = "nothing", .base = "a", .new = "b"};
static const struct gate_pair planted = {
	.name = "something",
	.base = "a",
	.new = "b",
	.only = "@(fault|translate).*",
	.costs = {{"fault.x{stack=linear:1}", "metric", 40, 42}},
};
static const struct gate_pair in_the_mean = {
	.name = "something",
	.base = "a",
	.new = "b",
	.only = "fault.*",
	.costs = {{"fault.x{stack=linear:1}", "mean", 100, 200}},
};
static const struct gate_pair small = {
	.name = "something",
	.base = "a",
	.new = "b",
	.only = "fault.*",
	.costs = {{"fault.x{stack=linear:1}", "metric", 8, 8}},
};

static struct gate_outcome outcome_of(const struct gate_pair *pair, const char *rows)
{
	char path[] = "/tmp/daxdm-test-XXXXXX", why[128];
	struct gate_outcome outcome;
	int fd = mkstemp(path);
	FILE *out = fdopen(fd, "w");

	assert_non_null(out);
	fprintf(out, "{\"steps\":[{\"counts\":{\"states\":3}}],\"rows\":[%s]}", rows);
	fclose(out);
	assert_int_equal(gate_outcome_read(pair, path, &outcome, why, sizeof(why)), 0);
	unlink(path);
	return outcome;
}

/* How many false verdicts it has.  Frees it. */
static size_t count_false(struct gate_outcome *o)
{
	size_t n = json_array_size(o->false_verdicts);

	gate_outcome_free(o);
	return n;
}

static const char *text_in(const json_t *list, const char *key)
{
	return json_string_value(json_object_get(json_array_get(list, 0), key));
}

static void no_op_pairs(void **state)
{
	struct gate_outcome o = outcome_of(&no_op, ROW("raw", "{" EQUAL "}"));

	(void)state;
	assert_int_equal(o.metrics, 1);
	assert_int_equal(o.states, 3);
	assert_int_equal(count_false(&o), 0);
	o = outcome_of(&no_op, ROW("raw", "{" CHANGE("metric", "varies", "9") "}"));
	assert_int_equal(o.flagged, 1);
	assert_int_equal(o.undecided, 1);
	assert_int_equal(count_false(&o), 0);
	o = outcome_of(&no_op, ROW("raw", "{" CHANGE("metric", "left_out", "0") "}"));
	assert_int_equal(o.metrics, 0);
	gate_outcome_free(&o);
	o = outcome_of(&no_op, ROW("linear:1", "{" CHANGE("metric", "improved", "-50") "}"));
	assert_string_equal(text_in(o.false_verdicts, "id"), "fault.x{stack=linear:1}");
	assert_string_equal(text_in(o.false_verdicts, "quantity"), "metric");
	assert_string_equal(text_in(o.false_verdicts, "verdict"), "improved");
	assert_int_equal(count_false(&o), 1);
	o = outcome_of(&no_op, ROW("linear:1", "{" EQUAL "," CHANGE("tax", "regressed", "50") "}"));
	assert_int_equal(count_false(&o), 1);
	o = outcome_of(&no_op,
		       ROW("linear:1", "{" EQUAL "," CHANGE("slow_end", "regressed", "50") "}"));
	assert_int_equal(count_false(&o), 1);
	o = outcome_of(&no_op, ROW("linear:1", "{" CHANGE("metric", "vanished", "0") "}"));
	assert_int_equal(count_false(&o), 1);
}

static void a_cost_is_found(void **state)
{
	struct gate_outcome o =
		outcome_of(&planted, ROW("linear:1", "{" CHANGE("metric", "regressed", "41") "}"));

	(void)state;
	assert_int_equal(o.found, 1);
	assert_true(json_is_true(json_object_get(json_array_get(o.costs, 0), "found")));
	assert_int_equal(count_false(&o), 0);
	/* In the mean alone. */
	o = outcome_of(&in_the_mean,
		       ROW("linear:1", "{" EQUAL "," CHANGE("mean", "regressed", "156.2") "}"));
	assert_int_equal(o.found, 1);
	gate_outcome_free(&o);
	/* Below the threshold it is worse, and nothing fails. */
	o = outcome_of(&small, ROW("linear:1", "{" CHANGE("metric", "worse", "8") "}"));
	assert_int_equal(o.found, 1);
	gate_outcome_free(&o);
	o = outcome_of(&small, ROW("linear:1", "{" CHANGE("metric", "regressed", "8") "}"));
	assert_int_equal(o.found, 0);
	gate_outcome_free(&o);
}

static void a_cost_is_missed(void **state)
{
	/* Of another size, of the other sign, below the threshold, not there. */
	static const char *const rows[] = {
		ROW("linear:1", "{" CHANGE("metric", "regressed", "80") "}"),
		ROW("linear:1", "{" CHANGE("metric", "improved", "-41") "}"),
		ROW("linear:1", "{" CHANGE("metric", "worse", "41") "}"),
		ROW("linear:1", "{" CHANGE("metric", "unsure", "41") "}"),
		ROW("linear:2", "{" EQUAL "}"),
	};
	struct gate_outcome o;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		o = outcome_of(&planted, rows[i]);
		assert_int_equal(json_array_size(o.costs), 1);
		assert_int_equal(o.found, 0);
		if (i == 4)
			assert_string_equal(text_in(o.costs, "verdict"), "not measured");
		assert_int_equal(count_false(&o), i == 1);
	}
}

static void a_regression_of_raw_is_false(void **state)
{
	struct gate_outcome o =
		outcome_of(&planted, ROW("raw", "{" CHANGE("metric", "regressed", "41") "}"));

	(void)state;
	assert_int_equal(count_false(&o), 1);
}

static void a_file_without_rows(void **state)
{
	struct gate_outcome outcome;
	char why[128];

	(void)state;
	assert_true(gate_outcome_read(&no_op, "/dev/null", &outcome, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "no rows"));
	gate_outcome_free(&outcome);
}

/* ---- the result ------------------------------------------------------------------------------ */

static json_t *empty_result(void)
{
	static char *stacks[] = {"raw", "linear:1"}, *filesystems[] = {"ext4", "xfs"};
	static const struct workload whole = {.stacks = {.list = stacks, .n = 2}};
	static const struct words fs = {.list = filesystems, .n = 2};
	json_t *result = gate_result_new(&(struct gate_subject){.release = "6.1.0",
								.package = "linux-image 6.1.1-1",
								.workload = "workloads/default",
								.whole = &whole,
								.filesystems = &fs,
								.states = 5});

	assert_non_null(result);
	return result;
}

static void add(json_t *result, const struct gate_pair *pair, const char *rows)
{
	static const struct gate_measured base = {"g-stock", "b:1"}, new = {"g-rebuilt", "b:2"};
	struct gate_outcome o = outcome_of(pair, rows);

	gate_result_add(result, pair, &o, &base, &new);
	gate_outcome_free(&o);
}

/* One pair without a difference that is equal, one with a false alarm, one cost that is missed. */
static json_t *some_result(void)
{
	json_t *result = empty_result();

	add(result, &no_op, ROW("raw", "{" EQUAL "}"));
	assert_false(gate_result_fails(result));
	add(result, &no_op, ROW("raw", "{" CHANGE("metric", "improved", "-50") "}"));
	assert_true(gate_result_fails(result));
	add(result, &planted, ROW("linear:1", "{" CHANGE("metric", "worse", "41") "}"));
	gate_result_leave_out(result, &small);
	assert_int_equal(gate_result_pairs(result), 3);
	return result;
}

static void as_markdown(void **state)
{
	static const char *const lines[] = {
		"## Linux 6.1.0 (linux-image 6.1.1-1)\n",
		"- workload without a difference: `workloads/default` (2 stacks, ext4 and xfs), at "
		"most 5 initial states\n",
		"- builds of daxdm: `b:1` `b:2`\n",
		"- not compared: something\n",
		"| no-op | nothing | 1 | 3 | 0 | 0 | 0 | equal |  |\n",
		"| no-op | nothing | 1 | 3 | 1 | 0 | 1 |  | fault.x{stack=raw} metric improved by "
		"-50 |\n",
		"| cost | something | 1 | 3 | 0 | 0 | 0 | 0 of 1 found: +41 (worse) insn |  |\n",
		"\nFalse alarms: 1 of 2 comparisons without a difference (1 verdicts of 2 "
		"metrics).\n",
		"\nMisses: 1 of 1 claims about 1 planted costs; 0 false verdicts about other "
		"metrics.\n",
	};
	json_t *result = some_result();
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	gate_result_print(result, out);
	fclose(out);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!strstr(text, lines[i]))
			fail_msg("no '%s' in %s", lines[i], text);
	free(text);
	json_decref(result);
}

static void as_json(void **state)
{
	char path[] = "/tmp/daxdm-test-XXXXXX", why[256];
	json_t *result = some_result(), *all, *last, *alarms;
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	/* A file that holds something else is left alone. */
	assert_true(gate_result_vet_file(path, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "expected an array of results"));
	assert_true(gate_result_append(result, path, why, sizeof(why)) < 0);
	unlink(path);
	for (size_t n = 1; n <= 2; n++) {
		assert_int_equal(gate_result_vet_file(path, why, sizeof(why)), 0);
		assert_int_equal(gate_result_append(result, path, why, sizeof(why)), 0);
		all = json_load_file(path, 0, NULL);
		assert_int_equal(json_array_size(all), n);
		json_decref(all);
	}
	all = json_load_file(path, 0, NULL);
	last = json_array_get(all, 1);
	alarms = json_object_get(last, "false_alarms");
	assert_int_equal(json_integer_value(json_object_get(alarms, "comparisons")), 2);
	assert_int_equal(json_integer_value(json_object_get(alarms, "with_false_verdicts")), 1);
	assert_int_equal(json_array_size(json_object_get(last, "pairs")), 3);
	assert_int_equal(json_array_size(json_object_get(last, "not_compared")), 1);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(last, "kernel"), "release")),
		"6.1.0");
	json_decref(all);
	json_decref(result);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_op_pairs),
		cmocka_unit_test(a_cost_is_found),
		cmocka_unit_test(a_cost_is_missed),
		cmocka_unit_test(a_regression_of_raw_is_false),
		cmocka_unit_test(a_file_without_rows),
		cmocka_unit_test(as_markdown),
		cmocka_unit_test(as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

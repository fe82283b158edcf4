// SPDX-License-Identifier: GPL-2.0-only
/* What counts as a false alarm, a miss and a planted cost that is found. */
#include "cli/gate/outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ROW(stack, step) \
	"{\"id\":\"fault.x{stack=" stack "}\",\"stack\":\"" stack "\",\"steps\":[" step "]}"
#define CHANGE(quantity, verdict, by) \
	"\"" quantity "\":{\"verdict\":\"" verdict "\",\"difference\":" by "}"
#define EQUAL CHANGE("metric", "equal", "0")

static const struct gate_pair no_op = {.name = "nothing", .base = "a", .new = "b"};
static const struct gate_pair planted = {
	.name = "something",
	.base = "a",
	.new = "b",
	.only = "@(fault|translate).*",
	.costs = {{"fault.x{stack=linear:1}", "metric", true, 40, 42}},
};
static const struct gate_pair in_the_mean = {
	.name = "something",
	.base = "a",
	.new = "b",
	.only = "fault.*",
	.costs = {{"fault.x{stack=linear:1}", "mean", true, 100, 200}},
};
static const struct gate_pair small = {
	.name = "something",
	.base = "a",
	.new = "b",
	.only = "fault.*",
	.costs = {{"fault.x{stack=linear:1}", "metric", false, 8, 8}},
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

static void no_op_pairs(void **state)
{
	struct gate_outcome o = outcome_of(&no_op, ROW("raw", "{" EQUAL "}"));

	(void)state;
	assert_int_equal(o.metrics, 1);
	assert_int_equal(o.false_alarms, 0);
	assert_int_equal(o.states, 3);
	o = outcome_of(&no_op, ROW("raw", "{" CHANGE("metric", "varies", "9") "}"));
	assert_int_equal(o.false_alarms, 0);
	assert_int_equal(o.flagged, 1);
	assert_int_equal(o.undecided, 1);
	o = outcome_of(&no_op, ROW("raw", "{" CHANGE("metric", "left_out", "0") "}"));
	assert_int_equal(o.metrics, 0);
	o = outcome_of(&no_op, ROW("linear:1", "{" CHANGE("metric", "improved", "-50") "}"));
	assert_int_equal(o.false_alarms, 1);
	assert_string_equal(o.first_false, "fault.x{stack=linear:1} metric improved by -50");
	o = outcome_of(&no_op, ROW("linear:1", "{" EQUAL "," CHANGE("tax", "regressed", "50") "}"));
	assert_int_equal(o.false_alarms, 1);
	o = outcome_of(&no_op,
		       ROW("linear:1", "{" EQUAL "," CHANGE("slow_end", "regressed", "50") "}"));
	assert_int_equal(o.false_alarms, 1);
	o = outcome_of(&no_op, ROW("linear:1", "{" CHANGE("metric", "vanished", "0") "}"));
	assert_int_equal(o.false_alarms, 1);
}

static void a_cost_is_found(void **state)
{
	struct gate_outcome o =
		outcome_of(&planted, ROW("linear:1", "{" CHANGE("metric", "regressed", "41") "}"));

	(void)state;
	assert_int_equal(o.found, 1);
	assert_int_equal(o.false_alarms, 0);
	assert_string_equal(o.sizes, "+41");
	/* In the mean alone. */
	o = outcome_of(&in_the_mean,
		       ROW("linear:1", "{" EQUAL "," CHANGE("mean", "regressed", "156.2") "}"));
	assert_int_equal(o.found, 1);
	/* Below the threshold it is worse, and nothing fails. */
	o = outcome_of(&small, ROW("linear:1", "{" CHANGE("metric", "worse", "8") "}"));
	assert_int_equal(o.found, 1);
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
		assert_int_equal(o.costs, 1);
		assert_int_equal(o.found, 0);
		assert_int_equal(o.false_alarms, i == 1);
	}
}

static void a_regression_of_raw_is_false(void **state)
{
	struct gate_outcome o =
		outcome_of(&planted, ROW("raw", "{" CHANGE("metric", "regressed", "41") "}"));

	(void)state;
	assert_int_equal(o.false_alarms, 1);
}

static void a_file_without_rows(void **state)
{
	struct gate_outcome outcome;
	char why[128];

	(void)state;
	assert_true(gate_outcome_read(&no_op, "/dev/null", &outcome, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "no rows"));
}

static void both_rates(void **state)
{
	struct gate_outcome alarm = {.metrics = 7, .false_alarms = 2, .first_false = "x"};
	struct gate_outcome good = {.metrics = 7}, missed = {.costs = 2, .found = 1};
	struct gate_totals totals = {0};
	FILE *table = tmpfile(), *out;
	char *text = NULL;
	size_t size;

	(void)state;
	assert_non_null(table);
	gate_outcome_add(&no_op, &alarm, &totals, table);
	gate_outcome_add(&no_op, &good, &totals, table);
	gate_outcome_add(&planted, &missed, &totals, table);
	rewind(table);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	gate_outcome_print_table(table, &totals, out);
	fclose(out);
	fclose(table);
	assert_non_null(strstr(text, "False alarms: 1 of 2 comparisons without a difference (2 "
				     "verdicts of 14 metrics)."));
	assert_non_null(strstr(text, "Misses: 1 of 2 claims about 1 planted costs; 0 false "
				     "verdicts about other metrics."));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_op_pairs),
		cmocka_unit_test(a_cost_is_found),
		cmocka_unit_test(a_cost_is_missed),
		cmocka_unit_test(a_regression_of_raw_is_false),
		cmocka_unit_test(a_file_without_rows),
		cmocka_unit_test(both_rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

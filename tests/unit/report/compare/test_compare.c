// SPDX-License-Identifier: GPL-2.0-only
/* report/compare/compare_rows.c: rows, steps and counts of hand-made runs. */
#include "bench/table.h"
#include "lib/base/msg.h"
#include "report/compare/comparability.h"
#include "report/compare/compare.h"
#include "report/compare/compare_show.h"
#include "report/plots/plotdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/run_fixture.h"

#define WARM "fault.read.warm.pte{stack=linear:16,fs=ext4}"

/* A fixture, which is removed, as a side of a comparison. */
static void add_made(struct comparison *c, struct fixture *f)
{
	struct side *side = &c->sides[c->n_sides++];
	char why[512];

	side->runs = calloc(1, sizeof(*side->runs));
	assert_non_null(side->runs);
	side->n_runs = 1;
	assert_int_equal(run_read(f->dir, side->runs, why, sizeof(why)), 0);
	fixture_remove(f);
}

static void add_side(struct comparison *c, const char *from, const char *to)
{
	struct fixture f;

	fixture_make(&f, from, to);
	add_made(c, &f);
}

/* The same with another median. */
static void add_median(struct comparison *c, int from, int to)
{
	struct fixture f;

	fixture_make_median(&f, from, to);
	add_made(c, &f);
}

static void begin(struct comparison *c)
{
	*c = (struct comparison){.thresholds.percent = THRESHOLD_PERCENT};
	add_side(c, NULL, NULL);
}

static const struct step *step_of(const struct comparison *c, const char *id)
{
	const struct row *row = comparison_find(c, id);

	assert_non_null(row);
	return &row->steps[0];
}

static void test_same(void **state)
{
	struct comparison c;
	struct counts n;

	(void)state;
	begin(&c);
	add_side(&c, NULL, NULL);
	assert_int_equal(comparison_build(&c), 0);
	n = comparison_count(&c, 0);
	assert_int_equal(c.n_rows, 12);
	assert_int_equal(n.kind[CHANGE_EQUAL], 12);
	assert_int_equal(n.same_samples, 12);
	assert_int_equal(comparison_status(&c), STATUS_GOOD);
	for (size_t i = 0; i < c.n_rows; i++)
		assert_false(compare_row_changed(&c, &c.rows[i]));
	comparison_free(&c);
}

/* The record of linear:16 alone grows: the tax grows with it, by as much. */
static void test_dm_change(void **state)
{
	const struct step *step;
	struct comparison c;

	(void)state;
	begin(&c);
	add_median(&c, 4223, 4323);
	assert_int_equal(comparison_build(&c), 0);
	step = step_of(&c, WARM);
	assert_int_equal(step->metric.kind, CHANGE_REGRESSED);
	assert_int_equal(step->metric.difference, 100);
	assert_int_equal(step->tax.kind, CHANGE_REGRESSED);
	assert_int_equal(step->tax.difference, 100);
	assert_int_equal(comparison_find(&c, WARM)->cells[0].tax.median, 188);
	assert_int_equal(step_of(&c, "fault.read.warm.pte{stack=raw,fs=ext4}")->metric.kind,
			 CHANGE_EQUAL);
	assert_int_equal(step_of(&c, "fault.read.warm.pte{stack=raw,fs=ext4}")->tax.kind,
			 CHANGE_ABSENT);
	assert_int_equal(comparison_status(&c), STATUS_FAILED);
	comparison_free(&c);
}

/* Raw grows, the stacks do not: the tax shrinks, and raw is the regression. */
static void test_raw_change(void **state)
{
	const struct step *step;
	struct comparison c;

	(void)state;
	begin(&c);
	add_median(&c, 4035, 4135);
	assert_int_equal(comparison_build(&c), 0);
	step = step_of(&c, WARM);
	assert_int_equal(step->metric.kind, CHANGE_EQUAL);
	assert_int_equal(step->tax.kind, CHANGE_IMPROVED);
	assert_int_equal(step->tax.difference, -100);
	assert_true(compare_row_changed(&c, comparison_find(&c, WARM)));
	assert_int_equal(step_of(&c, "fault.read.warm.pte{stack=raw,fs=ext4}")->metric.kind,
			 CHANGE_REGRESSED);
	comparison_free(&c);
}

/* A record that is gone: asked for or not makes the difference. */
static void test_gone(void **state)
{
	struct comparison c;
	const struct step *step;

	(void)state;
	begin(&c);
	add_side(&c, "hop.map{stack=linear:1}\",\"bench\":\"hop\",\"variant\":\"map\"",
		 "hop.lap{stack=linear:1}\",\"bench\":\"hop\",\"variant\":\"lap\"");
	assert_int_equal(comparison_build(&c), 0);
	step = step_of(&c, "hop.map{stack=linear:1}");
	assert_int_equal(step->metric.kind, CHANGE_VANISHED);
	assert_string_equal(step->why, "");
	assert_int_equal(step_of(&c, "hop.lap{stack=linear:1}")->metric.kind, CHANGE_NEW);
	assert_int_equal(comparison_status(&c), STATUS_FAILED);
	comparison_free(&c);

	begin(&c);
	add_side(&c, "\"benches\":[\"fault\",\"hop\"]",
		 "\"benches\":[\"fault\",\"hop\"],\"metrics\":[\"fault.read.*\"]");
	assert_int_equal(comparison_build(&c), 0);
	assert_false(compare_was_requested(&c.sides[1].runs[0],
					   run_find(&c.sides[0].runs[0], "hop.map{stack=linear:1}"),
					   "linear:1"));
	assert_true(compare_was_requested(&c.sides[1].runs[0], run_find(&c.sides[0].runs[0], WARM),
					  "linear:16"));
	assert_false(compare_was_requested(&c.sides[1].runs[0], run_find(&c.sides[0].runs[0], WARM),
					   "linear:17"));
	comparison_free(&c);
}

/* One stack in the place of another one, in one and the same run. */
static void test_stacks(void **state)
{
	struct comparison c;
	const struct step *step;

	(void)state;
	begin(&c);
	add_side(&c, NULL, NULL);
	c.stack_base = strdup("linear:1");
	c.stack_new = strdup("linear:16");
	assert_int_equal(comparison_build(&c), 0);
	for (size_t i = 0; i < c.n_rows; i++)
		assert_string_equal(c.rows[i].rec->stack, "linear:1");
	step = step_of(&c, "fault.read.warm.pte{stack=linear:1,fs=ext4}");
	assert_int_equal(
		step->metric.difference,
		run_find(&c.sides[0].runs[0], WARM)->median -
			run_find(&c.sides[0].runs[0], "fault.read.warm.pte{stack=linear:1,fs=ext4}")
				->median);
	assert_int_equal(step->metric.difference, step->tax.difference);
	comparison_free(&c);
}

/* A ladder: steps between neighbours, and one from the first to the last. */
static void test_ladder(void **state)
{
	const struct row *row;
	struct comparison c;

	(void)state;
	begin(&c);
	add_median(&c, 4223, 4323);
	add_side(&c, NULL, NULL);
	assert_int_equal(comparison_build(&c), 0);
	row = comparison_find(&c, WARM);
	assert_int_equal(c.n_steps, 2);
	assert_int_equal(row->steps[0].metric.kind, CHANGE_REGRESSED);
	assert_int_equal(row->steps[1].metric.kind, CHANGE_IMPROVED);
	assert_int_equal(row->steps[2].metric.kind, CHANGE_EQUAL);
	/* A step that fails is not made good by the next. */
	assert_int_equal(comparison_status(&c), STATUS_FAILED);
	comparison_free(&c);
}

static void collect_sentence(void *arg, const char *text)
{
	char *all = arg;

	snprintf(all + strlen(all), 4096 - strlen(all), "%s\n", text);
}

/* A table whose rows were not chosen has no headline: not that of another unit. */
static void test_headline_of_a_unit(void **state)
{
	static const char was[] =
		"read.cold.pte\",\"stack\":\"raw\",\"fs\":\"ext4\",\"segments\":0,"
		"\"unit\":\"insn\"",
			  is[] = "read.cold.pte\",\"stack\":\"raw\",\"fs\":\"ext4\",\"segments\":0,"
				 "\"unit\":\"x/s\"";
	char all[4096] = "", *first;
	struct comparison c = {.thresholds.percent = THRESHOLD_PERCENT};

	(void)state;
	add_side(&c, was, is);
	add_side(&c, was, is);
	assert_int_equal(words_add(&c.only.benches, "fault.read.warm.*", 17), 0);
	assert_int_equal(comparison_build(&c), 0);
	compare_say(&c, collect_sentence, all);
	first = strstr(all, "ext4 linear:16 fault.read.warm.pte: ");
	assert_non_null(first);
	assert_null(strstr(strchr(first, '\n'), "fault.read.warm."));
	comparison_free(&c);
}

/* Facts that differ, by name. */
static void collect(void *arg, const char *name, const char *a, const char *b)
{
	char *text = arg;

	snprintf(text + strlen(text), 512 - strlen(text), "%s %s|%s;", name, a, b);
}

struct fact {
	const char *from, *to;
	enum comparability_rule rule;
	const char *want;
};

static void test_unlike(void **state)
{
	static const struct fact facts[] = {
		{"\"seed\":1", "\"seed\":2", COMPARABILITY_KERNELS, ""},
		{"\"seed\":1", "\"seed\":2", COMPARABILITY_STATES, "emulator.seed 1|2;"},
		{"\"seed\":1", "\"seed\":2", COMPARABILITY_SAMPLES, ""},
		{"6.1.0-fixture", "6.12", COMPARABILITY_KERNELS, ""},
		{"6.1.0-fixture", "6.12", COMPARABILITY_SAMPLES,
		 "kernel.release 6.1.0-fixture|6.12;"},
		{"\"mem_kib\":1000000", "\"mem_kib\":1", COMPARABILITY_KERNELS,
		 "mem_kib 1,000,000|1;"},
		{"\"qemu\":\"7.2.19\"", "\"qemu\":null", COMPARABILITY_KERNELS,
		 "emulator.qemu 7.2.19|(none);"},
		{"\"boot\":\"fresh\"", "\"boot\":\"snapshot\"", COMPARABILITY_KERNELS, ""},
		{"\"suite\":\"fixture, not measured\"", "\"suite\":\"x\"", COMPARABILITY_CHECKS,
		 "suite fixture, not measured|x;"},
		/* A flag that is not set is the same as one that is not there. */
		{"\"cpus\":1", "\"cpus\":1,\"planted\":false", COMPARABILITY_CHECKS, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		struct comparison c;
		char text[512] = "";

		begin(&c);
		add_side(&c, facts[i].from, facts[i].to);
		comparability_check(&c.sides[0].runs[0].context, &c.sides[1].runs[0].context,
				    facts[i].rule, collect, text);
		assert_string_equal(text, facts[i].want);
		comparison_free(&c);
	}
}

/* What may differ: PTI had two names, and is not reported if it is on in both. */
static void test_kernels(void **state)
{
	struct comparison c;
	char text[512] = "";

	(void)state;
	*(&c) = (struct comparison){.thresholds.percent = 1};
	add_side(&c, "{\"KASAN\":false}", "{\"KASAN\":false,\"PAGE_TABLE_ISOLATION\":true}");
	add_side(&c, "{\"KASAN\":false}",
		 "{\"KASAN\":true,\"PAGE_TABLE_ISOLATION\":false,"
		 "\"MITIGATION_PAGE_TABLE_ISOLATION\":true}");
	comparability_kernels(&c.sides[0].runs[0].context, &c.sides[1].runs[0].context, collect,
			      text);
	assert_string_equal(text, "kernel.settings.KASAN false|true;");
	comparison_free(&c);
}

/* Seven panels, all of one metric. */
static const struct role *seven_panels(size_t i, const char **bench)
{
	static const struct role role = {
		.variants = "read.warm.pte", .kind = ROLE_FAULT, .panel = "a fault"};

	*bench = "fault";
	return i < 7 ? &role : NULL;
}

/* The plot by kernel has a panel for each role that asks for one. */
static void test_every_panel_is_drawn(void **state)
{
	char dir[] = "/tmp/daxdm-panels-XXXXXX", command[96];
	struct comparison c;

	(void)state;
	begin(&c);
	add_side(&c, NULL, NULL);
	assert_int_equal(comparison_build(&c), 0);
	assert_non_null(mkdtemp(dir));
	role_register(seven_panels);
	assert_int_equal(plotdata_write_ladder(&c, dir), 0);
	bench_register_roles();
	snprintf(command, sizeof(command), "grep -qx 'paths = 7' %s/plot.gp", dir);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof(command), "test -s %s/path-7.tsv && rm -r %s", dir, dir);
	assert_int_equal(system(command), 0);
	comparison_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_dm_change),
		cmocka_unit_test(test_raw_change),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_ladder),
		cmocka_unit_test(test_unlike),
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_headline_of_a_unit),
		cmocka_unit_test(test_every_panel_is_drawn),
	};

	bench_register_roles();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* report/table/over_states.c: medians and ranges over initial states, and what tables, the page,
 * findings and plots show of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/table.h"
#include "report/findings/findings.h"
#include "report/findings/report_text.h"
#include "report/findings/steady.h"
#include "report/html/run_page.h"
#include "report/plots/plotdata.h"
#include "tests/unit/report/states_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct state_medians wide[] = {
	{"hop", "wide", "raw", {1000, 6000, 8000}},
	{"hop", "wide", "linear:1", {10000, 13000, 11000}},
	{"hop", "wide", "linear:16", {12000, 15000, 12000}},
	{"hop", "still", "raw", {500, 500, 500}},
	{"hop", "still", "linear:1", {700, 700, 700}},
};

static const struct run_record *find(const struct states_fixture *f, const char *id)
{
	const struct run_record *rec = run_find(&f->states.run, id);

	if (!rec)
		fail_msg("no record %s", id);
	return rec;
}

static void assert_quantity(struct quantity q, int64_t least, int64_t median, int64_t most)
{
	assert_int_equal(q.least, least);
	assert_int_equal(q.median, median);
	assert_int_equal(q.most, most);
}

/* 9,000, 7,000 and 3,000 in one state each; the difference of the medians is 5,000. */
static void differences_are_made_in_each_state(void **state)
{
	const struct run_record *rec, *raw;
	struct states_fixture f;
	struct real_range ratio;

	(void)state;
	states_make(&f, wide, COUNT(wide));
	rec = find(&f, "hop.wide{stack=linear:1,fs=ext4}");
	raw = find(&f, "hop.wide{stack=raw,fs=ext4}");
	assert_int_equal(rec->median, 11000);
	assert_int_equal(raw->median, 6000);
	assert_int_equal(rec->min, 10000);
	assert_int_equal(rec->max, 13000);
	assert_int_equal(rec->n, 1);
	assert_int_equal(rec->n_values, 3);
	assert_quantity(over_states_median(rec), 10000, 11000, 13000);
	assert_quantity(over_states_difference(rec, raw), 3000, 7000, 9000);
	assert_quantity(over_states_minus(rec, raw, offsetof(struct run_record, p90)), 3000, 7000,
			9000);
	ratio = over_states_ratio(rec, raw);
	assert_float_equal(ratio.least, 11.0 / 8, 1e-9);
	assert_float_equal(ratio.median, 13.0 / 6, 1e-9);
	assert_float_equal(ratio.most, 10, 1e-9);
	assert_int_equal(f.states.n_states, 3);
	assert_false(f.states.unequal);
	states_remove(&f);
}

/* State 2 again, of a part: it repeats what was measured and adds what was not. */
static void a_state_counts_once(void **state)
{
	static const struct state_medians more[] = {
		{"hop", "wide", "raw", {0, 77, 0}},
		{"hop", "wide", "linear:1", {0, 77, 0}},
		{"hop", "late", "raw", {0, 300, 0}},
	};
	static const struct state_medians whole[] = {
		{"hop", "wide", "raw", {1000, 6000, 8000}},
		{"hop", "wide", "linear:1", {10000, 13000, 11000}},
		{"hop", "late", "raw", {100, 0, 200}},
	};
	struct states_fixture f;
	char words[64];

	(void)state;
	states_begin(&f);
	state_write(f.dir, ".", whole, COUNT(whole), 0, NULL, NULL);
	state_write(f.dir, "state-2", whole, COUNT(whole), 1, NULL, NULL);
	state_write(f.dir, "state-2-later", more, COUNT(more), 1, NULL, NULL);
	state_write(f.dir, "state-3", whole, COUNT(whole), 2, NULL, NULL);
	states_open(&f);
	assert_quantity(over_states_median(find(&f, "hop.wide{stack=linear:1,fs=ext4}")), 10000,
			11000, 13000);
	assert_quantity(over_states_median(find(&f, "hop.late{stack=raw,fs=ext4}")), 100, 200, 300);
	assert_int_equal(f.states.n_states, 3);
	assert_string_equal(over_states_words(&f.states, words, sizeof(words)), "3 initial states");
	states_remove(&f);
}

static void fewer_states_are_said(void **state)
{
	static const struct state_medians some[] = {
		{"hop", "wide", "raw", {1000, 6000, 0}},
		{"hop", "wide", "linear:1", {10000, 13000, 11000}},
	};
	const struct run_record *rec, *raw;
	struct states_fixture f;
	char words[64];

	(void)state;
	states_make(&f, some, COUNT(some));
	rec = find(&f, "hop.wide{stack=linear:1,fs=ext4}");
	raw = find(&f, "hop.wide{stack=raw,fs=ext4}");
	/* Of states 1 and 2; of an even number the lower one. */
	assert_quantity(over_states_difference(rec, raw), 7000, 7000, 9000);
	assert_string_equal(over_states_words(&f.states, words, sizeof(words)),
			    "up to 3 initial states");
	states_remove(&f);
}

/* Of another kernel, seed or build of daxdm. */
static void what_is_no_state_is_left_out(void **state)
{
	struct states_fixture f;
	char words[64];

	(void)state;
	states_begin(&f);
	state_write(f.dir, ".", wide, COUNT(wide), 0, NULL, NULL);
	state_write(f.dir, "state-2", wide, COUNT(wide), 1, "6.1.0-fixture", "6.1.0-other");
	state_write(f.dir, "state-3", wide, COUNT(wide), 2, "\"seed\":1", "\"seed\":2");
	state_write(f.dir, "state-4", wide, COUNT(wide), 2, "\"suite\"",
		    "\"build\":\"other\",\"suite\"");
	states_open(&f);
	assert_int_equal(f.states.n_states, 1);
	assert_null(f.tables.states);
	assert_string_equal(over_states_words(&f.states, words, sizeof(words)), "");
	assert_int_equal(find(&f, "hop.wide{stack=raw,fs=ext4}")->median, 1000);
	states_remove(&f);
}

static void observations_are_medians(void **state)
{
	static const char lost[] = "\"pmd\":0,\"lost\":16";
	struct states_fixture f;

	(void)state;
	states_begin(&f);
	state_write(f.dir, ".", wide, COUNT(wide), 0, NULL, NULL);
	state_write(f.dir, "state-2", wide, COUNT(wide), 1, lost, "\"pmd\":9,\"lost\":7");
	state_write(f.dir, "state-3", wide, COUNT(wide), 2, lost, "\"pmd\":12,\"lost\":4");
	states_open(&f);
	for (size_t i = 0; i < f.states.run.n_observations; i++) {
		const struct run_observation *o = &f.states.run.observations[i];

		if (strstr(o->id, "align=4k"))
			assert_int_equal(json_integer_value(json_object_get(o->value, "lost")), 7);
	}
	/* The run itself is as it was read. */
	assert_int_equal(json_integer_value(json_object_get(
				 f.run.observations[f.run.n_observations - 1].value, "lost")),
			 16);
	states_remove(&f);
}

/* ---- what is shown -------------------------------------------------------------------------- */

static char *shown(const struct tables *tables, int width)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	report_text(tables, width, true, out);
	fclose(out);
	return text;
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" in:\n%s", part, text);
}

static void tables_show_ranges(void **state)
{
	struct states_fixture f;
	char *text;

	(void)state;
	states_make(&f, wide, COUNT(wide));
	text = shown(&f.tables, 200);
	assert_holds(text, "ext4: median over 3 initial states (range where it varies) in insn per "
			   "sample and signed DM overhead\n");
	assert_holds(text, " 6,000 (1,000..8,000) ");
	assert_holds(text, " 11,000 (10,000..13,000) +7,000 (+3,000..+9,000) ");
	assert_holds(text, " 500 ");
	assert_holds(text, " samples in 3 initial states, ");
	assert_lacks(text, "(500..");
	free(text);
	/* Two lines, number over number. */
	text = shown(&f.tables, 80);
	assert_holds(text, " 11,000 (10,000..13,000)");
	assert_holds(text, " +7,000 (+3,000..+9,000)");
	assert_lacks(text, "..13,000) +7,000");
	assert_lacks(text, " \n");
	free(text);
	states_remove(&f);
}

static void the_page_shows_ranges(void **state)
{
	struct states_fixture f;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	states_make(&f, wide, COUNT(wide));
	assert_non_null(out);
	assert_int_equal(run_page_write(&f.tables, f.dir, out), 0);
	fclose(out);
	assert_holds(text, "median over 3 initial states (range where it varies) in insn");
	assert_holds(text, ">11,000 <span class=\"range\">(10,000..13,000)</span><small>+7,000 "
			   "<span class=\"range\">(+3,000..+9,000)</span></small>");
	assert_holds(text, ">700<small>+200</small>");
	free(text);
	/* All statistics of a row, the mean too. */
	out = open_memstream(&text, &size);
	assert_non_null(out);
	assert_int_equal(run_page_write_statistics(&f.tables, out), 0);
	fclose(out);
	assert_holds(text, "<td>11,000.0 <span class=\"range\">(10,000.0..13,000.0)</span>");
	free(text);
	states_remove(&f);
}

static char *findings(const struct tables *tables)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	findings_say_steady(tables, findings_numbers, fixture_sentence, out);
	fclose(out);
	return text;
}

/* A sentence is of the medians, and says in which states its words or signs are others. */
static void findings_hold_in_all_states_or_say_so(void **state)
{
	static const struct state_medians turns[] = {
		{"hop", "turns", "raw", {2000, 2000, 2000}},
		{"hop", "turns", "linear:1", {1900, 2100, 2200}},
	};
	static const struct state_medians moves[] = {
		{"hop", "moves", "raw", {2000, 2010, 2020}},
		{"hop", "moves", "linear:1", {2300, 2330, 2310}},
	};
	static const struct state_medians odd[] = {
		{"hop", "odd", "raw", {2000, 2000, 2000}},
		{"hop", "odd", "linear:1", {1900, 2100, 1800}},
	};
	struct states_fixture f;
	char *text;

	(void)state;
	states_make(&f, turns, COUNT(turns));
	text = findings(&f.tables);
	assert_holds(text,
		     "ext4: dm-linear with 1 segment adds 100 insn (-100..+200) (+5.0 %) to hop "
		     "turns: median 2,100 (1,900..2,200), raw 2,000 (does not hold in "
		     "initial state 1)\n");
	free(text);
	states_remove(&f);
	states_make(&f, moves, COUNT(moves));
	text = findings(&f.tables);
	assert_holds(text,
		     "ext4: dm-linear with 1 segment adds 300 insn (+290..+320) (+14.9 %) to hop "
		     "moves: median 2,310 (2,300..2,330), raw 2,010 (2,000..2,020)\n");
	free(text);
	states_remove(&f);
	states_make(&f, odd, COUNT(odd));
	text = findings(&f.tables);
	assert_holds(text, "removes 100 insn (-200..+100) (-5.0 %) from hop odd: median 1,900 "
			   "(1,800..2,100), raw 2,000 (does not hold in initial state 2)\n");
	free(text);
	states_remove(&f);
}

static void gaps_of_further_states_are_named(void **state)
{
	struct states_fixture f;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	states_begin(&f);
	state_write(f.dir, ".", wide, COUNT(wide), 0, NULL, NULL);
	state_write(f.dir, "state-2", wide, COUNT(wide), 1, NULL, NULL);
	state_write(f.dir, "state-3", wide, COUNT(wide), 2, "7 of 8 faults", "6 of 8 faults");
	states_open(&f);
	findings_gaps(&f.tables, fixture_sentence, out);
	fclose(out);
	assert_holds(text, "void (proof failed): 7 of 8 faults were seen [1: "
			   "fault.read.cold.pte{stack=linear:1,fs=ext4}]\n");
	assert_holds(text, "void (proof failed) in initial state 3: 6 of 8 faults were seen [1: ");
	assert_lacks(text, "in initial state 2");
	free(text);
	states_remove(&f);
}

static void shapes_have_no_numbers(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{"adds 214 insn (+200..+222) (+5.1 %): median 4,425 (4,395..4,432), raw 4,210; x",
		 "adds 200 insn (+4.8 %): median 4,395, raw 4,195; x", true},
		{"adds 2 insn", "removes 2 insn", false},
		{"+2 with linear:16", "+2 with linear:1", false},
		{"+2 insn", "-2 insn", false},
		{"most: a +9, b +8", "most: b +9, a +8", true},
		{"min +1 (a), max +9 (b)", "min +1 (b), max +9 (a)", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *a = findings_shape(cases[i].a), *b = findings_shape(cases[i].b);

		if (!strcmp(a, b) != cases[i].same)
			fail_msg("\"%s\" and \"%s\": \"%s\" and \"%s\"", cases[i].a, cases[i].b, a,
				 b);
		free(a);
		free(b);
	}
}

/* ---- plot data ------------------------------------------------------------------------------ */

static char *plot_file(const char *dir, const char *name)
{
	char path[128], *text = calloc(1, 4096);
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	in = fopen(path, "re");
	assert_non_null(in);
	assert_non_null(text);
	assert_true(fread(text, 1, 4095, in) > 0);
	fclose(in);
	return text;
}

static const struct state_medians faults[] = {
	{"fault", "write.warm.pte", "raw", {5000, 5100, 5600}},
	{"fault", "write.warm.pte", "linear:1", {5200, 5300, 5900}},
	{"fault", "write.warm.pte", "linear:16", {5300, 5500, 6800}},
};

/* The lines of read.warm.pte do not vary, those of the other variant do. */
static void plots_get_ranges(void **state)
{
	struct states_fixture f;
	char command[128], *text;

	(void)state;
	states_make(&f, faults, COUNT(faults));
	assert_int_equal(plotdata_write(&f.tables, f.dir), 0);
	text = plot_file(f.dir, "extra-1-others.tsv");
	assert_holds(text, "\n1\t200\t200\t300\n16\t400\t300\t1200\n");
	free(text);
	text = plot_file(f.dir, "segments-1.tsv");
	assert_holds(text, "\n16\t4223\t188\t1\t4223\t4223\t188\t188\n");
	free(text);
	snprintf(command, sizeof(command), "grep -qx 'bars = 1' %s/plot.gp", f.dir);
	assert_int_equal(system(command), 0);
	states_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(differences_are_made_in_each_state),
		cmocka_unit_test(a_state_counts_once),
		cmocka_unit_test(fewer_states_are_said),
		cmocka_unit_test(what_is_no_state_is_left_out),
		cmocka_unit_test(observations_are_medians),
		cmocka_unit_test(tables_show_ranges),
		cmocka_unit_test(the_page_shows_ranges),
		cmocka_unit_test(findings_hold_in_all_states_or_say_so),
		cmocka_unit_test(gaps_of_further_states_are_named),
		cmocka_unit_test(shapes_have_no_numbers),
		cmocka_unit_test(plots_get_ranges),
	};

	bench_register_roles();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

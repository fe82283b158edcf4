// SPDX-License-Identifier: GPL-2.0-only
/* Cost of losing DAX: sentences and plot data of a hand-made run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/table.h"
#include "report/findings/fallback_cost.h"
#include "report/findings/findings.h"
#include "report/plots/plotdata.h"
#include "tests/unit/report/findings/tables_fixture.h"

static char *numbers(const struct opened *o)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	findings_numbers(&o->tables, fixture_sentence, out);
	fclose(out);
	return text;
}

static const struct median reads[] = {
	{"bio", "dax.read.64k", "raw", 60000, NULL, 0}, /* not in order */
	{"bio", "dax.read.4k", "raw", 6000, NULL, 0},
	{"bio", "direct.read.4k", "raw", 9000, NULL, 0},
	{"bio", "direct.read.64k", "raw", 66000, NULL, 0},
	{"bio", "buffered.read.cold.4k", "raw", 18000, NULL, 0},
	{"bio", "dax.read.4k", "linear:16", 6200, NULL, 0},
	{"bio", "direct.read.4k", "linear:16", 12400, NULL, 0},
	{"bio", "mmap.read.warm", "raw", 9000, NULL, 0},
};

static void sizes_have_words(void **state)
{
	(void)state;
	assert_string_equal(fallback_cost_size_words("64").s, "64 B");
	assert_string_equal(fallback_cost_size_words("4k").s, "4 KiB");
	assert_string_equal(fallback_cost_size_words("2m").s, "2 MiB");
}

static void the_multiple_is_said_by_size(void **state)
{
	struct opened o;
	char *text;

	(void)state;
	open_with(&o, reads, sizeof(reads) / sizeof(reads[0]));
	text = numbers(&o);
	assert_holds(text, "ext4: read without DAX on raw, relative to DAX: 4 KiB 1.50 O_DIRECT "
			   "(9,000 insn, DAX 6,000), 3.00 cold page cache; 64 KiB 1.10\n");
	assert_holds(text, "ext4: read without DAX on linear:16, relative to DAX: 4 KiB 2.00 "
			   "O_DIRECT (12,400 insn, DAX 6,200)\n");
	/* Of writes nothing was measured. */
	assert_null(strstr(text, "write without DAX"));
	free(text);
	close_it(&o);
}

static void nothing_is_said_without_its_other_half(void **state)
{
	struct opened o;
	char *text;

	(void)state;
	open_with(&o, reads, 2);
	text = numbers(&o);
	assert_null(strstr(text, "without DAX"));
	assert_true(fallback_cost_ratio(&o.tables.table[0], 0, "direct", "read", "", "4k") == 0);
	free(text);
	close_it(&o);
}

static void durability_is_compared(void **state)
{
	static const struct median medians[] = {
		{"copy", "fsync.4k", "raw", 5000, NULL, 0},
		{"copy", "durable.mapsync.4k", "raw", 700, NULL, 0},
		{"copy", "durable.msync.4k", "raw", 10500, NULL, 0},
		{"copy", "fsync.4k", "linear:16", 28000, NULL, 0},
	};
	struct opened o;
	char *text;

	(void)state;
	open_with(&o, medians, sizeof(medians) / sizeof(medians[0]));
	text = numbers(&o);
	assert_holds(text, "4 KiB 15.0 (10,500 insn, MAP_SYNC 700)");
	assert_holds(text, "ext4: fsync after one dirty page costs 5,000 insn on raw, 28,000 on "
			   "linear:16 (5.6x)\n");
	free(text);
	close_it(&o);
}

static char *slurp(const char *dir, const char *name)
{
	char path[128], *text = calloc(1, 65536);
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	in = fopen(path, "re");
	assert_non_null(in);
	assert_true(fread(text, 1, 65535, in) > 0);
	fclose(in);
	return text;
}

static void the_plot_has_a_line_for_each_stack(void **state)
{
	char dir[] = "/tmp/daxdm-plot-XXXXXX", command[64], *text;
	struct opened o;

	(void)state;
	assert_non_null(mkdtemp(dir));
	open_with(&o, reads, sizeof(reads) / sizeof(reads[0]));
	assert_int_equal(plotdata_write(&o.tables, dir), 0);
	text = slurp(dir, "bio-1.tsv");
	assert_holds(text, "4096\t1.5000\t1.5000\t1.5000\n65536\t1.1000\t1.1000\t1."
			   "1000\n\n\n4096\t2.0000\t2.0000\t2.0000\n");
	free(text);
	text = slurp(dir, "plot.gp");
	assert_holds(text, "draw_bio = 1\n");
	free(text);
	text = slurp(dir, "words.tsv");
	assert_holds(text, "\t4 KiB read without DAX on linear:16: 2.0x the cost with DAX (ext4, "
			   "O_DIRECT)\n");
	free(text);
	close_it(&o);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

enum { OPERATIONS = 9 };

/* More operations that grow than plot/style.gp has colours. */
static const struct role *many_operations(size_t i, const char **bench)
{
	static const char *const names[OPERATIONS] = {"op1", "op2", "op3", "op4", "op5",
						      "op6", "op7", "op8", "op9"};
	static struct role roles[OPERATIONS];

	*bench = "table";
	if (i >= OPERATIONS)
		return NULL;
	roles[i] = (struct role){.variants = names[i], .kind = ROLE_TABLE_OP, .line = names[i]};
	return &roles[i];
}

static void the_plot_has_a_line_for_each_operation(void **state)
{
	static const char *const stacks[] = {"linear:1", "linear:16"};
	char dir[] = "/tmp/daxdm-plot-XXXXXX", command[64], *text, line[64];
	char names[OPERATIONS][16];
	struct median medians[2 * OPERATIONS];
	struct opened o;

	(void)state;
	for (int i = 0; i < OPERATIONS; i++) {
		snprintf(names[i], sizeof(names[i]), "op%d", i + 1);
		for (int s = 0; s < 2; s++)
			medians[2 * i + s] = (struct median){
				"table", names[i], stacks[s], 1000 * (i + 1) * (3 * s + 1),
				NULL,	 0};
	}
	assert_non_null(mkdtemp(dir));
	role_register(many_operations);
	open_with(&o, medians, 2 * OPERATIONS);
	assert_int_equal(plotdata_write(&o.tables, dir), 0);
	bench_register_roles();
	text = slurp(dir, "plot.gp");
	assert_holds(text, "table_n_1 = 9\n");
	free(text);
	text = slurp(dir, "table-1.tsv");
	for (int i = 0; i < OPERATIONS; i++) {
		/* The line types of plot/style.gp that are neither grey nor undefined. */
		int colour, value = 1000 * (i + 1);

		snprintf(line, sizeof(line), "\n1\t%d\t%d\t%d\t", value, value, value);
		assert_non_null(strstr(text, line));
		colour = atoi(strstr(text, line) + strlen(line));
		assert_in_range(colour, 1, 7);
		snprintf(line, sizeof(line), "grep -q '^set linetype %d ' plot/style.gp", colour);
		assert_int_equal(system(line), 0);
	}
	free(text);
	close_it(&o);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_have_words),
		cmocka_unit_test(the_multiple_is_said_by_size),
		cmocka_unit_test(nothing_is_said_without_its_other_half),
		cmocka_unit_test(durability_is_compared),
		cmocka_unit_test(the_plot_has_a_line_for_each_stack),
		cmocka_unit_test(the_plot_has_a_line_for_each_operation),
	};

	bench_register_roles();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

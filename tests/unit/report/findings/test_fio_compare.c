// SPDX-License-Identifier: GPL-2.0-only
/* fio and our own numbers: pairs, table, page and sentences of a hand-made run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/table.h"
#include "report/findings/findings.h"
#include "report/findings/fio_compare.h"
#include "tests/unit/report/findings/tables_fixture.h"

/* What a writer wrote. */
static char *written(const struct opened *o, void (*write)(const struct tables *, FILE *))
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	if (write)
		write(&o->tables, out);
	else
		fio_compare_say(&o->tables, &o->tables.table[0], fixture_sentence, out);
	fclose(out);
	return text;
}

static const struct median pairs[] = {
	{"bio", "dax.read.4k", "raw", 6000, NULL, 0},
	{"bio", "dax.read.4k", "linear:16", 6200, NULL, 0},
	{"bio", "dax.read.64k", "raw", 60000, NULL, 0},
	{"fiojob", "psync.read.4k", "raw", 6386, "bio.dax.read.4k", 266},
	{"fiojob", "psync.read.4k", "linear:16", 6580, "bio.dax.read.4k", 266},
	{"fiojob", "psync.read.64k", "raw", 60200, "bio.dax.read.64k", 266},
	{"fiojob", "mmap.read.4k", "raw", 700, "copy.from.4k", 266},
};

static void the_rest_is_neither_ours_nor_fios_own(void **state)
{
	struct opened o;
	char *text;

	(void)state;
	open_with(&o, pairs, sizeof(pairs) / sizeof(pairs[0]));
	text = written(&o, fio_compare_print);
	assert_holds(text, "ext4: fio and this suite for the same work, median in insn\n");
	assert_holds(text, "  fiojob.psync.read.4k        bio.dax.read.4k                   6,000  "
			   "     6,386       +386         266      +120\n");
	assert_holds(text, "60,000      60,200       +200         266       -66\n");
	assert_holds(text, "6,200       6,580       +380         266      +114\n");
	/* Ours was not measured: no row. */
	assert_null(strstr(text, "mmap.read.4k"));
	free(text);
	close_it(&o);
}

static void sentences_say_how_far_they_differ(void **state)
{
	struct opened o;
	char *text;

	(void)state;
	open_with(&o, pairs, sizeof(pairs) / sizeof(pairs[0]));
	text = written(&o, NULL);
	assert_holds(text,
		     "differs from this suite by -0.1 % (psync.read.64k) to +2.0 % (psync.read.4k) "
		     "(2 pairs)\n");
	assert_holds(text, "ext4: DM overhead on linear:16 in insn, fio and this suite: "
			   "psync.read.4k +194 and +200\n");
	free(text);
	close_it(&o);
}

static void nothing_is_said_without_a_pair(void **state)
{
	struct opened o;
	char *text;

	(void)state;
	open_with(&o, pairs, 3);
	text = written(&o, fio_compare_print);
	assert_string_equal(text, "");
	free(text);
	text = written(&o, NULL);
	assert_string_equal(text, "");
	free(text);
	close_it(&o);
}

static void main_findings(const struct tables *tables, FILE *out)
{
	findings_main(tables, fixture_sentence, out);
}

/* A job of fio is a main finding unless the run has the variant that it repeats. */
static void fio_alone_is_a_main_finding(void **state)
{
	static const char finding[] = "ext4: dm-linear with 16 segments adds 194 insn (+3.0 %) to "
				      "fiojob psync.read.4k";
	struct opened o;
	char *text;

	(void)state;
	open_with(&o, pairs + 3, 2);
	text = written(&o, main_findings);
	assert_holds(text, finding);
	free(text);
	close_it(&o);
	open_with(&o, pairs, sizeof(pairs) / sizeof(pairs[0]));
	text = written(&o, main_findings);
	assert_null(strstr(text, finding));
	free(text);
	close_it(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rest_is_neither_ours_nor_fios_own),
		cmocka_unit_test(sentences_say_how_far_they_differ),
		cmocka_unit_test(nothing_is_said_without_a_pair),
		cmocka_unit_test(fio_alone_is_a_main_finding),
	};

	bench_register_roles();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

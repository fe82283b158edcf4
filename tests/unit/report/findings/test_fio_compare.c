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
#include "tests/unit/run_fixture.h"

struct opened {
	struct fixture f;
	struct run run;
	struct tables tables;
};

struct median {
	const char *bench, *variant, *stack, *same_as;
	int value, own;
};

static void add_record(char *lines, size_t size, const struct median *m)
{
	size_t used = strlen(lines);
	char proof[128] = "{\"dax\":true}";

	if (m->same_as)
		snprintf(proof, sizeof(proof), "{\"same_as\":\"%s\",\"fio_own\":%d}", m->same_as,
			 m->own);
	snprintf(lines + used, size - used,
		 "{\"type\":\"record\",\"id\":\"%s.%s{stack=%s,fs=ext4}\",\"bench\":\"%s\","
		 "\"variant\":\"%s\",\"stack\":\"%s\",\"fs\":\"ext4\",\"segments\":%d,"
		 "\"unit\":\"insn\",\"better\":\"lower\",\"meter\":\"insn\",\"n\":1,\"min\":%d,"
		 "\"p10\":%d,\"median\":%d,\"mean\":%d.0,\"p90\":%d,\"p99\":%d,\"max\":%d,"
		 "\"digest\":\"fnv1a64:0000000f\",\"samples\":[[%d,1]],\"overhead\":0,"
		 "\"proof\":%s}\n",
		 m->bench, m->variant, m->stack, m->bench, m->variant, m->stack,
		 strcmp(m->stack, "raw") ? 16 : 0, m->value, m->value, m->value, m->value, m->value,
		 m->value, m->value, m->value, proof);
}

static void open_with(struct opened *o, const struct median *medians, size_t n)
{
	char lines[16384] = "", why[512] = "";

	for (size_t i = 0; i < n; i++)
		add_record(lines, sizeof(lines), &medians[i]);
	strcat(lines, "{\"type\":\"end\"");
	fixture_make(&o->f, "{\"type\":\"end\"", lines);
	if (run_read(o->f.dir, &o->run, why, sizeof(why)) < 0)
		fail_msg("%s", why);
	assert_int_equal(tables_build(&o->run, &o->tables), 0);
}

static void close_it(struct opened *o)
{
	tables_free(&o->tables);
	run_free(&o->run);
	fixture_remove(&o->f);
}

static void collect(void *arg, const char *sentence)
{
	fprintf(arg, "%s\n", sentence);
}

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
		fio_compare_say(&o->tables, &o->tables.table[0], collect, out);
	fclose(out);
	return text;
}

static void assert_holds(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static const struct median pairs[] = {
	{"bio", "dax.read.4k", "raw", NULL, 6000, 0},
	{"bio", "dax.read.4k", "linear:16", NULL, 6200, 0},
	{"bio", "dax.read.64k", "raw", NULL, 60000, 0},
	{"fiojob", "psync.read.4k", "raw", "bio.dax.read.4k", 6386, 266},
	{"fiojob", "psync.read.4k", "linear:16", "bio.dax.read.4k", 6580, 266},
	{"fiojob", "psync.read.64k", "raw", "bio.dax.read.64k", 60200, 266},
	{"fiojob", "mmap.read.4k", "raw", "copy.from.4k", 700, 266},
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rest_is_neither_ours_nor_fios_own),
		cmocka_unit_test(sentences_say_how_far_they_differ),
		cmocka_unit_test(nothing_is_said_without_a_pair),
	};

	bench_register_roles();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

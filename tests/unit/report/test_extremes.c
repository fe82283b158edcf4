// SPDX-License-Identifier: GPL-2.0-only
/*
 * The largest and the smallest numbers that a run may hold, through all that is made of one: this
 * is built with UBSan, so an overflow or a conversion out of range ends the test.
 */
#include "bench/table.h"
#include "cli/options/cli.h"
#include "lib/base/msg.h"
#include "lib/run/run_verify.h"
#include "report/findings/findings.h"
#include "report/html/run_page.h"
#include "report/plots/plotdata.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/run_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MOST RUN_SAMPLE_MAX

static const char *const variants[] = {
	"fault.read.warm.pte",	 "fault.read.warm.pmd", "fault.read.warm.fallback",
	"fault.read.cold.pte",	 "table.load",		"table.fault.known.pte",
	"translate.page.random", "bio.read.4k",
};

static const struct {
	const char *stack;
	int segments;
} stacks[] = {
	{"raw", 0},
	{"linear:1", 1},
	{"linear:16", 16},
	{"linear:64", 2147483646},
	{"striped:2", 1},
	{"striped:4", 1},
	{"linear:2147483647", 2147483647},
};

/* Two samples: low and high, n of each. */
static void put_record(FILE *out, const char *id, const char *stack, int segments, int64_t low,
		       int64_t high, int64_t n)
{
	const char *variant = strchr(id, '.') + 1;
	double mean = (double)low / 2 + (double)high / 2;

	if (low == high)
		low--;
	fprintf(out,
		"{\"type\":\"record\",\"id\":\"%s{stack=%s,fs=ext4}\",\"bench\":\"%.*s\","
		"\"variant\":\"%s\",\"stack\":\"%s\",\"fs\":\"ext4\",\"segments\":%d,"
		"\"unit\":\"insn\",\"meter\":\"insn\",\"n\":%" PRId64 ",\"min\":%" PRId64
		",\"p10\":%" PRId64 ",\"median\":%" PRId64 ",\"mean\":%.17g,\"p90\":%" PRId64
		",\"p99\":%" PRId64 ",\"max\":%" PRId64 ",\"digest\":\"d\",\"samples\":[[%" PRId64
		",%" PRId64 "],[%" PRId64 ",%" PRId64 "]],\"overhead\":%" PRId64
		",\"proof\":{\"same_as\":\"translate.page.random\","
		"\"fio_own\":9007199254740992,\"functions\":[{\"function\":\"dm_dax_direct_"
		"access\","
		"\"self\":-9007199254740992}]}}\n",
		id, stack, (int)(variant - id - 1), id, variant, stack, segments, 2 * n, low, low,
		low, low == high - 1 ? (double)low + 0.5 : mean, high, high, high, low, n, high, n,
		MOST);
}

static int64_t pick(unsigned int *seed)
{
	static const int64_t values[] = {-MOST + 1, -1, 0, 1, 2, 4000, MOST / 2, MOST};

	*seed = *seed * 1103515245 + 12345;
	return values[*seed / 65536 % COUNT(values)];
}

static void make_run(const char *file, const char *release, unsigned int seed)
{
	FILE *out = fopen(file, "we");

	assert_non_null(out);
	fprintf(out,
		"{\"type\":\"context\",\"schema\":1,\"kernel\":{\"release\":\"%s\"},"
		"\"meter\":\"insn\",\"mem_kib\":9223372036854775807,"
		"\"emulator\":{\"mem_mib\":-9223372036854775808,\"seed\":9223372036854775807}}\n",
		release);
	for (size_t v = 0; v < COUNT(variants); v++)
		for (size_t s = 0; s < COUNT(stacks); s++) {
			int64_t a = pick(&seed), b = pick(&seed);

			put_record(out, variants[v], stacks[s].stack, stacks[s].segments,
				   a < b ? a : b, a < b ? b : a,
				   pick(&seed) > 1 ? RUN_COUNT_MAX / 2 : 1);
		}
	for (size_t s = 0; s < COUNT(stacks); s++) {
		fprintf(out,
			"{\"type\":\"observation\",\"id\":\"huge_pages{stack=%s,fs=ext4}\","
			"\"stack\":\"%s\",\"fs\":\"ext4\",\"value\":{\"windows\":%" PRId64
			",\"pmd\":-1,\"lost\":%" PRId64 "}}\n",
			stacks[s].stack, stacks[s].stack,
			pick(&seed) > 1 ? RUN_COUNT_MAX : RUN_NUMBER_MAX,
			pick(&seed) > 1 ? RUN_COUNT_MAX : 1);
		for (int twice = 0; twice < 2; twice++)
			fprintf(out,
				"{\"type\":\"observation\",\"id\":\"%s{stack=%s,fs=ext4}\","
				"\"stack\":\"%s\",\"fs\":\"ext4\",\"value\":%s}\n",
				twice ? "table_memory" : "table_search", stacks[s].stack,
				stacks[s].stack,
				twice ? "{\"segments\":-9007199254740992,\"held\":9007199254740992}"
				      : "[[9007199254740992,1,-5,-9007199254740992,"
					"9007199254740992],"
					"[1,2,0,9007199254740992,1099511627776],[2,1,1,1,1]]");
		fprintf(out,
			"{\"type\":\"counters\",\"id\":\"fault.read.warm.pte{stack=%s,fs=ext4}\","
			"\"bench\":\"fault\",\"variant\":\"read.warm.pte\",\"stack\":\"%s\","
			"\"fs\":\"ext4\",\"operations\":%" PRId64
			",\"counters\":{\"faults\":{\"value\":%" PRId64 "}}}\n",
			stacks[s].stack, stacks[s].stack, s ? RUN_COUNT_MAX : 1,
			s ? -RUN_NUMBER_MAX : RUN_NUMBER_MAX);
	}
	fprintf(out, "{\"type\":\"end\",\"status\":0}\n");
	assert_int_equal(fclose(out), 0);
}

static int call(const struct verb *verb, const char *a, const char *b, const char *c, const char *d)
{
	char *argv[] = {(char *)verb->name, (char *)a, (char *)b, (char *)c, (char *)d, NULL};
	int argc = 1;

	while (argv[argc])
		argc++;
	return verb->run(argc, argv);
}

static void test_numbers_of_all_sizes(void **state)
{
	char dir[] = "/tmp/daxdm-extremes-XXXXXX", a[64], b[64], plots[64], file[96], command[96];
	clock_t since = clock();

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(a, sizeof(a), "%s/a", dir);
	snprintf(b, sizeof(b), "%s/b", dir);
	snprintf(plots, sizeof(plots), "%s/plots", dir);
	assert_int_equal(mkdir(a, 0700) | mkdir(b, 0700) | mkdir(plots, 0700), 0);
	for (unsigned int seed = 0; seed < 12; seed++) {
		int status;

		snprintf(file, sizeof(file), "%s/run.jsonl", a);
		make_run(file, "6.1.0", 2 * seed);
		snprintf(file, sizeof(file), "%s/run.jsonl", b);
		make_run(file, "6.12.9", 2 * seed + 1);
		assert_int_equal(call(&verb_report, a, NULL, NULL, NULL), STATUS_GOOD);
		assert_int_equal(call(&verb_report, "--plot-data", plots, a, NULL), STATUS_GOOD);
		status = call(&verb_compare, "--plot-data", plots, a, b);
		assert_true(status == STATUS_GOOD || status == STATUS_FAILED);
		status = call(&verb_compare, "--markdown", "/dev/null", b, a);
		assert_true(status == STATUS_GOOD || status == STATUS_FAILED);
		status = call(&verb_compare, "--json", "/dev/null", b, a);
		assert_true(status == STATUS_GOOD || status == STATUS_FAILED);
		assert_int_equal(call(&verb_compare, "--junit", "/dev/null", a, a) & ~STATUS_FAILED,
				 0);
	}
	/* No axis that goes on for ever, either. */
	assert_true(clock() - since < 60 * CLOCKS_PER_SEC);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

/* A mean keeps its one digit, whatever its size and sign. */
static void test_mean(void **state)
{
	static const struct {
		int64_t low, high;
		const char *cell;
	} cases[] = {
		{300000000, 300000001, "<td>300,000,000.5<td>"},
		{-2, 1, "<td>-0.5<td>"},
		{-4, -3, "<td>-3.5<td>"},
		{MOST - 1, MOST, "<td>1,125,899,906,842,623.5<td>"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char file[] = "/tmp/daxdm-mean-XXXXXX", why[512] = "", *text = NULL;
		struct tables tables;
		struct run run;
		size_t size;
		int fd = mkstemp(file);
		FILE *out = fdopen(fd, "w"), *page;

		assert_non_null(out);
		fprintf(out, "{\"type\":\"context\",\"schema\":1,\"meter\":\"insn\"}\n");
		put_record(out, "fault.read.warm.pte", "raw", 0, cases[i].low, cases[i].high, 1);
		assert_int_equal(fclose(out), 0);
		if (run_read(file, &run, why, sizeof(why)) < 0)
			fail_msg("%s", why);
		assert_int_equal(tables_build(&run, &tables), 0);
		page = open_memstream(&text, &size);
		assert_int_equal(run_page_write_statistics(&tables, page), 0);
		fclose(page);
		if (!strstr(text, cases[i].cell))
			fail_msg("no %s", cases[i].cell);
		free(text);
		tables_free(&tables);
		run_free(&run);
		unlink(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_of_all_sizes),
		cmocka_unit_test(test_mean),
	};

	bench_register_roles();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* lib/run/run_read.c: what a run says, and what is refused as not being one. */
#include "lib/base/stats.h"
#include "lib/run/run.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/run_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_whole(void **state)
{
	struct run run;
	char why[512] = "";
	const struct run_record *rec;

	(void)state;
	assert_int_equal(run_read(FIXTURE, &run, why, sizeof(why)), 0);
	assert_true(run_is_complete(&run));
	assert_string_equal(run.context.release, "6.1.0-fixture");
	assert_string_equal(run.context.qemu, "7.2.19");
	assert_int_equal(run.n_records, 12);
	assert_int_equal(run.n_observations, 4);
	assert_int_equal(run.n_voids, 1);
	assert_int_equal(run.n_skips, 1);
	assert_string_equal(run.skips[0].cure, "add it & retry");
	rec = run_find(&run, "fault.read.warm.pte{stack=linear:16,align=4k,fs=ext4}");
	assert_non_null(rec);
	assert_int_equal(rec->median, 4224);
	assert_string_equal(rec->stack, "linear:16,align=4k");
	assert_int_equal(rec->segments, 16);
	assert_int_equal(rec->n_values, 3);
	assert_int_equal(rec->values[1].value, 4224);
	assert_int_equal(rec->values[1].count, 6);
	assert_null(run_find(&run, "fault.read.warm.pte{stack=linear:17,fs=ext4}"));
	run_free(&run);
}

/* By filesystem, benchmark, page size, variant and stack, whatever the order in the file. */
static void test_order(void **state)
{
	static const char *const want[] = {
		"fault.read.warm.pte{stack=raw,fs=ext4}",
		"fault.read.warm.pte{stack=linear:1,fs=ext4}",
		"fault.read.warm.pte{stack=linear:16,fs=ext4}",
		"fault.read.warm.pte{stack=linear:16,align=4k,fs=ext4}",
		"fault.read.cold.pte{stack=raw,fs=ext4}",
		"fault.read.cold.pte{stack=linear:16,fs=ext4}",
		"fault.read.warm.pmd{stack=raw,fs=ext4}",
		"fault.read.warm.pmd{stack=linear:1,fs=ext4}",
		"fault.read.warm.pmd{stack=linear:16,fs=ext4}",
		"fault.read.warm.fallback{stack=linear:16,align=4k,fs=ext4}",
		"hop.map{stack=raw}",
		"hop.map{stack=linear:1}",
	};
	struct run run;
	char why[512] = "";

	(void)state;
	assert_int_equal(run_read(FIXTURE, &run, why, sizeof(why)), 0);
	assert_int_equal(run.n_records, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++)
		assert_string_equal(run.records[i].id, want[i]);
	run_free(&run);
}

struct refusal {
	const char *from, *to, *line, *why;
};

static const struct refusal refusals[] = {
	{"\"schema\":1", "\"schema\":2", ":1: ", "schema 2; this daxdm reads schema 1 only"},
	{"\"schema\":1,", "", ":1: ", "no schema number"},
	{"\"type\":\"context\"", "\"type\":\"record\"", ":1: ", "before the context"},
	{"\"median\":90", "\"median\":\"90\"", ":2: ", "median is not a whole number"},
	{"[90,6]", "[90,5]", ":2: ", "7 samples, but n is 8"},
	{"[90,6]", "[90,7]", ":2: ", "more samples than its n of 8"},
	{"[[80,1],[90,6]", "[[90,1],[80,6]", ":2: ", "not in ascending order"},
	{"\"unit\":\"insn\"", "\"unit\":\"ns\"", ":2: ", "unit ns from meter insn"},
	{"\"meter\":\"insn\",\"n\"", "\"meter\":\"time\",\"n\"", ":2: ", "in a run of meter insn"},
	{"hop.map{stack=linear:1}\",\"bench\":\"hop\",\"variant\":\"map\",\"stack\":\"linear:1\"",
	 "hop.map{stack=raw}\",\"bench\":\"hop\",\"variant\":\"map\",\"stack\":\"raw\"",
	 ":3: ", "record hop.map{stack=raw} occurs twice, first in line 2"},
	/* What follows from the samples does. */
	{"\"min\":80", "\"min\":81",
	 ":2: ", "hop.map{stack=raw}: min is 81, but its samples give 80"},
	{"\"p10\":80", "\"p10\":90", ":2: ", "p10 is 90, but its samples give 80"},
	{"\"median\":90", "\"median\":1", ":2: ", "median is 1, but its samples give 90"},
	{"\"mean\":151.25", "\"mean\":151.26",
	 ":2: ", "mean is 151.26, but its samples give 151.25"},
	{"\"p90\":590", "\"p90\":90", ":2: ", "p90 is 90, but its samples give 590"},
	{"\"p99\":590", "\"p99\":591", ":2: ", "p99 is 591, but its samples give 590"},
	{"\"max\":590", "\"max\":-590", ":2: ", "max is -590, but its samples give 590"},
	/* One sample of eight, to one that moves no quantile. */
	{"[[80,1],[90,6]", "[[80,1],[89,1],[90,5]",
	 ":2: ", "mean is 151.25, but its samples give 151.125"},
	{"\"n\":8", "\"n\":-8", ":2: ", "has no samples"},
	{"\"n\":8", "\"n\":2000000000000", ":2: ", "the limit is 1099511627776"},
	{"[90,6]", "[90,-6]", ":2: ", "not [value, count]"},
	{"[590,1]]", "[9007199254740993,1]]",
	 ":2: ", "a sample is 9007199254740993; the limit is 1125899906842624"},
	{"\"segments\":0", "\"segments\":-1", ":2: ", "segments is -1"},
	{"\"segments\":0", "\"segments\":2147483648", ":2: ", "segments is 2147483648"},
	{"[590,1]]", "[1125899906842625,1]]",
	 ":2: ", "a sample is 1125899906842625; the limit is 1125899906842624"},
	{"\"overhead\":30", "\"overhead\":-30", ":2: ", "overhead is -30"},
	{"\"overhead\":30", "\"overhead\":-9223372036854775808",
	 ":2: ", "overhead is -9223372036854775808"},
	/* An id is of its fields. */
	{"\"stack\":\"linear:1\"", "\"stack\":\"linear:16\"",
	 ":3: ", "its fields give the id hop.map{stack=linear:16"},
	{"\"variant\":\"map\"", "\"variant\":\"pam\"",
	 ":2: ", "its fields give the id hop.pam{stack=raw"},
	{"pmd\",\"stack\":\"raw\",\"fs\":\"ext4\"", "pmd\",\"stack\":\"raw\",\"fs\":\"xfs\"",
	 ":4: ", "its fields give the id fault.read.warm.pmd{stack=raw,fs=xfs}"},
	{"huge_pages{stack=raw,fs=ext4}", "huge_pages{stack=raw,fs=xfs}",
	 ":14: ", "its fields give the id huge_pages{stack=raw,fs=ext4}"},
	/* What is printed as one line is one. */
	{"6.1.0-fixture", "6.1\\u001b[2J",
	 ":1: ", "kernel.release contains the control character \\x1b: '6.1\\x1b[2J'"},
	{"6.1.192-1", "6.1\\n!id", ":1: ", "kernel.package contains the control character \\x0a"},
	{"\"fs\":[\"ext4\"", "\"fs\":[\"ext\\u009b4\"",
	 ":1: ", "fs contains the control character \\x9b"},
	{"\"benches\":", "\"b\\tenches\":", ":1: ", "a name contains the control character \\x09"},
	{"\"cpu\":\"max\"", "\"c\\u007fpu\":\"max\"",
	 ":1: ", "emulator: a name contains the control character \\x7f"},
	{"\"unit\":\"insn\"", "\"unit\":\"in\\rsn\"",
	 ":2: ", "unit contains the control character \\x0d"},
	{"\"variant\":\"map\"", "\"variant\":\"m\\nap\"", ":2: ", "variant contains"},
	{"\"id\":\"fault.read.cold.pte{stack=linear:1,fs=ext4}\"", "\"id\":\"a\\nb\"",
	 ":18: ", "id contains"},
	{"6.1.0-fixture", "6.1\xff", ":1: ", "not JSON"},
	{"{\"type\":\"void\"", "{\"type\":\"void\",,", ":18: ", "not JSON"},
	{"\"why\":\"7 of 8 faults were seen\"", "\"because\":1", ":18: ", "without id or why"},
	{"\"status\":0}\n", "\"status\":0}\n{\"type\":\"skip\"}\n", ":21: ", "after the end line"},
};

/* The run with one thing changed is not read; the reason names the file, the line and what is
 * wrong. */
static void expect_refused(const char *source, const struct refusal *refusal)
{
	struct fixture f;
	struct run run;
	char why[512] = "";

	fixture_make_of(&f, source, refusal->from, refusal->to);
	assert_int_equal(run_read(f.dir, &run, why, sizeof(why)), -EINVAL);
	run_free(&run);
	fixture_remove(&f);
	if (!strstr(why, refusal->line) || !strstr(why, refusal->why) ||
	    strncmp(why, f.file, strlen(f.file)))
		fail_msg("wanted \"%s\" and \"%s\", got \"%s\"", refusal->line, refusal->why, why);
}

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++)
		expect_refused(FIXTURE, &refusals[i]);
}

/* What a kernel or a program said may be of many lines: who prints it escapes it. */
static void test_text_of_others(void **state)
{
	static const struct {
		const char *source, *from, *to;
	} cases[] = {
		{CHECK_FIXTURE, "BUG: a fixture", "BUG: \\u001b[2J\\n"},
		{CHECK_FIXTURE, "0 8 linear 259:0 0", "0 8 linear\\n8 8 linear\\n"},
		{CHECK_FIXTURE, "page 3 is of the old member", "page 3\\nok 9 made.up"},
		{CHECK_FIXTURE, "name one", "name\\tone"},
		{CHECK_FIXTURE, "\"store\"", "\"st\\u009bore\""},
		{FIXTURE, "7 of 8 faults were seen", "7 of 8\\nfaults"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fixture f;
		struct run run;
		char why[512] = "";

		fixture_make_of(&f, cases[i].source, cases[i].from, cases[i].to);
		if (run_read(f.dir, &run, why, sizeof(why)) < 0)
			fail_msg("%s", why);
		run_free(&run);
		fixture_remove(&f);
	}
}

/* Of samples that are all alike the order is known, and with it their digest. */
static void test_digest(void **state)
{
	static const char format[] =
		"{\"type\":\"context\",\"schema\":1,\"meter\":\"insn\"}\n"
		"{\"type\":\"record\",\"id\":\"b.v{stack=s,fs=xfs}\",\"bench\":\"b\",\"variant\":"
		"\"v\","
		"\"stack\":\"s\",\"fs\":\"xfs\",\"segments\":1,\"unit\":\"insn\",\"meter\":"
		"\"insn\","
		"\"n\":%d,\"min\":%d,\"p10\":%d,\"median\":%d,\"mean\":%d,\"p90\":%d,\"p99\":%d,"
		"\"max\":%d,\"digest\":\"fnv1a64:%016llx\",\"samples\":[[%d,%d]]}\n";
	const int64_t samples[] = {-7, -7, -7};

	(void)state;
	for (int wrong = 0; wrong < 2; wrong++) {
		struct run run;
		char text[1024], why[512] = "";
		int v = -7, rc, n = wrong ? 2 : 3;

		snprintf(text, sizeof(text), format, n, v, v, v, v, v, v, v,
			 (unsigned long long)stats_digest(samples, 3), v, n);
		rc = run_read_memory(text, strlen(text), &run, why, sizeof(why));
		assert_int_equal(rc, wrong ? -EINVAL : 0);
		assert_int_equal(!!strstr(why, "memory:2: record b.v{stack=s,fs=xfs}: digest is"),
				 wrong);
		run_free(&run);
	}
}

static void test_memory(void **state)
{
	char *text = fixture_text(FIXTURE), why[512] = "";
	struct run run;

	(void)state;
	assert_int_equal(run_read_memory(text, strlen(text), &run, why, sizeof(why)), 0);
	assert_true(run_is_complete(&run));
	assert_int_equal(run.n_records, 12);
	run_free(&run);
	assert_int_equal(run_read_memory(text, 0, &run, why, sizeof(why)), -EINVAL);
	run_free(&run);
	for (size_t size = 1; size < strlen(text); size += 97) {
		/* Of its size to the byte, so that ASan sees what is read beyond. */
		char *part = malloc(size);

		assert_non_null(part);
		memcpy(part, text, size);
		run_read_memory(part, size, &run, why, sizeof(why));
		run_free(&run);
		free(part);
	}
	free(text);
}

static void test_incomplete(void **state)
{
	static const char end[] = "{\"type\":\"end\",\"status\":0}\n";
	const struct {
		const char *to;
		bool ended, cut;
	} cases[] = {
		{"", false, false},
		{"{\"type\":\"end\",\"sta", false, true},
		{"{\"type\":\"end\",\"status\":4}\n", true, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fixture f;
		struct run run;
		char why[512] = "";

		fixture_make(&f, end, cases[i].to);
		assert_int_equal(run_read(f.dir, &run, why, sizeof(why)), 0);
		assert_int_equal(run.n_records, 12);
		assert_false(run_is_complete(&run));
		assert_int_equal(run.ended, cases[i].ended);
		assert_int_equal(run.cut, cases[i].cut);
		run_free(&run);
		fixture_remove(&f);
	}
}

static void test_unknown_type(void **state)
{
	struct fixture f;
	struct run run;
	char why[512] = "";

	(void)state;
	fixture_make(&f, "\"type\":\"void\"", "\"type\":\"future\"");
	assert_int_equal(run_read(f.dir, &run, why, sizeof(why)), 0);
	assert_int_equal(run.n_unread, 1);
	assert_int_equal(run.n_voids, 0);
	run_free(&run);
	fixture_remove(&f);
}

static void test_checks(void **state)
{
	struct run run;
	char why[512] = "";

	(void)state;
	assert_int_equal(run_read(CHECK_FIXTURE, &run, why, sizeof(why)), 0);
	assert_true(run.context.checks);
	assert_false(run.context.planted);
	assert_int_equal(run.context.seed, 7);
	assert_int_equal(run.context.rounds, 3);
	assert_string_equal(run.context.meter, "");
	assert_true(run_is_complete(&run)); /* although it ended with status 1 */
	assert_int_equal(run.n_checks, 3);
	assert_string_equal(run.checks[1].id, "reload.leak");
	assert_string_equal(json_string_value(json_object_get(run.checks[1].line, "verdict")),
			    "fail");
	assert_int_equal(run.n_observations, 1);
	assert_string_equal(run.observations[0].check, "suspend.flush");
	assert_ptr_equal(json_object_get(run.observations[0].line, "value"),
			 run.observations[0].value);
	run_free(&run);
}

static void test_check_refusals(void **state)
{
	static const struct refusal table[] = {
		{"\"verdict\":\"skip\"", "\"verdict\":\"maybe\"",
		 ":5: ", "expected pass, fail, skip or broken"},
		{"\"id\":\"sync.virtio\",", "", ":5: ", "a check without an id"},
		{"sync.virtio", "sync#SKIP", ":5: ", "'sync#SKIP' is not the name of a check"},
		{"sync.virtio", "sync SKIP", ":5: ", "is not the name of a check"},
		{"\"ms\":20", "\"ms\":-20", ":4: ", "check reload.leak: ms is -20; expected 0 to"},
		{"\"ms\":20", "\"ms\":9007199254740992",
		 ":4: ", "ms is 9007199254740992; expected 0 to"},
		{"a mapping follows its table", "kept\\nok 9 made.up",
		 ":4: ", "promise contains the control character \\x0a: 'kept\\x0aok 9 made.up'"},
		{"suspend.flush/who_blocks", "suspend.flush\\nok 9", ":2: ", "id contains"},
		{"sync.virtio", "suspend.flush",
		 ":5: ", "suspend.flush occurs twice, first in line 3"},
		{"\"checks\":true", "\"checks\":1", ":1: ", "names no meter"},
		{"\"value\":[\"store\"]", "\"other\":1", ":2: ", "without id or value"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		expect_refused(CHECK_FIXTURE, &table[i]);
}

/* One check with two faults planted is two cases. */
static void test_planted(void **state)
{
	struct fixture f;
	struct run run;
	char why[512] = "";

	(void)state;
	fixture_make_of(&f, CHECK_FIXTURE, "\"id\":\"sync.virtio\"",
			"\"id\":\"suspend.flush\",\"plant\":\"byte\"");
	assert_int_equal(run_read(f.dir, &run, why, sizeof(why)), 0);
	assert_string_equal(run.checks[2].id, "suspend.flush+byte");
	run_free(&run);
	fixture_remove(&f);
}

static void test_no_file(void **state)
{
	char why[512] = "", empty[] = "/tmp/daxdm-test-run-XXXXXX";
	struct run run;

	(void)state;
	assert_int_equal(run_read("/nowhere/at/all", &run, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "/nowhere/at/all/run.jsonl"));
	run_free(&run);
	/* Neither waited for nor read without end. */
	assert_int_equal(run_read("/dev/zero", &run, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "/dev/zero: expected a regular file, it is a device"));
	run_free(&run);
	close(mkstemp(empty));
	assert_int_equal(run_read(empty, &run, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "no context"));
	run_free(&run);
	unlink(empty);
}

static void test_page_of(void **state)
{
	size_t stem;

	(void)state;
	assert_int_equal(run_page_of("read.warm.pte", &stem), RUN_PAGE_PTE);
	assert_int_equal(stem, 9);
	assert_int_equal(run_page_of("read.pmd", &stem), RUN_PAGE_PMD);
	assert_int_equal(run_page_of("read.warm.fallback", NULL), RUN_PAGE_FALLBACK);
	assert_int_equal(run_page_of("pte", &stem), RUN_PAGE_NONE);
	assert_int_equal(run_page_of("read.ptex", &stem), RUN_PAGE_NONE);
	assert_int_equal(stem, 9);
}

/* Ten thousand records, and this is the slow build. */
static void test_large(void **state)
{
	struct fixture f;
	struct run run;
	struct timespec a, b;
	char why[512] = "";
	FILE *out;

	(void)state;
	fixture_make(&f, "{\"type\":\"end\",\"status\":0}\n", "");
	out = fopen(f.file, "ae");
	assert_non_null(out);
	for (int i = 0; i < 10000; i++)
		fprintf(out,
			"{\"type\":\"record\",\"id\":\"b.v%d{stack=s%d,fs=xfs}\",\"bench\":\"b\","
			"\"variant\":\"v%d\",\"stack\":\"s%d\",\"fs\":\"xfs\",\"segments\":1,"
			"\"unit\":\"insn\",\"meter\":\"insn\",\"n\":4,\"min\":1,\"p10\":1,"
			"\"median\":2,"
			"\"mean\":2.5,\"p90\":4,\"p99\":4,\"max\":4,\"digest\":\"d\","
			"\"samples\":[[1,1],[2,1],[3,1],[4,1]]}\n",
			i % 500, i / 500, i % 500, i / 500);
	fprintf(out, "{\"type\":\"end\",\"status\":0}\n");
	assert_int_equal(fclose(out), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	assert_int_equal(run_read(f.dir, &run, why, sizeof(why)), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	assert_int_equal(run.n_records, 10012);
	assert_true(b.tv_sec - a.tv_sec < 10);
	print_message("10,012 records: %.0f ms\n",
		      (b.tv_sec - a.tv_sec) * 1e3 + (b.tv_nsec - a.tv_nsec) / 1e6);
	run_free(&run);
	fixture_remove(&f);
}

static void test_name(void **state)
{
	static const char *const paths[] = {"run", "results/run", "results/run/", "a/run//",
					    "results/run/run.jsonl"};
	char name[64];

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++)
		assert_string_equal(run_name(paths[i], name, sizeof(name)), "run");
	assert_string_equal(run_name("run.jsonl", name, sizeof(name)), "run.jsonl");
	assert_string_equal(run_name("/", name, sizeof(name)), "");
	assert_string_equal(run_name("a/long", name, 3), "lo");
}

/* The first record and the end; what is between may be anything. */
static void test_brief(void **state)
{
	static const char cold[] = "\"median\":4493";
	struct fixture f;
	struct run run;
	char why[512];

	(void)state;
	fixture_make(&f, cold, "\"median\":4494");
	assert_int_equal(run_read(f.dir, &run, why, sizeof(why)), -EINVAL);
	run_free(&run);
	assert_int_equal(run_read_brief(f.dir, &run, why, sizeof(why)), 0);
	assert_true(run_is_complete(&run));
	assert_string_equal(run.context.release, "6.1.0-fixture");
	assert_true(run.n_records > 0 && run.n_records < 12);
	run_free(&run);
	fixture_remove(&f);

	fixture_make(&f, "{\"type\":\"end\",\"status\":0}\n", "");
	assert_int_equal(run_read_brief(f.dir, &run, why, sizeof(why)), 0);
	assert_false(run_is_complete(&run));
	run_free(&run);
	fixture_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),	       cmocka_unit_test(test_name),
		cmocka_unit_test(test_order),	       cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_incomplete),     cmocka_unit_test(test_unknown_type),
		cmocka_unit_test(test_no_file),	       cmocka_unit_test(test_page_of),
		cmocka_unit_test(test_checks),	       cmocka_unit_test(test_check_refusals),
		cmocka_unit_test(test_planted),	       cmocka_unit_test(test_large),
		cmocka_unit_test(test_text_of_others), cmocka_unit_test(test_digest),
		cmocka_unit_test(test_memory),	       cmocka_unit_test(test_brief),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

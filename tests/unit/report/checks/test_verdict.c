// SPDX-License-Identifier: GPL-2.0-only
/* report/checks/verdict.c, report/checks/junit.c: what lines of checks come to, as KTAP, JUnit and
 * exit status. */
#include "lib/base/msg.h"
#include "report/checks/junit.h"
#include "report/checks/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Where files are written; known/ in it has the one entry. */
static char dir[64], known_dir[80];
static char *text, *terminal; /* all of KTAP, and what of it was for people, last */

static const char *in_dir(const char *name)
{
	static char path[96];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int make_dir(void **state)
{
	FILE *out;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/daxdm-verdict-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(known_dir, sizeof(known_dir), "%s/known", dir);
	if (mkdir(known_dir, 0700) < 0)
		return -1;
	out = fopen(in_dir("known/stale"), "we");
	if (!out)
		return -1;
	fputs("check: reload.*\nfirst: 6.1\nlast:\nwhy: x\nevidence: x\nreference: none found\n"
	      "reproducer: x\nmatch: stale\n",
	      out);
	return fclose(out);
}

static int remove_dir(void **state)
{
	free(text);
	free(terminal);
	(void)state;
	unlink(in_dir("known/stale"));
	unlink(in_dir("junit"));
	rmdir(known_dir);
	return rmdir(dir);
}

/* Lines are written with single quotes here. */
static json_t *parse(const char *quoted)
{
	char *copy = strdup(quoted);
	json_t *line;

	for (char *p = copy; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	line = json_loads(copy, 0, NULL);
	if (!line)
		fail_msg("no JSON: %s", copy);
	free(copy);
	return line;
}

static char *read_file(const char *path)
{
	FILE *in = fopen(path, "re");
	char *all = calloc(1, 65536);

	assert_non_null(in);
	assert_non_null(all);
	assert_true(fread(all, 1, 65535, in) > 0);
	fclose(in);
	return all;
}

/* Returns text, until the next call; *status gets the exit status. */
static const char *judge(const char *const *lines, size_t n, size_t n_cases, const char *known,
			 int *status)
{
	size_t size;
	FILE *out, *ktap;
	struct verdicts *v;

	free(text);
	free(terminal);
	text = terminal = NULL;
	ktap = open_memstream(&text, &size);
	out = open_memstream(&terminal, &size);
	assert_non_null(ktap);
	assert_non_null(out);
	v = verdicts_new(out, ktap, known, "6.1.192", n_cases);
	assert_non_null(v);
	for (size_t i = 0; i < n; i++) {
		json_t *line = parse(lines[i]);

		if (!strcmp(json_string_value(json_object_get(line, "type")), "observation"))
			verdicts_observation(v, line);
		else
			verdicts_check(v, line);
		json_decref(line);
	}
	*status = verdicts_finish(v, in_dir("junit"));
	fclose(out);
	fclose(ktap);
	if (!strstr(text, "# XFAIL "))
		assert_string_equal(terminal, text);
	return text;
}

static void expect_text(const char *got, const char *want)
{
	size_t same = 0;

	while (got[same] && got[same] == want[same])
		same++;
	while (same && got[same - 1] != '\n')
		same--;
	if (strcmp(got, want))
		fail_msg("wanted: %.*s\n   got: %.*s", (int)strcspn(want + same, "\n"), want + same,
			 (int)strcspn(got + same, "\n"), got + same);
}

#define CHECK(id, rest) "{'type':'check','id':'" id "'," rest "}"

static const char *const all_kinds[] = {
	"{'type':'observation','id':'a.one/seen','check':'a.one','value':{'b':1,'a':[2]}}",
	"{'type':'observation','id':'z.last/seen','check':'z.last','value':'x'}",
	CHECK("a.one", "'verdict':'pass','ms':1500"),
	CHECK("a.two", "'verdict':'fail','why':'a byte is\\nwrong','promise':'bytes are right',"
		       "'by':'all','first_bad':'5.1','ms':2,'evidence':['table 1\\ntable 2'],"
		       "'dmesg':['a <b> & \\\"c\\\" \\u0001\\u001b]]>']"),
	CHECK("b.one", "'verdict':'skip','why':'no device','cure':'name one'"),
	CHECK("b.two", "'verdict':'skip','why':'no device','cure':'name one'"),
	CHECK("reload.leak", "'verdict':'fail','why':'stale byte'"),
	CHECK("reload.other", "'verdict':'fail','why':'another byte'"),
	CHECK("reload.pass", "'verdict':'pass','known':'from elsewhere'"),
	CHECK("z.last", "'verdict':'broken','why':'mkfs: no space'"),
	CHECK("z.odd", "'verdict':'maybe'"),
};

static void test_ktap(void **state)
{
	int status;

	(void)state;
	expect_text(judge(all_kinds, COUNT(all_kinds), 9, known_dir, &status),
		    "KTAP version 1\n"
		    "1..9\n"
		    "# a.one/seen: {\"a\": [2], \"b\": 1}\n"
		    "ok 1 a.one\n"
		    "# promised: bytes are right (all)\n"
		    "# first bad: 5.1; fixed by: not known\n"
		    "# table 1\n"
		    "# table 2\n"
		    "# dmesg: a <b> & \"c\"   ]]>\n"
		    "not ok 2 a.two # a byte is wrong\n"
		    "ok 3 b.one # SKIP no device; name one\n"
		    "ok 4 b.two # SKIP no device; name one\n"
		    "# without daxdm: ./run.sh known stale --reproduce\n"
		    "not ok 5 reload.leak # XFAIL known/stale: stale byte\n"
		    "not ok 6 reload.other # another byte\n"
		    "ok 7 reload.pass # XPASS known/stale not reproduced\n"
		    "# z.last/seen: \"x\"\n"
		    "not ok 8 z.last # BROKEN mkfs: no space\n"
		    "not ok 9 z.odd # BROKEN no verdict\n"
		    "# 9 checks: 1 passed, 2 failed, 1 failed as known, 1 unexpectedly passing, "
		    "2 skipped, 2 broken\n"
		    "# failed:\n"
		    "#   a.two: a byte is wrong\n"
		    "#   reload.other: another byte\n"
		    "# broken (set-up failed, no result about the kernel):\n"
		    "#   z.last: mkfs: no space\n"
		    "#   z.odd: no verdict\n"
		    "# failed as known:\n"
		    "#   known/stale (1: reload.leak)\n"
		    "# unexpectedly passing (these entries of check/known/ may be outdated):\n"
		    "#   known/stale (1: reload.pass)\n"
		    "# skipped:\n"
		    "#   no device; name one (2: b.one, b.two)\n");
	assert_int_equal(status, STATUS_FAILED);
}

static void test_sentences(void **state)
{
	static const char *const lines[] = {
		"{'type':'observation','id':'a.one/verdict','check':'a.one','value':'it leaks'}",
		CHECK("a.one", "'verdict':'pass','ms':1"),
		"{'type':'observation','id':'a.two/verdict','check':'a.two','value':'it leaks'}",
		CHECK("a.two", "'verdict':'pass','ms':1"),
		"{'type':'observation','id':'a.two/other','check':'a.two','value':'x'}",
	};
	int status;

	(void)state;
	expect_text(judge(lines, COUNT(lines), 2, known_dir, &status),
		    "KTAP version 1\n"
		    "1..2\n"
		    "# a.one/verdict: \"it leaks\"\n"
		    "ok 1 a.one\n"
		    "# a.two/verdict: \"it leaks\"\n"
		    "ok 2 a.two\n"
		    "# 2 checks: 2 passed, 0 failed\n"
		    "# observed:\n"
		    "#   it leaks (2: a.one, a.two)\n");
	assert_int_equal(status, STATUS_GOOD);
}

static void test_junit(void **state)
{
	int status;
	char *xml;

	(void)state;
	judge(all_kinds, 4, 2, known_dir, &status);
	xml = read_file(in_dir("junit"));
	expect_text(xml,
		    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		    "<testsuites name=\"daxdm\" tests=\"2\" failures=\"1\" errors=\"0\" "
		    "time=\"1.502\">\n"
		    "  <testsuite name=\"linux-6.1.192.a\" tests=\"2\" failures=\"1\" errors=\"0\" "
		    "skipped=\"0\" time=\"1.502\">\n"
		    "    <properties><property name=\"kernel\" value=\"6.1.192\"/></properties>\n"
		    "    <testcase classname=\"linux-6.1.192.a\" name=\"one\" time=\"1.500\">"
		    "<system-out>a.one/seen: {&quot;a&quot;: [2], &quot;b&quot;: 1}\n</system-out>"
		    "</testcase>\n"
		    "    <testcase classname=\"linux-6.1.192.a\" name=\"two\" time=\"0.002\">"
		    "<failure type=\"broken promise\" message=\"a byte is wrong\">a byte is "
		    "wrong\ntable 1&#10;table 2\n</failure><system-out>promised: bytes are right "
		    "(all)\ndmesg: a &lt;b&gt; &amp; &quot;c&quot; ]]&gt;\n"
		    "</system-out></testcase>\n"
		    "  </testsuite>\n"
		    "</testsuites>\n");
	free(xml);
}

/* Every character that XML has no place for is gone, every other is still there. */
static void test_characters(void **state)
{
	static const char *const lines[] = {
		CHECK("a.b", "'verdict':'fail','why':'\\u0001\\u0008\\u000b\\u001f\\u007f\\u0085"
			     "\\ufffe\\uffff\\u00e9\\u20ac\\ufffd\\ud83d\\ude00\\t&<>'"),
	};
	int status;
	char *xml;

	(void)state;
	judge(lines, 1, 1, known_dir, &status);
	xml = read_file(in_dir("junit"));
	/* One line is made of the reason first, so what was control is blank. */
	assert_non_null(strstr(xml, "message=\"       \xc3\xa9\xe2\x82\xac\xef\xbf\xbd"
				    "\xf0\x9f\x98\x80 &amp;&lt;&gt;\""));
	free(xml);
}

/* A guest sends its lines itself: a newline in any of their texts makes no line of KTAP. */
static void test_no_line_of_its_own(void **state)
{
#define BAD "x\\nok 99 made.up\\u001b[2J\\u009b\\u007f"
	static const char *const lines[] = {
		"{'type':'observation','id':'" BAD "','check':'a.b','value':'" BAD "'}",
		"{'type':'observation','id':'a.b/verdict','check':'a.b','value':'" BAD "'}",
		"{'type':'check','id':'a.b','verdict':'fail','why':'" BAD "','promise':'" BAD
		"','by':'" BAD "','first_bad':'" BAD "','fixed_by':'" BAD "','evidence':['" BAD
		"'],'dmesg':['" BAD "'],'ms':9223372036854775807}",
		"{'type':'check','id':'" BAD "','verdict':'broken','why':'" BAD
		"','ms':9223372036854775807}",
		"{'type':'check','id':'a.d','verdict':'skip','why':'" BAD "','cure':'" BAD "'}",
		"{'type':'check','id':'a.e','verdict':'fail','plant':'" BAD "','why':'" BAD "'}",
	};
	int status;
	const char *got;

	(void)state;
	got = judge(lines, COUNT(lines), 4, NULL, &status);
	for (const char *at = got; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		if (!strncmp(at, "ok 99", 5))
			fail_msg("a line of its own in:\n%s", got);
	for (const char *at = got; *at; at++)
		if ((*at > 0 && *at < ' ' && *at != '\n') || *at == 0x7f ||
		    !strncmp(at, "\xc2\x9b", 2))
			fail_msg("a control character in:\n%s", got);
	assert_non_null(strstr(got, "# promised: x\\x0aok 99 made.up\\x1b[2J\\x9b\\x7f ("));
}

static void test_families(void **state)
{
	static const char *const lines[] = {
		CHECK("a.b", "'verdict':'pass'"),
		CHECK("ab.c", "'verdict':'broken','why':'x'"),
		CHECK("a.c.d", "'verdict':'skip','why':'y'"),
		CHECK("reload.x", "'verdict':'fail','why':'stale'"),
		CHECK("reload.y", "'verdict':'pass'"),
	};
	static const char *const want[] = {
		"<testsuites name=\"daxdm\" tests=\"5\" failures=\"0\" errors=\"1\" time",
		"<testsuite name=\"linux-6.1.192.a\" tests=\"2\" failures=\"0\" errors=\"0\" "
		"skipped=\"1\"",
		"<testsuite name=\"linux-6.1.192.ab\" tests=\"1\" failures=\"0\" errors=\"1\"",
		"name=\"c.d\" time=\"0.000\"><skipped type=\"not possible here\" "
		"message=\"y\">y\n</skipped>",
		"<error type=\"set-up failed\" message=\"x\">x\n</error>",
		"<skipped type=\"known kernel bug\" message=\"known/stale: stale\">",
		"name=\"y\" time=\"0.000\"><system-out>known/stale not reproduced\n",
	};
	int status;
	char *xml;

	(void)state;
	judge(lines, COUNT(lines), 5, known_dir, &status);
	xml = read_file(in_dir("junit"));
	for (size_t i = 0; i < COUNT(want); i++)
		if (!strstr(xml, want[i]))
			fail_msg("no %s in\n%s", want[i], xml);
	free(xml);
}

static void test_planted(void **state)
{
	static const char *const lines[] = {
		"{'type':'observation','id':'a.one/seen','check':'a.one','value':1}",
		CHECK("a.one", "'plant':'byte','verdict':'fail','why':'a byte is wrong'"),
		CHECK("a.one", "'plant':'dmesg','verdict':'pass'"),
		CHECK("reload.x", "'plant':'value','verdict':'fail','why':'stale byte'"),
		CHECK("reload.x", "'plant':'byte','verdict':'fail','why':'flipped'"),
		CHECK("reload.x", "'plant':'size','verdict':'pass'"),
		CHECK("c.one", "'plant':'size','verdict':'skip','why':'no device'"),
		CHECK("c.two", "'plant':'size','verdict':'broken','why':'nothing was planted'"),
	};
	int status;

	(void)state;
	expect_text(judge(lines, COUNT(lines), 7, known_dir, &status),
		    "KTAP version 1\n"
		    "1..7\n"
		    "ok 1 a.one+byte # detected: a byte is wrong\n"
		    "not ok 2 a.one+dmesg # planted fault not detected\n"
		    "ok 3 reload.x+value # SKIP known/stale fails this check without a planted "
		    "fault, too; use a kernel without that bug\n"
		    "ok 4 reload.x+byte # detected: flipped\n"
		    "not ok 5 reload.x+size # planted fault not detected\n"
		    "ok 6 c.one+size # SKIP no device\n"
		    "not ok 7 c.two+size # BROKEN nothing was planted\n"
		    "# 7 planted faults, 2 detected, 2 not detected, 2 skipped, 1 broken\n"
		    "# not detected:\n"
		    "#   a.one+dmesg: planted fault not detected\n"
		    "#   reload.x+size: planted fault not detected\n"
		    "# broken (set-up failed, no result about the kernel):\n"
		    "#   c.two+size: nothing was planted\n"
		    "# skipped:\n"
		    "#   known/stale fails this check without a planted fault, too; use a kernel "
		    "without that bug (1: reload.x+value)\n"
		    "#   no device (1: c.one+size)\n");
	assert_int_equal(status, STATUS_FAILED);
}

static void test_status(void **state)
{
	static const char *const pass = CHECK("a.b", "'verdict':'pass'");
	static const char *const fail = CHECK("a.b", "'verdict':'fail','why':'x'");
	static const char *const skip = CHECK("a.b", "'verdict':'skip','why':'x'");
	static const char *const broken = CHECK("a.b", "'verdict':'broken','why':'x'");
	static const char *const xfail = CHECK("reload.b", "'verdict':'fail','why':'stale'");
	static const char *const xpass = CHECK("reload.b", "'verdict':'pass'");
	static const char *const noticed = CHECK("a.b", "'plant':'byte','verdict':'fail'");
	static const char *const missed = CHECK("a.b", "'plant':'byte','verdict':'pass'");
	const struct {
		const char *lines[3];
		size_t n_cases;
		int want;
	} table[] = {
		{{pass}, 1, STATUS_GOOD},	    {{pass, skip}, 2, STATUS_GOOD},
		{{skip, skip}, 2, STATUS_SKIPPED},  {{xfail}, 1, STATUS_GOOD},
		{{xpass}, 1, STATUS_GOOD},	    {{xfail, skip}, 2, STATUS_GOOD},
		{{fail}, 1, STATUS_FAILED},	    {{broken}, 1, STATUS_BROKEN},
		{{broken, skip}, 2, STATUS_BROKEN}, {{broken, fail}, 2, STATUS_FAILED},
		{{pass}, 2, STATUS_BROKEN}, /* one never came */
		{{fail}, 2, STATUS_FAILED},	    {{NULL}, 0, STATUS_BROKEN},
		{{noticed}, 1, STATUS_GOOD},	    {{noticed, missed}, 2, STATUS_FAILED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		size_t n = 0;
		int status;

		while (n < 3 && table[i].lines[n])
			n++;
		judge(table[i].lines, n, table[i].n_cases, known_dir, &status);
		if (status != table[i].want)
			fail_msg("row %zu: %d, not %d", i, status, table[i].want);
	}
}

/* Without entries what the lines say of known bugs stands. */
static void test_without_entries(void **state)
{
	static const char *const lines[] = {
		CHECK("a.b", "'verdict':'fail','why':'x','known':'one'"),
		CHECK("a.c", "'verdict':'fail','why':'skipped a page'"),
	};
	int status;

	(void)state;
	judge(lines, 2, 3, NULL, &status);
	assert_non_null(strstr(text, "not ok 1 a.b # XFAIL known/one: x\n"));
	/* What only begins like a directive is none. */
	assert_non_null(strstr(text, "not ok 2 a.c # fail: skipped a page\n"));
	assert_non_null(strstr(text, "# 1 of 3 checks did not report\n"));
}

static void test_long_logs_are_cut(void **state)
{
	char line[8192] = "{'type':'check','id':'a.b','verdict':'fail','why':'x','dmesg':['0'";
	const char *lines[] = {line};
	int status;

	(void)state;
	for (int i = 1; i < 100; i++)
		sprintf(line + strlen(line), ",'%d'", i);
	strcat(line, "]}");
	judge(lines, 1, 1, known_dir, &status);
	assert_non_null(strstr(text, "# dmesg: 29\n# dmesg: (70 more lines in run.jsonl)\nnot ok"));
}

/* There are dozens of known failures: their logs are in the file. */
static void test_log_of_a_known_failure(void **state)
{
	static const char *const lines[] = {
		CHECK("reload.b", "'verdict':'fail','why':'stale','dmesg':['one','two']"),
		CHECK("a.b", "'verdict':'fail','why':'x','dmesg':['three']"),
		CHECK("a.c", "'verdict':'broken','why':'x','dmesg':['four']"),
	};
	int status;

	(void)state;
	judge(lines, 3, 3, known_dir, &status);
	assert_non_null(strstr(text, "# dmesg: one\n# dmesg: two\nnot ok 1 reload.b # XFAIL"));
	assert_non_null(
		strstr(terminal, "# dmesg: 2 lines in run.jsonl\nnot ok 1 reload.b # XFAIL"));
	assert_null(strstr(terminal, "# dmesg: one"));
	assert_non_null(strstr(terminal, "# dmesg: three\nnot ok 2"));
	assert_non_null(strstr(terminal, "# dmesg: four\nnot ok 3"));
}

static void test_what_cannot_be(void **state)
{
	FILE *full = fopen("/dev/full", "we");
	struct verdicts *v;

	(void)state;
	assert_non_null(full);
	assert_null(verdicts_new(NULL, NULL, "/nonexistent", "6.1", 1));
	assert_null(verdicts_new(NULL, NULL, known_dir, "mainline", 1));
	v = verdicts_new(NULL, full, NULL, "6.1", 1);
	assert_non_null(v);
	assert_int_equal(verdicts_finish(v, NULL), STATUS_BROKEN);
	fclose(full);
	v = verdicts_new(NULL, NULL, NULL, "6.1", 1);
	assert_non_null(v);
	assert_int_equal(verdicts_finish(v, "/dev/full"), STATUS_BROKEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ktap),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_junit),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_no_line_of_its_own),
		cmocka_unit_test(test_planted),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_without_entries),
		cmocka_unit_test(test_long_logs_are_cut),
		cmocka_unit_test(test_log_of_a_known_failure),
		cmocka_unit_test(test_what_cannot_be),
	};

	return cmocka_run_group_tests_name("verdict", tests, make_dir, remove_dir);
}

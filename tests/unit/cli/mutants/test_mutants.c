// SPDX-License-Identifier: GPL-2.0-only
/* The files of mutants, and the score over their results. */
#include "cli/mutants/mutant.h"
#include "cli/mutants/result.h"
#include "lib/base/msg.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/stderr_capture.h"

#define HEAD "module: dm-mod\nlayer: dm\nbreaks: it\n"

static int read_text(const char *text, struct mutant *out)
{
	char path[] = "/tmp/daxdm-test-XXXXXX";
	int fd = mkstemp(path), rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	rc = mutant_read(path, out);
	unlink(path);
	return rc;
}

static void a_whole_file(void **state)
{
	struct mutant m;

	(void)state;
	assert_int_equal(read_text("# comment\n" HEAD
				   "file: dm.c\nfunction: dm_dax_direct_access\nsubtle: yes\n"
				   "first: 6.1\nlast: 6.12\nchecks: a.* b\nsed:\ns/a/b/\n# kept\n",
				   &m),
			 0);
	assert_string_equal(m.module, "dm-mod");
	assert_string_equal(m.function, "dm_dax_direct_access");
	assert_string_equal(m.program, "s/a/b/\n# kept");
	assert_int_equal(m.checks.n, 2);
	assert_string_equal(m.checks.list[1], "b");
	assert_true(m.subtle);
	assert_true(mutant_is_dm(&m));
	assert_false(mutant_is_unchanged(&m));
	assert_true(mutant_is_for(&m, "6.1.192-2"));
	assert_true(mutant_is_for(&m, "6.12.117"));
	assert_false(mutant_is_for(&m, "5.10.262-1"));
	assert_false(mutant_is_for(&m, "7.3~rc7-1"));
	mutant_free(&m);
}

static void an_unchanged_module(void **state)
{
	struct mutant m;

	(void)state;
	assert_int_equal(read_text("module: xfs\nlayer: xfs\nbreaks: nothing\nchecks: a\n", &m), 0);
	assert_true(mutant_is_unchanged(&m));
	assert_false(mutant_is_dm(&m));
	mutant_free(&m);
}

static void wrong_files(void **state)
{
	static const struct {
		const char *text, *why;
	} wrong[] = {
		{"layer: dm\nbreaks: it\nchecks: a\n", "names no module"},
		{"module: dm-mod\nlayer: block\nbreaks: it\nchecks: a\n", "layer: expected dm"},
		{"module: dm-mod\nlayer: dm\nchecks: a\n", "does not say what it breaks"},
		{HEAD "file: dm.c\nchecks: a\n", "file and sed go together"},
		{HEAD "checks: a\nsed:\ns/a/b/\n", "file and sed go together"},
		{HEAD "file: dm.c\nchecks: a\nsed:\n", "its sed program is empty"},
		{HEAD, "expected either checks or a metric"},
		{HEAD "checks: a\nmetric: b\nfs: ext4\nstacks: raw\n",
		 "expected either checks or a metric"},
		{HEAD "metric: b\n", "a metric needs stacks and fs"},
		{HEAD "checks: a\ncolour: red\n", ":5: expected module, file"},
		{HEAD "checks: a\nmodule: xfs\n", ":5: this field is given twice"},
		{HEAD "checks: a\nfirst:\n", ":5: this field has no value"},
		{HEAD "checks: a\nfirst: new\n", "expected the version of a kernel"},
		{HEAD "checks: a\nsubtle: no\n", ":5: expected \"subtle: yes\""},
		{HEAD "checks: a\nsome words\n", ":5: expected \"FIELD: VALUE\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct stderr_capture said;
		struct mutant m;
		int rc;

		stderr_capture_begin(&said);
		rc = read_text(wrong[i].text, &m);
		stderr_capture_end(&said);
		assert_int_equal(rc, -EINVAL);
		assert_int_equal(stderr_capture_lines(&said), 1);
		if (!strstr(said.text, wrong[i].why))
			fail_msg("expected '%s', got '%s'", wrong[i].why, said.text);
		mutant_free(&m);
	}
}

static void what_is_blamed(void **state)
{
	(void)state;
	assert_int_equal(mutant_blame_of(true, 2, 0), BLAME_RIGHT);
	assert_int_equal(mutant_blame_of(true, 1, 2), BLAME_WRONG);
	assert_int_equal(mutant_blame_of(false, 0, 1), BLAME_RIGHT);
	assert_int_equal(mutant_blame_of(false, 3, 1), BLAME_WRONG);
	assert_int_equal(mutant_blame_of(false, 0, 0), BLAME_UNSAID);
	assert_int_equal(mutant_blame_of(true, 1, 1), BLAME_WRONG);
}

static struct mutant dm = {.id = "a",
			   .layer = "dm",
			   .module = "dm-mod",
			   .breaks = "x",
			   .program = "s",
			   .subtle = true};
static struct mutant xfs = {
	.id = "b", .layer = "xfs", .module = "xfs", .breaks = "y", .program = "s"};
static struct mutant same = {.id = "c",
			     .layer = "xfs",
			     .module = "xfs",
			     .breaks = "nothing",
			     .equivalent = "it is the same",
			     .program = "s"};
static struct mutant none = {.id = "none", .layer = "dm", .module = "dm-mod", .breaks = "no"};

static json_t *result(const char *text)
{
	return json_pack("{ss ss s[s]}", "state", text, "blame", "right", "by", "layout.x");
}

static void the_score(void **state)
{
	struct mutant_entry list[] = {{&dm, result("flagged")},
				      {&xfs, result("missed")},
				      {&same, NULL},
				      {&none, result("missed")}};
	struct mutant_score all = mutant_score_of(list, 4, NULL);
	struct mutant_score in_xfs = mutant_score_of(list, 4, "xfs");
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(all.states[MUTANT_FLAGGED], 1);
	assert_int_equal(all.states[MUTANT_MISSED], 1);
	assert_int_equal(all.states[MUTANT_EQUIVALENT], 1);
	assert_int_equal(all.blamed[BLAME_RIGHT], 1);
	assert_int_equal(all.subtle, 1);
	assert_int_equal(in_xfs.states[MUTANT_FLAGGED], 0);
	assert_int_equal(mutant_status(list, 4), STATUS_FAILED);
	mutant_print_score(list, 4, "6.1", out);
	mutant_print_table(list, 4, "6.1", out);
	fclose(out);
	assert_non_null(strstr(text, "6.1: 1 of 2 mutants flagged (1 of 1 subtle ones), 1 missed, "
				     "0 broken, 1 equivalent; unchanged modules flagged: 0"));
	assert_non_null(strstr(text, "6.1\ta\tdm-mod\tdm\tyes\tflagged\tright\tlayout.x\tx\n"));
	assert_non_null(strstr(text, "6.1\tnone\tdm-mod\tdm\tno\tclean\t\tlayout.x\tno\n"));
	free(text);
	for (int i = 0; i < 4; i++)
		json_decref(list[i].result);
}

/* Nothing missed: good; a mutant without a result: nothing was found out; a flag of an unchanged
 * module: a failure. */
static void the_status(void **state)
{
	struct mutant_entry list[] = {{&dm, result("flagged")}, {&none, result("missed")}};

	(void)state;
	assert_int_equal(mutant_status(list, 2), STATUS_GOOD);
	json_object_set_new(list[0].result, "state", json_string("broken"));
	assert_int_equal(mutant_status(list, 2), STATUS_BROKEN);
	json_object_set_new(list[0].result, "state", json_string("flagged"));
	json_object_set_new(list[1].result, "state", json_string("flagged"));
	assert_int_equal(mutant_false_flags(list, 2), 1);
	assert_int_equal(mutant_status(list, 2), STATUS_FAILED);
	json_decref(list[0].result);
	json_decref(list[1].result);
}

static void a_digest_of_what_counts(void **state)
{
	struct mutant other = dm;
	char one[17], two[17];

	(void)state;
	other.breaks = "other words";
	other.checks = (struct words){.list = (char *[]){(char *)"layout.x"}, .n = 1};
	assert_string_equal(mutant_digest(&dm, one), mutant_digest(&other, two));
	other.program = "t";
	assert_string_not_equal(mutant_digest(&dm, one), mutant_digest(&other, two));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_file),
		cmocka_unit_test(an_unchanged_module),
		cmocka_unit_test(wrong_files),
		cmocka_unit_test(what_is_blamed),
		cmocka_unit_test(the_score),
		cmocka_unit_test(the_status),
		cmocka_unit_test(a_digest_of_what_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

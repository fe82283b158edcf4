// SPDX-License-Identifier: GPL-2.0-only
/*
 * report/checks/bug_matrix.c, bug_mail.c and maintainers.c: known answers, and the entries of
 * check/known/, each of which has a reproducer, keys for a report, and the range of the matrix.
 */
#include "report/checks/bug_mail.h"
#include "report/checks/maintainers.h"

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
#include "tests/unit/test_dir.h"

#define ENTRY(first_, last_, more_)                                                    \
	"check: x.*\nfirst: " first_ "\nlast: " last_ "\nmatch: x\nwhy: it is wrong\n" \
	"evidence: x\nreference: none found\n" more_

static struct known *entries(void)
{
	struct known *known;

	put_file(test_dir, "dm-loses",
		 ENTRY("7.3", "",
		       "reproducer: reproduce/dm-loses.sh\n"
		       "severity: critical\nkind: corruption\n"
		       "subject: dm: bytes are lost\n"
		       "files: drivers/md/dm.c\n"));
	put_file(test_dir, "a-old",
		 ENTRY("6.1", "6.1",
		       "reproducer: reproduce/both.c\n"
		       "severity: critical\nkind: oops\n"));
	put_file(test_dir, "a-again",
		 ENTRY("7.2", "",
		       "reproducer: reproduce/both.c\n"
		       "severity: serious\nkind: oops\n"));
	assert_int_equal(known_read(test_dir, &known), 0);
	return known;
}

static void put_matrix(const char *more)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 "bug\tkernel\tresult\tactual\n"
		 "both\t6.1.192\tpresent\tBUG: x\nboth\t6.12.117\tabsent\tit ends\n"
		 "both\t7.2.13\tpresent\tBUG: y\nboth\t7.3-rc7\tpresent\tBUG: y\n"
		 "dm-loses\t6.1.192\tabsent\tthe same\ndm-loses\t6.12.117\tskipped\tno xfs_io\n"
		 "dm-loses\t7.2.13\tabsent\tthe same\n%s",
		 more);
	put_file(test_dir, "bugs.tsv", text);
}

static void test_kernels(void **state)
{
	struct known *known = entries();
	struct bug_matrix m;
	char text[256];

	(void)state;
	put_matrix("dm-loses\t7.3-rc7\tpresent\tother bytes\n");
	assert_int_equal(bug_matrix_read(test_dir, &m), 0);
	assert_int_equal(m.n_kernels, 4);
	assert_string_equal(
		bug_matrix_kernels(&m, known_at(known, 0), "present", text, sizeof(text)),
		"6.1.192, 7.2.13, 7.3-rc7");
	assert_string_equal(
		bug_matrix_kernels(&m, known_at(known, 2), "absent", text, sizeof(text)),
		"6.1.192, 7.2.13");
	assert_string_equal(
		bug_matrix_kernels(&m, known_at(known, 2), "broken", text, sizeof(text)), "");
	/* Entries of one reproducer: the ranges of both together. */
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
			bug_matrix_check(&m, known, known_at(known, i), text, sizeof(text)), 0);
	bug_matrix_free(&m);
	put_matrix("dm-loses\t7.3-rc7\tabsent\tthe same\n");
	assert_int_equal(bug_matrix_read(test_dir, &m), 0);
	assert_int_equal(bug_matrix_check(&m, known, known_at(known, 2), text, sizeof(text)),
			 -EINVAL);
	assert_string_equal(text, "dm-loses: first: 7.3, last: , but the bug is absent on 7.3-rc7");
	bug_matrix_free(&m);
	put_matrix("both\t6.19.14\tpresent\tBUG: z\n");
	assert_int_equal(bug_matrix_read(test_dir, &m), 0);
	assert_int_equal(bug_matrix_check(&m, known, known_at(known, 1), text, sizeof(text)),
			 -EINVAL);
	bug_matrix_free(&m);
	known_free(known);
}

/* What loses data and is new on the newest kernel stands first, then what is severe. */
static void test_order(void **state)
{
	struct known *known = entries();
	const struct known_bug *bugs[3];
	struct bug_matrix m;

	(void)state;
	put_matrix("dm-loses\t7.3-rc7\tpresent\tother bytes\n");
	assert_int_equal(bug_matrix_read(test_dir, &m), 0);
	for (size_t i = 0; i < 3; i++)
		bugs[i] = known_at(known, i);
	bug_matrix_sort(&m, bugs, 3);
	assert_string_equal(bugs[0]->name, "dm-loses");
	assert_string_equal(bugs[1]->name, "a-old");
	assert_string_equal(bugs[2]->name, "a-again");
	assert_true(bug_matrix_is_alarm(&m, bugs[0]));
	assert_false(bug_matrix_is_alarm(&m, bugs[1]));
	bug_matrix_free(&m);
	known_free(known);
}

/* Results replace those of the same bug and kernel, and what is said on the newest kernel stays. */
static void test_results(void **state)
{
	struct known *known = entries();
	struct bug_matrix m;
	char path[128], line[64] = "";
	FILE *in;

	(void)state;
	put_matrix("dm-loses\t7.3-rc7\tabsent\tthe same\n");
	assert_int_equal(bug_matrix_read(test_dir, &m), 0);
	put_file(test_dir, "new.jsonl",
		 "{\"name\":\"dm-loses\",\"kernel\":\"7.3~rc7-1~exp1\",\"result\":\"present\","
		 "\"output\":[\"expected: a\",\"actual:   b\"],\"dmesg\":[\"XFS: x\"]}\n"
		 "{\"name\":\"dm-loses\",\"kernel\":\"7.2.13-1\",\"result\":\"present\","
		 "\"output\":[\"actual:   c\"],\"dmesg\":[]}\n");
	snprintf(path, sizeof(path), "%s/new.jsonl", test_dir);
	assert_int_equal(bug_matrix_add(&m, path, test_dir), 0);
	assert_string_equal(bug_matrix_at(&m, known_at(known, 2), &m.kernels[3])->actual, "b");
	assert_string_equal(bug_matrix_at(&m, known_at(known, 2), &m.kernels[2])->actual, "c");
	assert_int_equal(m.n, 8);
	snprintf(path, sizeof(path), "%s/bugs/dm-loses.txt", test_dir);
	in = fopen(path, "re");
	assert_non_null(in);
	assert_non_null(fgets(line, sizeof(line), in));
	assert_string_equal(line, "kernel: 7.3~rc7-1~exp1\n");
	fclose(in);
	assert_int_equal(bug_matrix_write(&m, known, test_dir), 0);
	bug_matrix_free(&m);
	assert_int_equal(bug_matrix_read(test_dir, &m), 0);
	assert_int_equal(m.n, 8);
	bug_matrix_free(&m);
	known_free(known);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"bug\tkernel\n", "bug\tkernel\tresult\tactual\nx\t6.1\n",
					  "bug\tkernel\tresult\tactual\nx\t6.1\tperhaps\ty\n",
					  "bug\tkernel\tresult\tactual\nx\tsix\tabsent\ty\n"};
	struct stderr_capture capture;
	struct bug_matrix m;
	int rc;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_file(test_dir, "bugs.tsv", bad[i]);
		stderr_capture_begin(&capture);
		rc = bug_matrix_read(test_dir, &m);
		stderr_capture_end(&capture);
		assert_int_equal(rc, -EINVAL);
		assert_int_equal(stderr_capture_lines(&capture), 1);
	}
	put_file(test_dir, "bugs.tsv", "bug\tkernel\tresult\tactual\n");
}

static void test_patterns(void **state)
{
	(void)state;
	assert_true(maintainers_match("drivers/md/dm*", "drivers/md/dm-stripe.c"));
	assert_false(maintainers_match("drivers/md/dm*", "drivers/md/dm-vdo/vdo.c"));
	assert_true(maintainers_match("fs/xfs/", "fs/xfs/xfs_super.c"));
	assert_true(maintainers_match("fs/*", "fs/dax.c"));
	assert_false(maintainers_match("fs/*", "fs/xfs/xfs_super.c"));
	assert_true(maintainers_match("fs/dax.c", "fs/dax.c"));
	assert_false(maintainers_match("fs/dax.c", "fs/dax.h"));
}

static void test_splat(void **state)
{
	static char *const lines[] = {
		"EXT4-fs (dm-0): mounted",	 "------------[ cut here ]---",
		"WARNING: CPU: 0 at fs/dax.c:1", "Call Trace:",
		"---[ end trace 0 ]---",	 "EXT4-fs: unmounting"};
	size_t first;

	(void)state;
	assert_int_equal(bug_mail_find_splat(lines, 6, &first), 4);
	assert_int_equal(first, 1);
	assert_int_equal(bug_mail_find_splat(lines, 1, &first), 0);
}

/* ---- the entries ----------------------------------------------------------------------------- */

static void check_mail(const struct known_bug *bug, const struct bug_matrix *m)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(bug_mail_print(bug, m, "check/known", BUG_MATRIX_PUBLISHED, out), 0);
	fclose(out);
	if (strncmp(text, "To: ", 4) || !strstr(text, "@") || !strstr(text, "\nSubject: [BUG") ||
	    !strstr(text, "vger.kernel.org") || !strstr(text, "\nSet-up:\n  ") ||
	    !strstr(text, "SPDX-License-Identifier"))
		fail_msg("%s: %s", bug->name, text);
	free(text);
}

/* Whether its reproducer ran on a kernel in the range of the entry. */
static bool ran_on_some(const struct bug_matrix *m, const struct known_bug *bug)
{
	for (size_t i = 0; i < m->n_kernels; i++)
		if (known_has(bug, &m->kernels[i]) && bug_matrix_at(m, bug, &m->kernels[i]))
			return true;
	return false;
}

static void test_the_entries(void **state)
{
	struct known *known;
	struct bug_matrix m;
	const struct known_bug *bug;
	char text[512];

	(void)state;
	assert_int_equal(known_read("check/known", &known), 0);
	assert_int_equal(bug_matrix_read(BUG_MATRIX_PUBLISHED, &m), 0);
	assert_true(m.n_kernels > 0);
	for (size_t i = 0; (bug = known_at(known, i)); i++) {
		if (!bug->severity || !bug->kind || !bug->subject || !bug->files)
			fail_msg("%s: severity, kind, subject or files is missing", bug->name);
		if (bug_mail_reproducer(bug, "check/known", text, sizeof(text)) < 0)
			fail_msg("%s: no file %s", bug->name, text);
		if (bug_matrix_check(&m, known, bug, text, sizeof(text)) < 0)
			fail_msg("%s", text);
		if (ran_on_some(&m, bug) &&
		    !*bug_matrix_kernels(&m, bug, "present", text, sizeof(text)))
			fail_msg("%s: its reproducer shows the bug on no kernel", bug->name);
		check_mail(bug, &m);
	}
	bug_matrix_free(&m);
	known_free(known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernels),	    cmocka_unit_test(test_order),
		cmocka_unit_test(test_results),	    cmocka_unit_test(test_refused),
		cmocka_unit_test(test_patterns),    cmocka_unit_test(test_splat),
		cmocka_unit_test(test_the_entries),
	};

	return cmocka_run_group_tests_name("bugs", tests, test_dir_make, test_dir_remove);
}

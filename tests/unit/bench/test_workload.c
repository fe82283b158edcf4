// SPDX-License-Identifier: GPL-2.0-only
/* Workload files, and what the command line makes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/bench.h"
#include "bench/workload_read.h"
#include "lib/dev/stack.h"
#include "tests/unit/stderr_capture.h"

#include <errno.h>
#include <string.h>

/* Reads text as a workload file; keeps what it complained of in capture. */
static int read_text(const char *text, struct workload *out, struct stderr_capture *capture)
{
	char path[] = "/tmp/daxdm-workload-XXXXXX";
	int fd = mkstemp(path), rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	stderr_capture_begin(capture);
	rc = workload_read(path, out);
	stderr_capture_end(capture);
	unlink(path);
	return rc;
}

static void reads_statements(void **state)
{
	struct workload w;
	struct stderr_capture capture;

	(void)state;
	assert_int_equal(read_text("# a comment\n\nstack raw  linear:1 # more\nstack linear:2\n"
				   "\tfs ext4\nbench fault.read.* fault.cow.cold.pte",
				   &w, &capture),
			 0);
	assert_int_equal(w.stacks.n, 3);
	assert_string_equal(w.stacks.list[2], "linear:2");
	assert_int_equal(w.filesystems.n, 1);
	assert_int_equal(w.benches.n, 2);
	assert_int_equal(workload_check(&w), 0);
	assert_true(workload_wants(&w, "fault", "read.warm.pte"));
	assert_true(workload_wants(&w, "fault", "cow.cold.pte"));
	assert_false(workload_wants(&w, "fault", "write.warm.pte"));
	workload_free(&w);
}

/* "others" is each benchmark that the file does not name, but for those that say otherwise. */
static void a_new_benchmark_runs_where_others_do(void **state)
{
	struct workload w;
	struct stderr_capture capture;

	(void)state;
	assert_int_equal(
		read_text("stack raw\nfs ext4\nbench fault.read.*\nbench others\n", &w, &capture),
		0);
	assert_false(workload_wants(&w, "fault", "write.warm.pte"));
	for (const struct bench *const *b = bench_table; *b; b++)
		if (strcmp((*b)->name, "fault"))
			assert_int_equal(workload_wants(&w, (*b)->name, (*b)->variants[0].name),
					 !(*b)->by_name_only);
	workload_free(&w);
}

/* As an editor of another system writes it. */
static void reads_crlf(void **state)
{
	struct workload w;
	struct stderr_capture capture;

	(void)state;
	assert_int_equal(read_text("stack raw\r\nfs ext4 xfs\r\nbench fault\r\n", &w, &capture), 0);
	assert_string_equal(w.filesystems.list[1], "xfs");
	assert_string_equal(w.benches.list[0], "fault");
	assert_int_equal(workload_check(&w), 0);
	workload_free(&w);
}

static void says_where_it_is_wrong(void **state)
{
	struct workload w;
	struct stderr_capture capture;

	(void)state;
	assert_int_equal(read_text("stack raw\n  stacks raw\n", &w, &capture), -EINVAL);
	assert_non_null(strstr(capture.text, ":2:3: 'stacks' is not a statement"));
	assert_int_equal(read_text("stack raw\nfs\n", &w, &capture), -EINVAL);
	assert_non_null(strstr(capture.text, ":2:3: the statement has no words"));
	assert_int_equal(read_text("stack raw\nstack  linear:1 linear:x\n", &w, &capture), -EINVAL);
	assert_non_null(strstr(capture.text, ":2:17: stack 'linear:x', column 8: linear takes"));
	assert_int_equal(read_text("fs ext4 ext3 # no\n", &w, &capture), -EINVAL);
	assert_non_null(strstr(capture.text, ":1:9: unknown filesystem 'ext3'"));
	assert_int_equal(read_text("\n\n bench fault fault.nothing\n", &w, &capture), -EINVAL);
	assert_non_null(strstr(capture.text, ":3:14: no metric matches 'fault.nothing'"));
	assert_int_equal(read_text("stack raw\nfs ext4 xfs ext4\n", &w, &capture), -EINVAL);
	assert_non_null(strstr(capture.text, ":2:13: 'ext4' is given twice"));
	assert_int_equal(read_text("stack raw linear:016\n", &w, &capture), -EINVAL);
	assert_non_null(strstr(capture.text, ":1:11: stack 'linear:016', column 8: linear takes"));
	assert_int_equal(workload_read("/nonexistent/workload", &w), -ENOENT);
	assert_int_equal(workload_read("/tmp", &w), -EISDIR);
}

/* Blanks in brackets are part of a filesystem; the same options are one filesystem however they are
 * written. */
static void reads_options_of_filesystems(void **state)
{
	char *words[] = {"--workload", NULL,
			 "--stack",    "raw",
			 "--bench",    "fault",
			 "--fs",       "xfs:mkfs=-b size=1024",
			 "--fs",       "xfs:mkfs=[-b size=1024]",
			 "--fs",       "xfs:default"};
	struct stderr_capture capture;
	struct workload w;

	(void)state;
	assert_int_equal(read_text("stack raw\nfs xfs:mkfs=[-d su=2m,sw=1] ext4 # comment\n"
				   "bench fault\n",
				   &w, &capture),
			 0);
	assert_int_equal(w.filesystems.n, 2);
	assert_string_equal(w.filesystems.list[0], "xfs:mkfs=[-d su=2m,sw=1]");
	workload_free(&w);
	assert_int_equal(read_text("fs ext4 xfs:mkfs=-b size=1024\n", &w, &capture), -EINVAL);
	assert_non_null(strstr(capture.text, ":1:21: unknown filesystem 'size=1024'"));
	words[1] = "workloads/quick";
	assert_int_equal(workload_of_words(12, words, STACK_SPAN_MAX_BYTES, &w), 0);
	assert_int_equal(w.filesystems.n, 2);
	assert_string_equal(w.filesystems.list[0], "xfs:mkfs=[-b size=1024]");
	assert_string_equal(w.filesystems.list[1], "xfs:default");
	workload_free(&w);
}

static void checks_words(void **state)
{
	static const char *const wrong[][6] = {
		{"--stack", "linear:0"},
		{"--stack", "linear:1025"},	/* no room for 1025 segments of 2 MiB */
		{"--stack", "linear:3,over=3"}, /* two namespaces only */
		{"--fs", "btrfs"},
		{"--bench", "nothing.like.it"},
		{"--workload", "/nonexistent"},
	};
	char *good[] = {
		"--stack", "linear:1024,align=4k", "--fs", "xfs", "--bench", "fault", "--other",
		"x"};
	struct workload w;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(
			workload_of_words(2, (char *const *)wrong[i], STACK_SPAN_MAX_BYTES, &w),
			-EINVAL);
	assert_int_equal(workload_of_words(8, good, STACK_SPAN_MAX_BYTES, &w), 0);
	assert_int_equal(w.stacks.n, 1);
	assert_string_equal(w.stacks.list[0], "linear:1024,align=4k");
	assert_int_equal(w.filesystems.n, 1);
	workload_free(&w);
}

/* The workloads that come with daxdm are themselves right. */
static void own_workloads(void **state)
{
	static const char *const files[] = {
		"workloads/quick",   "workloads/default",      "workloads/faults",
		"workloads/full",    "workloads/lvm",	       "workloads/fio",
		"workloads/mkfs",    "workloads/mapping",      "workloads/write",
		"workloads/reflink", "workloads/mount",	       "workloads/memory",
		"workloads/depth",   "workloads/alternatives", "workloads/tables"};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *words[] = {"--workload", (char *)files[i]};
		struct workload w;

		assert_int_equal(workload_of_words(2, words, STACK_SPAN_MAX_BYTES, &w), 0);
		workload_free(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_statements),
		cmocka_unit_test(a_new_benchmark_runs_where_others_do),
		cmocka_unit_test(reads_crlf),
		cmocka_unit_test(says_where_it_is_wrong),
		cmocka_unit_test(reads_options_of_filesystems),
		cmocka_unit_test(checks_words),
		cmocka_unit_test(own_workloads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

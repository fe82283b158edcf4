// SPDX-License-Identifier: GPL-2.0-only
/* A fio job of the user's: what becomes of its options, and how it is refused. */
#include "bench/fiojob/fio_job.h"
#include "bench/fiojob/fio_option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/stderr_capture.h"

static const struct fiojob_plan *plan_of(size_t i)
{
	return bench_fio.variants[i].arg;
}

/* The message that a job is refused with. */
static const char *refused(const char *text)
{
	static struct stderr_capture capture;
	char word[1024];
	int rc;

	snprintf(word, sizeof(word), "job\\n%s", text);
	stderr_capture_begin(&capture);
	rc = fio_job_load(word);
	stderr_capture_end(&capture);
	assert_true(rc < 0);
	assert_int_equal(stderr_capture_lines(&capture), 1);
	return capture.text;
}

static void load(const char *text)
{
	char word[2048];

	snprintf(word, sizeof(word), "job.fio\\n%s", text);
	assert_int_equal(fio_job_load(word), 0);
}

/* The job of a reporter: two sections, time based, a directory, libpmem. */
static void test_sections(void **state)
{
	const struct variant *v = bench_fio.variants;
	json_t *job;
	const char *first;

	(void)state;
	load("; a comment\\n[global]\\nbs=4k\\nsize=32m\\nioengine=libpmem\\nthread\\nnumjobs=1\\n"
	     "direct=1\\nsync=1\\ntime_based\\nruntime=2\\ndirectory=/mnt/pmem\\n\\n[seqwrite]\\n"
	     "rw=write\\nstonewall\\n[seqread]\\n rw = read # a comment\\n");
	assert_string_equal(v[0].name, "seqwrite");
	assert_string_equal(v[1].name, "seqread");
	assert_null(v[2].name);
	assert_int_equal(v[0].needs[0], NEED_FIO_LIBPMEM);
	assert_true(plan_of(0)->write && plan_of(0)->sync && plan_of(0)->by == FIOJOB_MAP);
	assert_false(plan_of(1)->write);
	assert_string_equal(plan_of(0)->same_as, "copy.nontemporal");
	assert_string_equal(plan_of(1)->same_as, "copy.from");
	assert_int_equal(plan_of(0)->bytes, 4096);
	assert_string_equal(
		plan_of(1)->options,
		"bs=4k\nsize=32m\nioengine=libpmem\nnumjobs=1\ndirect=1\nsync=1\nrw=read\n");
	job = fio_job_json();
	assert_int_equal(json_array_size(json_object_get(job, "text")), 18);
	assert_int_equal(json_array_size(json_object_get(job, "replaced")), 4);
	first = json_string_value(json_array_get(json_object_get(job, "replaced"), 0));
	assert_non_null(strstr(first, "directory: "));
	json_decref(job);
}

/* A file may have any name, but a run.jsonl holds UTF-8 only. */
static void test_unprintable(void **state)
{
	json_t *job;
	char *word;

	(void)state;
	assert_int_equal(fio_job_load("a\\\\\xff\x1b\\n[a]\\nbs=4k\\n"), 0);
	word = strdup(fio_job_word());
	job = fio_job_json();
	assert_string_equal(json_string_value(json_object_get(job, "name")), "a\\\\xff\\x1b");
	fio_job_free();
	assert_int_equal(fio_job_again(job), 0);
	assert_string_equal(fio_job_word(), word);
	json_decref(job);
	fio_job_free();
	assert_int_equal(fio_job_load(word), 0);
	assert_string_equal(fio_job_word(), word);
	free(word);
	fio_job_free();
	assert_non_null(strstr(refused("[a]\\nbs=4k\\n;\xff\\n"), "job:3: a control character"));
}

/* [global] holds for the sections behind it; what a section says comes after it. */
static void test_scope(void **state)
{
	(void)state;
	load("[a]\\n[global]\\nbs=64k\\nreadwrite=randwrite\\n[b]\\n[c]\\nblocksize=1m\\n[global]"
	     "\\n"
	     "rw=read\\n[C]\\n");
	assert_int_equal(plan_of(0)->bytes, 4096);
	assert_false(plan_of(0)->write);
	assert_int_equal(plan_of(1)->bytes, 65536);
	assert_true(plan_of(1)->write);
	assert_int_equal(plan_of(2)->bytes, 1 << 20);
	assert_false(plan_of(3)->write);
	assert_string_equal(bench_fio.variants[3].name, "c_2");
}

static void test_ways(void **state)
{
	char metric[64];
	json_t *job;

	(void)state;
	load("[call]\\ndirect=0\\n[direct]\\ndirect\\n[unbuffered]\\nbuffered=0\\nrw=write\\n["
	     "dsync]\\n"
	     "sync=dsync\\nrw=write\\n[uring]\\nioengine=io_uring\\ndirect=1\\nbs=128k\\n[small]\\n"
	     "ioengine=mmap\\nbs=64\\nsize=4k\\n");
	assert_int_equal(plan_of(0)->by, FIOJOB_CALL);
	assert_int_equal(plan_of(1)->by, FIOJOB_BIO);
	assert_int_equal(plan_of(2)->by, FIOJOB_BIO);
	assert_true(plan_of(3)->commits && !plan_of(0)->commits);
	assert_true(plan_of(4)->queue);
	fiojob_same_as(&bench_fio.variants[4], metric);
	assert_string_equal(metric, "bio.uring.q1.read.128k");
	assert_int_equal(plan_of(5)->bytes, 64);
	job = fio_job_json();
	assert_int_equal(json_array_size(json_object_get(job, "replaced")), 2);
	json_decref(job);
}

static void test_refused(void **state)
{
	static const struct {
		const char *job, *message;
	} cases[] = {
		{"[a]\\nioengine=dev-dax", "job:2: section [a]: ioengine=dev-dax: "},
		{"[global]\\nnumjobs=4\\n[a]", "job:2: section [a]: numjobs=4: "},
		{"[a]\\nrw=randrw", "job:2: section [a]: rw=randrw: "},
		{"[a]\\nbs=4k,8k", "job:2: section [a]: bs=4k,8k: "},
		{"[a]\\nbs=12", "bs=12: "},
		{"[a]\\n\\nioengine=io_uring\\niodepth=32", "job:4: section [a]: iodepth=32: "},
		{"[a]\\nioengine=mmap\\ndirect=1", "direct=1 with ioengine=mmap: "},
		{"[a]\\nnrfiles=2", "nrfiles=2: "},
		{"[a]\\nshiny=1", "job:2: shiny: this option is not known"},
		{"[a]\\nfsync=1", "job:2: fsync: "},
		{"[a]\\nexec_prerun=reboot", "job:2: exec_prerun: "},
		{"[a]\\nsize=${SIZE}", "variables are not expanded"},
		{"[a]\\ninclude more.fio", "job:2: include: "},
		{"[a", "expected [NAME], got '[a'"},
		{"rw=read", "no section"},
		{"", "no section"},
		{"\x1b[a]", "is it a fio job?"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *message = refused(cases[i].job);

		if (!strstr(message, cases[i].message))
			fail_msg("'%s': %s", cases[i].job, message);
	}
}

/* Every option that is read has a member, and no name is in the table twice. */
static void test_table(void **state)
{
	struct fio_values values = {0};

	(void)state;
	assert_int_equal(fio_option_find("ioengine")->rule, FIO_OPTION_READ);
	assert_ptr_equal(fio_option_find("readwrite"), fio_option_find("rw"));
	assert_null(fio_option_find("shiny"));
	for (const struct fio_option *o = fio_option_find("ioengine"); o->name; o++) {
		assert_ptr_equal(fio_option_find(o->name), o);
		assert_int_equal(o->rule == FIO_OPTION_READ, !!fio_values_member(&values, o->name));
		assert_int_equal(o->rule == FIO_OPTION_REFUSE, !!o->why);
	}
}

static int drop(void **state)
{
	(void)state;
	fio_job_free();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections), cmocka_unit_test(test_unprintable),
		cmocka_unit_test(test_scope),	 cmocka_unit_test(test_ways),
		cmocka_unit_test(test_refused),	 cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, drop);
}

// SPDX-License-Identifier: GPL-2.0-only
/* The child that stops: with a script in the place of fio, which stops, fails, dies, or hangs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/fiojob/fio.h"
#include "bench/fiojob/fiojob.h"
#include "tests/unit/stderr_capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char bin[] = "/tmp/daxdm-test-fio-XXXXXX";
static char path_before[4096];

static void script(const char *body)
{
	char path[64];
	FILE *out;

	snprintf(path, sizeof(path), "%s/fio", bin);
	out = fopen(path, "we");
	assert_non_null(out);
	fprintf(out, "#!/bin/sh\nPATH=%s\n%s\n", path_before, body);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

static struct fio started(unsigned int limit_s)
{
	struct fio fio;
	FILE *jobs = fio_jobs(&fio);

	assert_non_null(jobs);
	fputs("[job]\n", jobs);
	fio_write_stops(jobs, "job.4k");
	assert_int_equal(fio_start(&fio, jobs, "/mnt/data", limit_s), 0);
	return fio;
}

/* Nothing of it is left. */
static void finished(struct fio *fio)
{
	char directory[sizeof(fio->directory)];
	pid_t pid = fio->pid;

	strcpy(directory, fio->directory);
	fio_finish(fio);
	assert_int_equal(access(directory, F_OK), -1);
	if (pid)
		assert_int_equal(kill(pid, 0), -1);
}

/* What came of a job file, its text; or what is wrong with it. */
static void expect_copy(const char *text, int rc, const char *want)
{
	char path[] = "/tmp/daxdm-job-XXXXXX", *copy = NULL;
	int fd = mkstemp(path);
	struct stderr_capture capture;
	size_t len;
	FILE *out = open_memstream(&copy, &len);

	assert_true(fd >= 0 && out);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	stderr_capture_begin(&capture);
	assert_int_equal(fiojob_copy(path, out), rc);
	stderr_capture_end(&capture);
	assert_int_equal(fclose(out), 0);
	if (rc)
		assert_non_null(strstr(capture.text, want));
	assert_string_equal(copy, rc ? "" : want); /* nothing of one that is refused */
	free(copy);
	unlink(path);
}

static void a_job_file_is_one_job_that_says_nothing_twice(void **state)
{
	(void)state;
	expect_copy("# c\n[a]\nrw=read\n\nthread", 0, "# c\n[a]\nrw=read\n\nthread\n");
	expect_copy("[a]\r\nrw=read\r\n", 0, "[a]\nrw=read\n");
	expect_copy("[a]\nbs=4k\n bs = 8k\n", -EINVAL, ":3:2: this option is given twice");
	expect_copy("[a]\nbs=4k\n[b]\n", -EINVAL, ":3:1: a second job");
	expect_copy("[a]\nbs=\0334k\n", -EINVAL, ":2:4: control character 0x1b");
}

/* The hooks of the job file are what fio would run: the shell's parent stops. */
static void it_stops_before_and_after(void **state)
{
	struct fio_stop stop;
	struct fio fio;
	char *text;

	(void)state;
	script("run() { sh -c \"$(sed -n \"s/^exec_$1=//p\" jobs.fio)\"; }\n"
	       "run prerun\necho \"$FILE $*\" >words\nrun postrun\nexit 3");
	fio = started(20);
	assert_int_equal(fio_continue(&fio, &stop), 0);
	assert_false(stop.ended);
	assert_false(stop.after);
	assert_string_equal(stop.job, "job.4k");
	assert_null(fio_read(&fio, "words", false)); /* it is stopped */
	assert_int_equal(fio_continue(&fio, &stop), 0);
	assert_false(stop.ended);
	assert_true(stop.after);
	text = fio_read(&fio, "words", false);
	assert_string_equal(text, "/mnt/data --output-format=json --output=fio.json jobs.fio\n");
	free(text);
	text = fio_read(&fio, "maps", true);
	assert_non_null(strstr(text, "[stack]"));
	free(text);
	assert_int_equal(fio_continue(&fio, &stop), 0);
	assert_true(stop.ended);
	assert_int_equal(WEXITSTATUS(stop.status), 3);
	finished(&fio);
}

static void its_death_is_noticed(void **state)
{
	struct fio_stop stop;
	struct fio fio;

	(void)state;
	script("kill -KILL $$");
	fio = started(20);
	assert_int_equal(fio_continue(&fio, &stop), 0);
	assert_true(stop.ended);
	assert_true(WIFSIGNALED(stop.status));
	assert_int_equal(WTERMSIG(stop.status), SIGKILL);
	finished(&fio);
}

static void it_is_ended_when_its_time_is_over(void **state)
{
	struct fio_stop stop;
	struct fio fio;

	(void)state;
	script("exec sleep 100");
	fio = started(1);
	assert_int_equal(fio_continue(&fio, &stop), -ETIMEDOUT);
	finished(&fio);
	/* A stopped one is killed, too. */
	script("echo before x >stop; kill -STOP $$; exec sleep 100");
	fio = started(20);
	assert_int_equal(fio_continue(&fio, &stop), 0);
	assert_false(stop.ended);
	finished(&fio);
}

static void there_may_be_none(void **state)
{
	struct fio fio;
	FILE *jobs;
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/fio", bin);
	unlink(path);
	jobs = fio_jobs(&fio);
	assert_non_null(jobs);
	assert_int_equal(fio_start(&fio, jobs, "/mnt/data", 5), -ENOENT);
	finished(&fio);
}

static int before_all(void **state)
{
	(void)state;
	snprintf(path_before, sizeof(path_before), "%s", getenv("PATH"));
	return !mkdtemp(bin) || setenv("PATH", bin, 1);
}

static int after_all(void **state)
{
	char path[64];

	(void)state;
	setenv("PATH", path_before, 1);
	snprintf(path, sizeof(path), "%s/fio", bin);
	unlink(path);
	return rmdir(bin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_file_is_one_job_that_says_nothing_twice),
		cmocka_unit_test(it_stops_before_and_after),
		cmocka_unit_test(its_death_is_noticed),
		cmocka_unit_test(it_is_ended_when_its_time_is_over),
		cmocka_unit_test(there_may_be_none),
	};

	return cmocka_run_group_tests(tests, before_all, after_all);
}

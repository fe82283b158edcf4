// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int number;

static int change(void *arg)
{
	int *shared = arg;

	*shared = ++number;
	return 0;
}

/* Each part begins as the first did; what lies in shared memory comes back. */
static void test_own_memory(void **state)
{
	int *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_true(shared != MAP_FAILED);
	for (int i = 0; i < 2; i++) {
		*shared = 0;
		assert_int_equal(supervise_run_child(change, shared), 0);
		assert_int_equal(*shared, 1);
		assert_int_equal(number, 0);
	}
	munmap(shared, sizeof(*shared));
}

static int fill_the_disk(void *arg)
{
	(void)arg;
	return -ENOSPC;
}

static void test_error(void **state)
{
	(void)state;
	assert_int_equal(supervise_run_child(fill_the_disk, NULL), -ENOSPC);
}

/* What it wrote with stdio is there, once. */
static int say(void *arg)
{
	fputs("of the part\n", arg);
	return 0;
}

static void test_output(void **state)
{
	char text[64] = "", name[] = "/tmp/test_supervise.XXXXXX";
	int fd = mkstemp(name);
	FILE *out = fdopen(fd, "w");

	(void)state;
	assert_non_null(out);
	unlink(name);
	fputs("before\n", out);
	assert_int_equal(supervise_run_child(say, out), 0);
	assert_int_equal(fflush(out), 0);
	assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
	assert_string_equal(text, "before\nof the part\n");
	fclose(out);
}

static int die(void *arg)
{
	(void)arg;
	raise(SIGKILL);
	return 0;
}

/* The caller dies as the part did: whoever supervises it cleans up. */
static void test_death(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (!pid) {
		supervise_run_child(die, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static int wait_for_signal(void *arg)
{
	*(volatile int *)arg = 1;
	for (int i = 0; i < 1000 && !supervise_interrupted(); i++)
		usleep(10000);
	return supervise_interrupted() ? -EINTR : 0;
}

/* A signal that only the caller gets is handed on. */
static void test_interrupted(void **state)
{
	volatile int *begun = mmap(NULL, sizeof(*begun), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	(void)state;
	assert_true(begun != MAP_FAILED);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(supervise_run_child(wait_for_signal, (void *)begun) == -EINTR ? 7 : 8);
	while (!*begun)
		usleep(1000);
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	munmap((void *)begun, sizeof(*begun));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_memory),  cmocka_unit_test(test_error),
		cmocka_unit_test(test_output),	    cmocka_unit_test(test_death),
		cmocka_unit_test(test_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "emu/given.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/skip.h"

#define MS INT64_C(1000000)

static char tasks[] = "build/test/given.XXXXXX";

static int make_tasks(void **state)
{
	(void)state;
	return mkdtemp(tasks) ? 0 : -1;
}

static int drop_tasks(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", tasks);
	return system(command);
}

/* A thread that ran for so long and waited for a processor for so long, in ms. */
static void put_thread(int tid, int64_t ran, int64_t waited)
{
	char path[100];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%d", tasks, tid);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%d/schedstat", tasks, tid);
	out = fopen(path, "w");
	assert_non_null(out);
	fprintf(out, "%lld %lld 17\n", (long long)(ran * MS), (long long)(waited * MS));
	fclose(out);
}

static void time_without_waits_is_given(void **state)
{
	struct limit_clock_page page = {0};
	struct given g = {.pid = 1, .page = &page};

	(void)state;
	put_thread(11, 5, 1000);
	put_thread(12, 5, 2000);
	given_look_at(&g, tasks, 0);
	g.given_ns = 0;
	/* They idle: all of it. */
	given_look_at(&g, tasks, 20 * MS);
	assert_int_equal(given_ms(&g), 20);
	/* One waits for 15 of 20 ms, the other for 5 of the same. */
	put_thread(11, 10, 1015);
	put_thread(12, 20, 2005);
	given_look_at(&g, tasks, 40 * MS);
	assert_int_equal(given_ms(&g), 25);
	assert_int_equal(page.given_ms, 25);
	/* A new one has waited since it was born. */
	put_thread(13, 0, 19);
	given_look_at(&g, tasks, 60 * MS);
	assert_int_equal(given_ms(&g), 26);
	/* The numbers of a processor that others use all the time, of a look that came late. */
	put_thread(11, 10, 2015);
	given_look_at(&g, tasks, 1060 * MS);
	assert_int_equal(given_ms(&g), 26);
}

/* The kernel adds a wait when it ends. */
static void a_wait_of_several_looks_is_not_given(void **state)
{
	struct given g = {.pid = 1};

	(void)state;
	put_thread(11, 0, 0);
	put_thread(12, 0, 0);
	put_thread(13, 0, 0);
	given_look_at(&g, tasks, 0);
	for (int i = 1; i <= 20; i++) {
		if (i % 4 == 0)
			put_thread(11, 10 * i / 4, 70 * i / 4);
		given_look_at(&g, tasks, 20 * i * MS);
	}
	/* Of 400 ms it waited 350; at most one wait is not made good for yet. */
	assert_in_range(given_ms(&g), 50, 120);
}

/* A wait of 1 s that ended at the 51st look; the looks before it counted 980 ms. */
static struct given after_long_wait(int64_t waited_ms)
{
	struct given g = {.pid = 1};

	put_thread(11, 0, 0);
	put_thread(12, 0, 0);
	put_thread(13, 0, 0);
	given_look_at(&g, tasks, 0);
	g.given_ns = 0;
	for (int i = 1; i <= 50; i++) {
		if (i == 50)
			put_thread(11, 0, waited_ms);
		given_look_at(&g, tasks, 20 * i * MS);
	}
	assert_int_equal(given_ms(&g), 980);
	return g;
}

static void a_wait_of_a_second_is_deducted_whole(void **state)
{
	struct given g = after_long_wait(1000);

	(void)state;
	for (int i = 51; i <= 99; i++)
		given_look_at(&g, tasks, 20 * i * MS);
	assert_int_equal(given_ms(&g), 980);
	given_look_at(&g, tasks, 20 * 100 * MS);
	assert_int_equal(given_ms(&g), 1000);
}

/* Waits of two threads that overlap count twice: the deduction has a limit. */
static void no_more_than_a_second_is_deducted(void **state)
{
	struct given g = after_long_wait(100000);

	(void)state;
	for (int i = 51; i <= 110; i++)
		given_look_at(&g, tasks, 20 * i * MS);
	assert_int_equal(given_ms(&g), 1180);
}

static void a_restart_deducts_nothing(void **state)
{
	struct given g = {.owed_ns = 100000 * MS};

	(void)state;
	given_watch(&g, getpid());
	usleep(20000);
	given_look(&g);
	assert_in_range(given_ms(&g), 20, 250);
}

static void a_late_driver_gives_too_little(void **state)
{
	struct given g = {.pid = 1};

	(void)state;
	given_look_at(&g, tasks, 0);
	g.given_ns = 0;
	given_look_at(&g, tasks, 10000 * MS);
	assert_int_equal(given_ms(&g), 250);
}

static void what_is_given_stays_over_a_restart(void **state)
{
	struct given g = {.given_ns = 7 * MS};

	(void)state;
	given_watch(&g, getpid());
	given_look(&g);
	assert_true(given_ms(&g) >= 7 && given_ms(&g) < 5000);
}

static void a_limit_is_of_given_time(void **state)
{
	struct given g = {.given_ns = 0};
	int64_t now_ms = limit_clock_wall_ms();

	(void)state;
	assert_int_equal(given_limit(&g, 0, now_ms - 15000, 1000), LIMIT_AHEAD);
	assert_int_equal(given_limit(&g, 0, now_ms - 21000, 1000), LIMIT_STARVED);
	g.given_ns = 1001 * MS;
	assert_int_equal(given_limit(&g, 0, now_ms - 21000, 1000), LIMIT_OVER);
	assert_int_equal(given_limit(&g, 500, now_ms - 15000, 1000), LIMIT_AHEAD);
}

/* One of the CPUs this process may use. */
static int allowed_cpu(void)
{
	cpu_set_t allowed;
	int cpu = 0;

	assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	while (!CPU_ISSET(cpu, &allowed))
		cpu++;
	return cpu;
}

/* A child that uses all the time it gets of this CPU; it ends with this test. */
static pid_t start_spinner(int cpu)
{
	pid_t pid = fork();
	cpu_set_t one;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0)
		_exit(1);
	for (;;)
		;
}

/* Whatever else runs on this host: of six that share one CPU, each gets about a sixth. */
static void a_real_process_that_shares_its_processor(void **state)
{
	enum { SPINNERS = 6, LOOKS = 50 };
	struct given g = {0};
	pid_t pid[SPINNERS];
	int64_t since_ms, wall_ms, used_ms;
	int cpu = allowed_cpu(), status[SPINNERS];

	(void)state;
	if (access("/proc/self/schedstat", R_OK) < 0)
		skip_expected("a kernel without CONFIG_SCHED_INFO");
	for (int i = 0; i < SPINNERS; i++)
		pid[i] = start_spinner(cpu);
	usleep(200000);
	given_watch(&g, pid[0]);
	given_look(&g); /* what it waited before */
	g.given_ns = 0;
	since_ms = limit_clock_wall_ms();
	for (int i = 0; i < LOOKS; i++) {
		usleep(20000);
		given_look(&g);
	}
	wall_ms = limit_clock_wall_ms() - since_ms;
	used_ms = given_processor_ms(pid[0]);
	for (int i = 0; i < SPINNERS; i++) {
		status[i] = -1;
		if (pid[i] > 0) {
			kill(pid[i], SIGKILL);
			waitpid(pid[i], &status[i], 0);
		}
	}
	for (int i = 0; i < SPINNERS; i++) /* none ended before */
		assert_true(WIFSIGNALED(status[i]) && WTERMSIG(status[i]) == SIGKILL);
	assert_true(used_ms > 0);
	assert_true(given_ms(&g) < wall_ms / 2);
}

static void here_the_limit_clock_is_the_wall_clock(void **state)
{
	int64_t before = limit_clock_wall_ms(), now = limit_clock_ms();

	(void)state;
	assert_true(now >= before && now <= limit_clock_wall_ms());
	limit_clock_sleep(20);
	assert_true(limit_clock_wall_ms() - before >= 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_without_waits_is_given),
		cmocka_unit_test(a_wait_of_several_looks_is_not_given),
		cmocka_unit_test(a_wait_of_a_second_is_deducted_whole),
		cmocka_unit_test(no_more_than_a_second_is_deducted),
		cmocka_unit_test(a_restart_deducts_nothing),
		cmocka_unit_test(a_late_driver_gives_too_little),
		cmocka_unit_test(what_is_given_stays_over_a_restart),
		cmocka_unit_test(a_limit_is_of_given_time),
		cmocka_unit_test(a_real_process_that_shares_its_processor),
		cmocka_unit_test(here_the_limit_clock_is_the_wall_clock),
	};

	return cmocka_run_group_tests(tests, make_tasks, drop_tasks);
}

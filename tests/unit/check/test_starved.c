// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks on an emulated host that gets too little CPU time, and what the runs of a failed check on
 * other stacks say.  This test plays the driver that
 * publishes how much.  Its kernel log is a socket, so that the log of this host is neither read nor
 * written.
 */
#include "check/runner.h"
#include "lib/base/limit_clock.h"

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
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

enum { LIMIT_S = 1 };

static struct limit_clock_page *clock_page;
static char base[] = "/tmp/starved.XXXXXX";

/* The kernel's log: what is sent to log_fds[1] is read as a record from log_fds[0]. */
static int log_fds[2];

static int set_up(void **state)
{
	(void)state;
	clock_page = mmap(NULL, LIMIT_CLOCK_BYTES, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (clock_page == MAP_FAILED || !mkdtemp(base) ||
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, log_fds) < 0)
		return -1;
	clock_page->magic = LIMIT_CLOCK_MAGIC;
	limit_clock_use(clock_page);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	limit_clock_use(NULL);
	return rmdir(base);
}

/* Longer than its limit, of which it is given nothing. */
static void slowly(struct check_env *env, const void *arg)
{
	(void)env;
	(void)arg;
	usleep(LIMIT_S * 2500000);
}

static void never(struct check_env *env, const void *arg)
{
	(void)env;
	(void)arg;
	for (;;)
		pause();
}

/* The same, and all of its limit is given. */
static void hang(struct check_env *env, const void *arg)
{
	clock_page->given_ms += LIMIT_S * 1000;
	never(env, arg);
}

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if (flags & O_CREAT)
		mode = va_arg(args, mode_t);
	va_end(args);
	if (!strcmp(path, "/dev/kmsg") && (flags & O_ACCMODE) == O_RDONLY)
		return dup(log_fds[0]);
	if (!strcmp(path, "/dev/kmsg"))
		path = "/dev/null"; /* the markers of the runner */
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

/* What the kernel's watchdogs write when a guest does not run. */
static void complain(const char *text)
{
	char record[200];
	int len = snprintf(record, sizeof(record), "4,1,1,-;%s", text);

	assert_int_equal(write(log_fds[1], record, (size_t)len), len);
}

static void is_late(struct check_env *env, const void *arg)
{
	(void)env;
	(void)arg;
	complain("INFO: task nobody:0 blocked for more than 20 seconds. (daxdm unit test)");
	usleep(50000);
}

static void fails_and_is_late(struct check_env *env, const void *arg)
{
	check_fail(env, "a byte is wrong");
	is_late(env, arg);
}

static void is_late_and_warns(struct check_env *env, const void *arg)
{
	is_late(env, arg);
	complain("WARNING: CPU: 0 PID: 0 at planted/by/daxdm.c:1 (daxdm unit test)");
}

/* As a sanitiser does, or a library that calls exit(3). */
static void exits(struct check_env *env, const void *arg)
{
	(void)env;
	(void)arg;
	_exit(1);
}

/* A message with what a program printed. */
static void fails_in_another_encoding(struct check_env *env, const void *arg)
{
	(void)arg;
	check_fail(env, "the volume's name is %s", "caf\xe9");
}

/* ---- who is to blame ------------------------------------------------------------------------- */

/* Where it fails: on its own stack, and on some of the others. */
static void fails_on(struct check_env *env, bool raw, bool linear, const char *on_raw)
{
	if (env->instead)
		check_runs_instead(env);
	if (env->instead == INSTEAD_NONE)
		check_fail(env, "the byte at 4 is wrong on dm-0");
	if (env->instead == INSTEAD_RAW && raw)
		check_fail(env, "%s", on_raw);
	if (env->instead == INSTEAD_LINEAR && linear)
		check_fail(env, "the byte at 4 is wrong on dm-1");
}

static void fails_everywhere(struct check_env *env, const void *arg)
{
	(void)arg;
	fails_on(env, true, true, "the byte at 8 is wrong on pmem0");
}

static void fails_on_each_dm_device(struct check_env *env, const void *arg)
{
	(void)arg;
	fails_on(env, false, true, "");
}

static void fails_on_its_table(struct check_env *env, const void *arg)
{
	(void)arg;
	fails_on(env, false, false, "");
}

/* On one namespace it passes, and bios of the device reach other bytes. */
static void fails_by_bios_of_two(struct check_env *env, const void *arg)
{
	(void)arg;
	fails_on(env, false, false, "");
	if (env->instead == INSTEAD_BIOS)
		check_fail(env, "bios of the device and of its member at byte 0: ...");
}

static void fails_on_one_namespace(struct check_env *env, const void *arg)
{
	(void)arg;
	fails_on(env, false, false, "");
	if (env->instead == INSTEAD_ONE_NAMESPACE)
		check_fail(env, "the byte at 4 is wrong on dm-1");
}

static void fails_differently(struct check_env *env, const void *arg)
{
	(void)arg;
	fails_on(env, true, true, "mounting: expected success, got EBUSY");
}

static void has_no_other_stack(struct check_env *env, const void *arg)
{
	(void)arg;
	if (env->instead == INSTEAD_NONE)
		check_fail(env, "the byte at 4 is wrong on dm-0");
}

static void dies_on_others(struct check_env *env, const void *arg)
{
	has_no_other_stack(env, arg);
	if (env->instead == INSTEAD_NONE)
		return;
	check_runs_instead(env);
	kill(getpid(), SIGKILL);
}

/* Runs a check and returns its line. */
static json_t *verdict_of(void (*run)(struct check_env *env, const void *arg))
{
	const struct check_item item = {
		.name = "item", .promise = "p", .by = "b", .run = run, .limit_s = LIMIT_S};
	const struct check_family family = {.name = "family", .items = &item};
	struct check_case c = {.family = &family, .item = &item, .id = "family.item"};
	struct sink sink = {.captured = json_array()};
	struct runner k = {.env = {.owner = getpid()}, .sink = &sink};
	json_t *line = NULL, *each;
	size_t i;

	assert_int_equal(runner_case(&k, &c, base), 0);
	json_array_foreach(sink.captured, i, each) {
		if (json_object_get(each, "verdict"))
			line = json_incref(each);
	}
	json_decref(sink.captured);
	assert_non_null(line);
	return line;
}

static void expect_line(void (*run)(struct check_env *env, const void *arg), const char *verdict,
			const char *why, bool starved)
{
	json_t *line = verdict_of(run);
	const char *got = json_string_value(json_object_get(line, "why"));

	assert_string_equal(json_string_value(json_object_get(line, "verdict")), verdict);
	if (why && (!got || strncmp(got, why, strlen(why))))
		fail_msg("why: '%s', wanted '%s...'", got ? got : "none", why);
	assert_int_equal(json_is_true(json_object_get(line, "starved")), starved);
	json_decref(line);
}

static void its_time_does_not_pass_while_the_host_is_busy(void **state)
{
	(void)state;
	expect_line(slowly, "pass", NULL, false);
}

static void a_hang_is_a_failure(void **state)
{
	(void)state;
	expect_line(hang, "fail", "the check did not end within 1 s", false);
}

static void a_host_that_never_gives_enough_is_too_slow(void **state)
{
	(void)state;
	expect_line(never, "broken", "host too slow: the emulated host ran for ", true);
}

static void the_kernel_complains_of_the_host(void **state)
{
	(void)state;
	expect_line(is_late, "broken", "host too slow: ", true);
}

/* It was found out before. */
static void a_slow_host_does_not_excuse_a_failure(void **state)
{
	(void)state;
	expect_line(fails_and_is_late, "fail", "a byte is wrong", false);
}

static void the_kernel_complains_of_itself(void **state)
{
	(void)state;
	expect_line(is_late_and_warns, "fail", "the kernel complained: ", false);
}

static void a_process_that_exits_early_does_not_pass(void **state)
{
	(void)state;
	expect_line(exits, "broken", "the check's process exited with status 1", false);
}

static void a_failure_that_is_not_utf8_is_a_failure(void **state)
{
	(void)state;
	expect_line(fails_in_another_encoding, "fail", "the volume's name is caf?", false);
}

static void a_failure_names_who_is_to_blame(void **state)
{
	static const struct {
		void (*run)(struct check_env *env, const void *arg);
		const char *blame, *evidence;
	} table[] = {
		{fails_everywhere, "kernel", "fails on the namespace without device-mapper, too"},
		{fails_on_each_dm_device, "dm",
		 "passes on the namespace without device-mapper, fails on one linear segment"},
		{fails_on_its_table, "table",
		 "passes on the namespace without device-mapper, and on one linear segment"},
		{fails_by_bios_of_two, "table",
		 "passes on the namespace without device-mapper, and on one linear segment: "
		 "device-mapper with this table only; the bio path, not DAX: bios of the device "
		 "and of its members differ; only with the second namespace"},
		{fails_on_one_namespace, "table",
		 "passes on the namespace without device-mapper, and on one linear segment: "
		 "device-mapper with this table only; bios of the device and of its members "
		 "agree; with one namespace, too: its segments or stripes"},
		{fails_differently, NULL, "fails differently on the namespace"},
		{has_no_other_stack, NULL, NULL},
		{dies_on_others, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		json_t *line = verdict_of(table[i].run), *list = json_object_get(line, "evidence");
		const char *blame = json_string_value(json_object_get(line, "blame")),
			   *first = json_string_value(json_array_get(list, 0));

		assert_string_equal(json_string_value(json_object_get(line, "verdict")), "fail");
		if (strcmp(blame ? blame : "", table[i].blame ? table[i].blame : ""))
			fail_msg("case %zu: blame %s", i, blame ? blame : "none");
		if (!first != !table[i].evidence ||
		    (first && strncmp(first, table[i].evidence, strlen(table[i].evidence))))
			fail_msg("case %zu: %s", i, first ? first : "no evidence");
		json_decref(line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_that_is_not_utf8_is_a_failure),
		cmocka_unit_test(a_process_that_exits_early_does_not_pass),
		cmocka_unit_test(its_time_does_not_pass_while_the_host_is_busy),
		cmocka_unit_test(a_hang_is_a_failure),
		cmocka_unit_test(a_host_that_never_gives_enough_is_too_slow),
		cmocka_unit_test(the_kernel_complains_of_the_host),
		cmocka_unit_test(a_slow_host_does_not_excuse_a_failure),
		cmocka_unit_test(the_kernel_complains_of_itself),
		cmocka_unit_test(a_failure_names_who_is_to_blame),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

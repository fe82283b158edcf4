// SPDX-License-Identifier: GPL-2.0-only
/* What a check sends: whom a failed step of the set-up blames, and the commands of the set-up. */
#include "check/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void expect(bool (*step)(struct check_env *, int, const char *, ...), int rc,
		   const char *verdict, const char *why)
{
	struct check_env env = {0};
	char text[512];
	json_t *line;
	int fds[2];
	ssize_t n;

	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	env.out = fds[1];
	assert_int_equal(step(&env, rc, "mounting %s", "x"), !verdict);
	assert_int_equal(check_complained(&env), !!verdict);
	n = read(fds[0], text, sizeof(text) - 1);
	close(fds[0]);
	close(fds[1]);
	if (!verdict) {
		assert_true(n < 0);
		return;
	}
	text[n] = '\0';
	line = json_loads(text, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(line, "say")), verdict);
	assert_string_equal(json_string_value(json_object_get(line, "why")), why);
	json_decref(line);
}

static void test_setup(void **state)
{
	(void)state;
	expect(check_setup, 0, NULL, NULL);
	expect(check_setup, 7, NULL, NULL);
	/* The kernel does not do what it promises. */
	expect(check_setup, -EIO, "fail", "mounting x: expected success, got EIO");
	expect(check_setup, -EINVAL, "fail", "mounting x: expected success, got EINVAL");
	expect(check_setup, -EFAULT, "fail", "mounting x: expected success, got EFAULT");
	/* This host. */
	expect(check_setup, -ENOMEM, "broken", "mounting x: Cannot allocate memory");
	expect(check_setup, -ENOSPC, "broken", "mounting x: No space left on device");
	expect(check_setup, -ENOENT, "broken", "mounting x: No such file or directory");
}

static void test_own(void **state)
{
	(void)state;
	expect(check_own, 0, NULL, NULL);
	expect(check_own, -EIO, "broken", "mounting x: Input/output error");
}

/* A block device of this host that is not of device-mapper.  Returns false without one. */
static bool find_device(char numbers[16], char name[64])
{
	char link[64], target[256];
	struct dirent *e;
	ssize_t n = -1;
	DIR *dir = opendir("/sys/dev/block");

	while (dir && n < 0 && (e = readdir(dir))) {
		snprintf(numbers, 16, "%.15s", e->d_name);
		snprintf(link, sizeof(link), "/sys/dev/block/%s", numbers);
		n = readlink(link, target, sizeof(target) - 1);
		if (n > 0 && strstr(target, "/dm-"))
			n = -1;
	}
	if (dir)
		closedir(dir);
	if (n <= 0)
		return false;
	target[n] = '\0';
	snprintf(name, 64, "/dev/%.58s", strrchr(target, '/') + 1);
	return true;
}

/* Device numbers are those of one boot: a script of the set-up has names. */
static void test_log_setup(void **state)
{
	char numbers[16], name[64], command[256], want[512], got[512];
	struct check_env env = {0};
	int fds[2];
	ssize_t n;

	(void)state;
	if (!find_device(numbers, name))
		skip();
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	env.out = fds[1];
	snprintf(command, sizeof(command),
		 "dmsetup load x <<'END'\n0 8 linear %s 16\n8 8 linear 4095:77 a:1 7:\nEND",
		 numbers);
	snprintf(want, sizeof(want),
		 "{\"say\":\"setup\",\"line\":\"dmsetup load x <<'END'\"}\n"
		 "{\"say\":\"setup\",\"line\":\"0 8 linear %s 16\"}\n"
		 "{\"say\":\"setup\",\"line\":\"8 8 linear 4095:77 a:1 7:\"}\n"
		 "{\"say\":\"setup\",\"line\":\"END\"}\n",
		 name);
	check_log_setup(&env, command);
	n = read(fds[0], got, sizeof(got) - 1);
	close(fds[0]);
	close(fds[1]);
	assert_true(n > 0);
	got[n] = '\0';
	assert_string_equal(got, want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_setup),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_log_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

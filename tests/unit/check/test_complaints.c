// SPDX-License-Identifier: GPL-2.0-only
/* What a step of the set-up that fails says: of the kernel, of this host, or of the check. */
#include "check/check.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_setup),
		cmocka_unit_test(test_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

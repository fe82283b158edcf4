// SPDX-License-Identifier: GPL-2.0-only
/* What is said where nothing can be traced. */
#include "lib/trace/tracer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/skip.h"

/* Tries to trace as nobody: whichever kernel this is, it must refuse.  Exits with what is wrong. */
static int try_as_nobody(const char *way)
{
	struct tracer_missing missing;
	struct tracer tracer;
	int rc;

	if (setgid(65534) < 0 || setuid(65534) < 0)
		return 1;
	rc = tracer_open(&tracer, false, way, &missing);
	fprintf(stderr, "%s: %s; %s\n", way ? way : "any", missing.why, missing.cure);
	if (rc >= 0)
		return 2;
	if (strncmp(missing.why, "cannot trace calls of kernel functions: ", 40))
		return 3;
	if (way && !strstr(missing.why, way))
		return 4;
	if (!way && (!strstr(missing.why, "fentry: ") || !strstr(missing.why, "; kprobe: ")))
		return 5;
	return strlen(missing.cure) > 20 ? 0 : 6;
}

static void says_why_not(void **state)
{
	static const char *const ways[] = {NULL, "fentry", "kprobe"};

	(void)state;
	if (geteuid())
		skip_expected("not root, so there is no other user to become");
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		pid_t pid = fork();
		int status;

		assert_true(pid >= 0);
		if (!pid)
			_exit(try_as_nobody(ways[i]));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

static void knows_its_ways(void **state)
{
	struct tracer_missing missing;
	struct tracer tracer;

	(void)state;
	assert_int_equal(tracer_open(&tracer, false, "strace", &missing), -EINVAL);
	assert_string_equal(missing.why, "unknown tracer 'strace'; expected fentry or kprobe");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_why_not),
		cmocka_unit_test(knows_its_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

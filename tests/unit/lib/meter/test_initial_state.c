// SPDX-License-Identifier: GPL-2.0-only
/* lib/meter/initial_state.c: state 1 changes nothing; a process holds another until its end. */
#include "lib/meter/initial_state.h"
#include "tests/unit/skip.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>

#include <cmocka.h>

static void no_child(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void the_first_state_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(initial_state_start(INITIAL_STATE_NONE), 0);
	no_child();
	initial_state_end();
}

static void a_state_is_held_until_its_end(void **state)
{
	int rc = initial_state_start(2);

	(void)state;
	if (rc == -EPERM || rc == -EACCES)
		skip_expected("only root can reseed the random numbers");
	assert_int_equal(rc, 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), 0);
	initial_state_end();
	no_child();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_state_changes_nothing),
		cmocka_unit_test(a_state_is_held_until_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

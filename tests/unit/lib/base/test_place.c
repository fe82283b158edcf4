// SPDX-License-Identifier: GPL-2.0-only
/* Where the files of a checkout and of an installed daxdm are. */
#include "lib/base/place.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int install(void **state)
{
	(void)state;
	setenv("DAXDM_DATA", "/usr/share/daxdm", 1);
	setenv("DAXDM_CACHE", "/home/me/a[1]*/daxdm", 1);
	setenv("DAXDM_LIB", "/usr/lib/daxdm", 1);
	return 0;
}

static int uninstall(void **state)
{
	(void)state;
	unsetenv("DAXDM_DATA");
	unsetenv("DAXDM_CACHE");
	unsetenv("DAXDM_LIB");
	return 0;
}

static void names_of_a_checkout_stay(void **state)
{
	char text[] = "see ./run.sh help", path[PATH_MAX], here[PATH_MAX];

	(void)state;
	assert_false(place_is_installed());
	assert_string_equal(place("emu/kernel.sh"), "emu/kernel.sh");
	assert_string_equal(place("build/daxdm"), "build/daxdm");
	assert_string_equal(place_pattern("build/kernels/*"), "build/kernels/*");
	assert_string_equal(place_command(), "./run.sh");
	place_name_command(text);
	assert_string_equal(text, "see ./run.sh help");
	assert_int_equal(place_absolute("build", path, sizeof(path)), 0);
	assert_non_null(getcwd(here, sizeof(here)));
	strcat(here, "/build");
	assert_string_equal(path, here);
	assert_int_equal(place_absolute("build", path, 3), -ENAMETOOLONG);
}

static void installed_files_are_elsewhere(void **state)
{
	const char *kernels = place("build/kernels");
	char path[PATH_MAX];

	(void)state;
	assert_true(place_is_installed());
	assert_string_equal(place("emu/kernel.sh"), "/usr/share/daxdm/emu/kernel.sh");
	assert_string_equal(place("results/published"), "/usr/share/daxdm/results/published");
	assert_string_equal(place("builds"), "/usr/share/daxdm/builds");
	assert_string_equal(place("build"), "/home/me/a[1]*/daxdm");
	assert_string_equal(place("build/daxdm"), "/usr/lib/daxdm/daxdm");
	assert_string_equal(place("build/qemu_preload.so"), "/usr/lib/daxdm/qemu_preload.so");
	assert_string_equal(place("build/daxdm.log"), "/home/me/a[1]*/daxdm/daxdm.log");
	/* What was returned before stays. */
	assert_string_equal(kernels, "/home/me/a[1]*/daxdm/kernels");
	assert_ptr_equal(place("build/kernels"), kernels);
	assert_string_equal(place_pattern("build/kernels/*"), "/home/me/a\\[1]\\*/daxdm/kernels/*");
	assert_int_equal(place_absolute("build/snapshots", path, sizeof(path)), 0);
	assert_string_equal(path, "/home/me/a[1]*/daxdm/snapshots");
}

static void messages_name_the_command(void **state)
{
	char text[] = "./run.sh list shows them; ./run.sh help", none[] = "",
	     part[] = "run.sh ./run.s";

	(void)state;
	assert_string_equal(place_command(), "daxdm");
	place_name_command(text);
	assert_string_equal(text, "daxdm list shows them; daxdm help");
	place_name_command(none);
	assert_string_equal(none, "");
	place_name_command(part);
	assert_string_equal(part, "run.sh ./run.s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_a_checkout_stay),
		cmocka_unit_test_setup_teardown(installed_files_are_elsewhere, install, uninstall),
		cmocka_unit_test_setup_teardown(messages_name_the_command, install, uninstall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

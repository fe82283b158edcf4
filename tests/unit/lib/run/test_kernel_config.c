// SPDX-License-Identifier: GPL-2.0-only
/* Whether a kernel lets a mounted block device be written. */
#include "lib/run/kernel_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool allowed(const char *config, const char *cmdline)
{
	FILE *in = fmemopen((void *)config, strlen(config), "r");
	bool allows;

	assert_non_null(in);
	allows = kernel_config_writes_mounted(in, cmdline);
	fclose(in);
	return allows;
}

static const char with[] = "CONFIG_BLOCK=y\nCONFIG_BLK_DEV_WRITE_MOUNTED=y\nCONFIG_DAX=m\n";
static const char without[] =
	"CONFIG_BLOCK=y\n# CONFIG_BLK_DEV_WRITE_MOUNTED is not set\nCONFIG_DAX=m\n";
static const char older[] = "CONFIG_BLOCK=y\nCONFIG_DAX=m\n";

static void configuration(void **state)
{
	(void)state;
	assert_true(allowed(with, "quiet"));
	assert_false(allowed(without, "quiet"));
	assert_true(allowed(older, ""));
	assert_true(kernel_config_writes_mounted(NULL, ""));
}

static void command_line(void **state)
{
	(void)state;
	assert_true(allowed(without, "bdev_allow_write_mounted=1 quiet"));
	assert_true(allowed(without, "quiet bdev_allow_write_mounted=on"));
	assert_true(allowed(without, "bdev_allow_write_mounted=0 bdev_allow_write_mounted=Y"));
	assert_false(allowed(with, "quiet bdev_allow_write_mounted=0"));
	assert_false(allowed(with, "bdev_allow_write_mounted=off"));
	/* What the kernel cannot parse, and another module's parameter of a like name. */
	assert_false(allowed(without, "bdev_allow_write_mounted="));
	assert_false(allowed(without, "bdev_allow_write_mounted=2"));
	assert_false(allowed(without, "my.bdev_allow_write_mounted=1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configuration),
		cmocka_unit_test(command_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

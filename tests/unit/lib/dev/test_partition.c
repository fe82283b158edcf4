// SPDX-License-Identifier: GPL-2.0-only
/* Partitions that are removed while somebody else removes them. */
#include "lib/dev/partition.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

/* The kernel's side: whether sysfs shows the partition, and what the ioctl answers. */
static bool shown;
static int answer, asked_for;

int access(const char *path, int mode)
{
	if (strcmp(path, "/sys/class/block/null7") != 0)
		return (int)syscall(SYS_faccessat, AT_FDCWD, path, mode);
	if (shown)
		return 0;
	errno = ENOENT;
	return -1;
}

int ioctl(int fd, unsigned long request, ...)
{
	const struct blkpg_ioctl_arg *arg;
	va_list args;

	va_start(args, request);
	arg = va_arg(args, const struct blkpg_ioctl_arg *);
	va_end(args);
	if (request != BLKPG)
		return (int)syscall(SYS_ioctl, fd, request, arg);
	assert_int_equal(arg->op, BLKPG_DEL_PARTITION);
	asked_for = ((const struct blkpg_partition *)arg->data)->pno;
	errno = answer;
	return answer ? -1 : 0;
}

static void test_removed(void **state)
{
	(void)state;
	shown = true;
	answer = 0;
	assert_int_equal(partition_remove("/dev/null", 7), 0);
	assert_int_equal(asked_for, 7);
}

static void test_in_use(void **state)
{
	(void)state;
	shown = true;
	answer = EBUSY;
	assert_int_equal(partition_remove("/dev/null", 7), -EBUSY);
}

static void test_none(void **state)
{
	(void)state;
	shown = false;
	asked_for = 0;
	assert_int_equal(partition_remove("/dev/null", 7), 0);
	assert_int_equal(asked_for, 0);
}

/* udev reads the partition table anew if the disk was written to: what is not in it is dropped. */
static void test_dropped_meanwhile(void **state)
{
	(void)state;
	shown = true;
	answer = ENXIO;
	assert_int_equal(partition_remove("/dev/null", 7), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_removed),
		cmocka_unit_test(test_in_use),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_dropped_meanwhile),
	};

	return cmocka_run_group_tests_name("partition", tests, NULL, NULL);
}

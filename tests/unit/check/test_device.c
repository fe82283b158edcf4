// SPDX-License-Identifier: GPL-2.0-only
/* Devices that do not work: how that is found, and that nothing but their own check sees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check/device_health.h"
#include "check/need.h"
#include "lib/base/limit_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern const struct check_family check_namespace;

enum { BYTES = 5 * PAGE_BYTES + 512 };

static char file[] = "/tmp/daxdm-test-device-XXXXXX";

static int before_all(void **state)
{
	int fd = mkstemp(file);

	(void)state;
	for (int i = 0; i < BYTES; i++)
		if (write(fd, &(char){(char)(i * 7)}, 1) != 1)
			return -1;
	return close(fd);
}

static int after_all(void **state)
{
	(void)state;
	return unlink(file);
}

static void one_that_works_keeps_its_bytes(void **state)
{
	char why[DEVICE_SICK_MAX] = "old", bytes[BYTES];
	int fd;

	(void)state;
	assert_int_equal(device_try(file, why), 0);
	assert_string_equal(why, "");
	fd = open(file, O_RDONLY);
	assert_int_equal(read(fd, bytes, BYTES), BYTES);
	close(fd);
	for (int i = 0; i < BYTES; i++)
		assert_int_equal(bytes[i], (char)(i * 7));
}

static void the_call_that_failed_is_said(void **state)
{
	char why[DEVICE_SICK_MAX];

	(void)state;
	assert_int_equal(device_try("/dev/full", why), -ENOSPC);
	assert_string_equal(why, "write: No space left on device");
	assert_int_equal(device_try("/dev/zero", why), -EINVAL);
	assert_string_equal(why, "fsync: Invalid argument");
	assert_int_equal(device_try("/dev/null", why), -EIO);
	assert_string_equal(why, "read: Input/output error");
	assert_int_equal(device_try("/nosuch", why), -ENOENT);
	assert_string_equal(why, "open: No such file or directory");
}

/* A file that works, then one that does not, then one that works, all virtio; and one of fsdax. */
static struct check_env four(void)
{
	static const enum namespace_mode modes[] = {NAMESPACE_VIRTIO, NAMESPACE_VIRTIO,
						    NAMESPACE_VIRTIO, NAMESPACE_FSDAX};
	struct check_env env = {.n_devices = 4};

	for (unsigned int i = 0; i < env.n_devices; i++) {
		env.devices[i].mode = modes[i];
		snprintf(env.devices[i].node, sizeof(env.devices[i].node), "%s",
			 i == 1 ? "/dev/zero" : file);
	}
	return env;
}

static void checks_see_only_those_that_work(void **state)
{
	struct check_env env = four();

	(void)state;
	assert_int_equal(devices_try(&env), 1);
	assert_string_equal(env.sick[0], "");
	assert_string_equal(env.sick[1], "fsync: Invalid argument");
	assert_ptr_equal(check_device(&env, NAMESPACE_VIRTIO, 0), &env.devices[0]);
	assert_ptr_equal(check_device(&env, NAMESPACE_VIRTIO, 1), &env.devices[2]);
	assert_null(check_device(&env, NAMESPACE_VIRTIO, 2));
}

static bool met(const struct check_env *env, const char *need, struct missing_need *missing)
{
	const char *const needs[] = {need, NULL};

	return check_needs_met(env, needs, missing);
}

static void what_needs_a_sick_one_is_skipped_with_its_sentence(void **state)
{
	struct check_env env = four();
	struct missing_need missing;

	(void)state;
	devices_try(&env);
	assert_true(met(&env, "device:virtio:2", &missing));
	assert_true(met(&env, "device:fsdax", &missing));
	assert_true(met(&env, "named:virtio", &missing));
	assert_false(met(&env, "device:virtio:3", &missing));
	assert_string_equal(missing.why,
			    "/dev/zero (virtio) does not work: fsync: Invalid argument");
	assert_non_null(strstr(missing.cure, "namespace.virtio"));
	assert_false(met(&env, "device:fsdax:2", &missing));
	assert_string_equal(missing.why,
			    "1 namespaces of mode fsdax were named, the check needs 2");
	assert_false(met(&env, "named:raw", &missing));
}

/* Its own check is run on it all the same. */
static void a_sick_one_is_named_still(void **state)
{
	struct check_env env = {.n_devices = 1, .devices = {{.mode = NAMESPACE_RAW}}};
	struct missing_need missing;

	(void)state;
	snprintf(env.devices[0].node, sizeof(env.devices[0].node), "/dev/full");
	assert_int_equal(devices_try(&env), 1);
	assert_false(met(&env, "device:raw", &missing));
	assert_true(met(&env, "named:raw", &missing));
}

/* What the check of a mode says of its devices: the first line. */
static void said_by(const char *mode, struct check_env *env, char *line, size_t len)
{
	const struct check_item *item = check_namespace.items;
	int fds[2];
	ssize_t n;

	while (strcmp(item->name, mode))
		item++;
	assert_int_equal(pipe(fds), 0);
	env->item = item;
	env->out = fds[1];
	item->run(env, item->arg);
	close(fds[1]);
	n = read(fds[0], line, len - 1);
	close(fds[0]);
	line[n > 0 ? n : 0] = '\0';
}

static void a_sick_one_fails_its_own_check(void **state)
{
	struct check_env env = {.n_devices = 1, .devices = {{.mode = NAMESPACE_VIRTIO}}};
	char line[400];

	(void)state;
	env.devices[0].size_bytes = 1 << 20;
	snprintf(env.devices[0].node, sizeof(env.devices[0].node), "%s", file);
	/* It would work now. */
	snprintf(env.sick[0], sizeof(env.sick[0]), "fsync: Input/output error");
	said_by("virtio", &env, line, sizeof(line));
	assert_non_null(strstr(line, "\"fail\""));
	assert_non_null(strstr(line, "(virtio) does not work: fsync: Input/output error"));
}

/* The outer host: lets no time pass, then all of it. */
static void pass_time(struct limit_clock_page *page)
{
	usleep(300000);
	page->given_ms += 30000;
	_exit(0);
}

/* A read of /dev/kmsg waits for the next message of the kernel. */
static void one_that_hangs_is_given_its_time_of_the_limit_clock(void **state)
{
	struct check_env env = {.n_devices = 1, .devices = {{.mode = NAMESPACE_RAW}}};
	struct limit_clock_page *page = mmap(NULL, LIMIT_CLOCK_BYTES, PROT_READ | PROT_WRITE,
					     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int64_t since_ms = limit_clock_wall_ms();
	bool hung = false;

	(void)state;
	assert_true(page != MAP_FAILED);
	if (geteuid())
		skip(); /* the kernel log is not for everybody */
	*page = (struct limit_clock_page){.magic = LIMIT_CLOCK_MAGIC};
	limit_clock_use(page);
	snprintf(env.devices[0].node, sizeof(env.devices[0].node), "/dev/kmsg");
	for (int i = 0; i < 5 && !hung; i++) {
		pid_t pid = fork();

		if (!pid)
			pass_time(page);
		assert_int_equal(devices_try(&env), 1);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		hung = strncmp(env.sick[0], "read: ", 6); /* else somebody wrote a message */
	}
	limit_clock_use(NULL);
	munmap(page, LIMIT_CLOCK_BYTES);
	assert_string_equal(env.sick[0], "write, fsync and read did not end within 30 s");
	assert_true(limit_clock_wall_ms() - since_ms < 20000);
}

static void large_pages_are_those_of_this_kernel(void **state)
{
	struct check_env env = {0};
	struct missing_need missing;
	bool there = !access("/sys/kernel/mm/transparent_hugepage", F_OK);

	(void)state;
	assert_int_equal(met(&env, "page:2M", &missing), there);
	if (!there)
		assert_non_null(strstr(missing.cure, "CONFIG_TRANSPARENT_HUGEPAGE"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_works_keeps_its_bytes),
		cmocka_unit_test(the_call_that_failed_is_said),
		cmocka_unit_test(checks_see_only_those_that_work),
		cmocka_unit_test(what_needs_a_sick_one_is_skipped_with_its_sentence),
		cmocka_unit_test(a_sick_one_is_named_still),
		cmocka_unit_test(a_sick_one_fails_its_own_check),
		cmocka_unit_test(one_that_hangs_is_given_its_time_of_the_limit_clock),
		cmocka_unit_test(large_pages_are_those_of_this_kernel),
	};

	return cmocka_run_group_tests(tests, before_all, after_all);
}

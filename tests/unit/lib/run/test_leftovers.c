// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a run leaves is found and removed, whichever call fails.  Device-mapper is replaced by a
 * list of names; umount2(2) is real, in a mount namespace of our own, but fails as a test says.
 */
#include "lib/base/msg.h"
#include "lib/dev/dm.h"
#include "lib/dev/stack.h"
#include "lib/file/fs.h"
#include "lib/run/leftovers.h"
#include "lib/run/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <libdevmapper.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/skip.h"
#include "tests/unit/stderr_capture.h"

enum { DEVICES = 4, FOR_EVER = 1 << 30 };

/* Shared by all processes of a test. */
struct host {
	char devices[DEVICES][64];
	int dm_fails, dm_error; /* so many calls from now on, with that errno */
	int no_task;		/* so many times there is no task for a question */
	int reload_error;	/* errno of a table load */
	bool suspended;
	int umount_fails, umount_error;
	pid_t worker;
	int aftermaths;
};

static struct host *host;

/* --- the kernel ------------------------------------------------------------------------------ */

static int type, last_errno;
static char name[64];

struct dm_task *dm_task_create(int t)
{
	if (host->no_task) {
		host->no_task--;
		return NULL;
	}
	type = t;
	return calloc(1, 8);
}

void dm_task_destroy(struct dm_task *task)
{
	free(task);
}

int dm_task_set_name(struct dm_task *task, const char *to)
{
	(void)task;
	snprintf(name, sizeof(name), "%s", to);
	return 1;
}

int dm_task_get_errno(struct dm_task *task)
{
	(void)task;
	return last_errno;
}

int dm_task_set_cookie(struct dm_task *task, uint32_t *cookie, uint16_t flags)
{
	(void)task;
	(void)flags;
	*cookie = 0;
	return 1;
}

int dm_udev_get_sync_support(void)
{
	return 0;
}

int dm_task_get_info(struct dm_task *task, struct dm_info *info)
{
	(void)task;
	*info = (struct dm_info){.exists = 1};
	return 1;
}

static int find(const char *device)
{
	for (int i = 0; i < DEVICES; i++)
		if (!strcmp(host->devices[i], device))
			return i;
	return -1;
}

int dm_task_add_target(struct dm_task *task, uint64_t start, uint64_t size, const char *ttype,
		       const char *params)
{
	(void)task;
	(void)start;
	(void)size;
	(void)ttype;
	(void)params;
	return 1;
}

int dm_task_run(struct dm_task *task)
{
	int i = find(name);

	(void)task;
	last_errno = 0;
	if (host->dm_fails) {
		host->dm_fails--;
		last_errno = host->dm_error;
	} else if (type == DM_DEVICE_REMOVE && i < 0) {
		last_errno = ENXIO;
	} else if (type == DM_DEVICE_REMOVE) {
		host->devices[i][0] = '\0';
	} else if (type == DM_DEVICE_RELOAD) {
		last_errno = host->reload_error;
	} else if (type == DM_DEVICE_SUSPEND || type == DM_DEVICE_RESUME) {
		host->suspended = type == DM_DEVICE_SUSPEND;
	}
	return !last_errno;
}

struct dm_names *dm_task_get_names(struct dm_task *task)
{
	static _Alignas(8) char list[DEVICES + 1][128];
	struct dm_names *last = (struct dm_names *)list[0];
	int n = 0;

	(void)task;
	memset(list, 0, sizeof(list));
	for (int i = 0; i < DEVICES; i++) {
		if (!host->devices[i][0])
			continue;
		last->next = n ? sizeof(list[0]) : 0;
		last = (struct dm_names *)list[n++];
		last->dev = 1;
		strcpy((char *)last + offsetof(struct dm_names, name), host->devices[i]);
	}
	return (struct dm_names *)list[0];
}

int access(const char *path, int mode)
{
	if (!strcmp(path, "/sys/class/misc/device-mapper"))
		return 0;
	return (int)syscall(SYS_faccessat, AT_FDCWD, path, mode);
}

int umount2(const char *path, int flags)
{
	if (host->umount_fails) {
		host->umount_fails--;
		errno = host->umount_error;
		return -1;
	}
	return (int)syscall(SYS_umount2, path, flags);
}

/* --- a run ----------------------------------------------------------------------------------- */

static struct stderr_capture capture; /* by the last call that was captured */

static int setup(void **state)
{
	(void)state;
	memset(host, 0, sizeof(*host));
	return 0;
}

static bool can_mount(void)
{
	return !unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static bool is_mounted(const char *path)
{
	struct stat st, above;
	char parent[128];

	snprintf(parent, sizeof(parent), "%s/..", path);
	return !stat(path, &st) && !stat(parent, &above) && st.st_dev != above.st_dev;
}

struct run {
	int status, signal;
	const char *device; /* behind daxdm-PID- */
};

/* Leaves a mount, a file in a directory, and a device. */
static int leave_all(void *arg, const char *directory)
{
	const struct run *run = arg;
	char path[128];
	int fd;

	host->worker = getpid();
	snprintf(host->devices[0], sizeof(host->devices[0]), "daxdm-%d-%s", (int)getpid(),
		 run->device);
	snprintf(path, sizeof(path), "%s-fio-a1B2c3", directory);
	mkdir(path, 0700);
	strcat(path, "/file");
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	if (fd < 0 || mount("none", directory, "tmpfs", 0, "size=64k") < 0)
		return STATUS_USAGE;
	close(fd);
	if (run->signal)
		raise(run->signal);
	return run->status;
}

static void wipe(void *arg)
{
	(void)arg;
	host->aftermaths++;
}

static int supervised(struct run run)
{
	const struct supervised s = {.work = leave_all, .aftermath = wipe, .arg = &run};
	int status;

	run.device = run.device ? run.device : "0";
	stderr_capture_begin(&capture);
	status = supervise(&s);
	stderr_capture_end(&capture);
	return status;
}

static void assert_nothing_left(void)
{
	struct leftovers left;
	char path[64];

	assert_int_equal(leftovers_find(host->worker, &left), 0);
	assert_int_equal(left.n, 0);
	leftovers_free(&left);
	assert_int_equal(find(""), 0);
	assert_int_equal(access(leftovers_directory(host->worker, path), F_OK), -1);
}

#define NEEDS_MOUNT()                                                         \
	do {                                                                  \
		(void)state;                                                  \
		if (!can_mount())                                             \
			skip_expected("not root, so nothing can be mounted"); \
	} while (0)

/* What it says of its end does not matter: what it left goes. */
static void any_end(void **state)
{
	static const struct run runs[] = {
		{.status = STATUS_GOOD},   {.status = STATUS_FAILED},
		{.status = STATUS_BROKEN}, {.status = STATUS_NEEDS_REBOOT},
		{.signal = SIGKILL},	   {.signal = SIGABRT},
	};

	NEEDS_MOUNT();
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		bool broke = runs[i].signal || runs[i].status == STATUS_BROKEN;

		setup(NULL);
		assert_int_equal(supervised(runs[i]),
				 runs[i].signal ? STATUS_BROKEN : runs[i].status);
		assert_nothing_left();
		assert_int_equal(host->aftermaths, broke);
		assert_int_equal(stderr_capture_lines(&capture), !!runs[i].signal);
	}
}

/* Whichever call fails, for a while: nothing is left. */
static void calls_that_fail(void **state)
{
	static const int errors[] = {EBUSY, EIO};

	NEEDS_MOUNT();
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		for (int n = 1; n < 8; n += 3) {
			*host = (struct host){.dm_fails = n,
					      .dm_error = errors[i],
					      .umount_fails = n,
					      .umount_error = errors[i]};
			assert_int_equal(supervised((struct run){.status = STATUS_BROKEN}),
					 STATUS_BROKEN);
			assert_nothing_left();
			assert_int_equal(host->aftermaths, 1);
		}
	}
}

/* One line: what it is, why it stays, what removes it.  A run that said it was good was not. */
static void what_stays(void **state)
{
	char path[64];

	NEEDS_MOUNT();
	host->umount_fails = FOR_EVER;
	host->umount_error = EPERM;
	assert_int_equal(supervised((struct run){.status = STATUS_GOOD}), STATUS_BROKEN);
	assert_int_equal(stderr_capture_lines(&capture), 1);
	assert_non_null(strstr(capture.text, leftovers_directory(host->worker, path)));
	assert_non_null(strstr(capture.text, "mount /run/daxdm-"));
	assert_non_null(strstr(capture.text, strerror(EPERM)));
	assert_non_null(strstr(capture.text, "`./run.sh cleanup`"));
	assert_int_equal(host->aftermaths, 0);
	host->umount_fails = 0;
	assert_int_equal(leftovers_remove(host->worker), 0);
	assert_nothing_left();
}

/* A host that is thrown away may hang in an unmount. */
static void expendable_host(void **state)
{
	struct run run = {.status = STATUS_NEEDS_REBOOT, .device = "0"};
	const struct supervised s = {
		.work = leave_all, .aftermath = wipe, .arg = &run, .expendable = true};

	NEEDS_MOUNT();
	assert_int_equal(supervise(&s), STATUS_NEEDS_REBOOT);
	assert_string_not_equal(host->devices[0], "");
	assert_int_equal(leftovers_remove(host->worker), 0);
}

/* What is not ours, and what has a number that only begins like ours. */
static void others(void **state)
{
	char longer[64], path[128];

	NEEDS_MOUNT();
	snprintf(longer, sizeof(longer), "/run/daxdm-%d7", (int)getpid());
	mkdir(longer, 0700);
	assert_int_equal(mount("none", longer, "tmpfs", 0, "size=64k"), 0);
	strcpy(host->devices[2], "vg0-root");
	snprintf(host->devices[3], sizeof(host->devices[3]), "daxdm-%d7-0", (int)getpid());
	leftovers_directory(getpid(), path);
	mkdir(path, 0700);
	assert_int_equal(mount("none", path, "tmpfs", 0, "size=64k"), 0);

	assert_int_equal(leftovers_remove(getpid()), 0);
	assert_false(is_mounted(path));
	assert_int_equal(access(path, F_OK), -1);
	assert_true(is_mounted(longer));
	assert_string_equal(host->devices[2], "vg0-root");
	assert_string_not_equal(host->devices[3], "");

	assert_int_equal(umount2(longer, 0), 0);
	assert_int_equal(rmdir(longer), 0);
}

static void below(void **state)
{
	(void)state;
	assert_true(fs_path_is_below("/run/daxdm-123", "/run/daxdm-123"));
	assert_true(fs_path_is_below("/run/daxdm-123/check", "/run/daxdm-123"));
	assert_false(fs_path_is_below("/run/daxdm-1234", "/run/daxdm-123"));
	assert_false(fs_path_is_below("/run/daxdm-12", "/run/daxdm-123"));
	assert_false(fs_path_is_below("/", "/run/daxdm-123"));
}

static void owners(void **state)
{
	static const char *const foreign[] = {
		"daxdm-123",  "daxdm--1-0", "daxdm-x-0",	  "daxdm- 1-0",
		"daxdm-+1-0", "daxdm-01-0", "daxdm-4294967297-0", "daxdm-99999999999999999999-0",
		"daxdm-",     "daxdmx-0",   "vg0-daxdm-123-0",
	};

	(void)state;
	assert_int_equal(dm_owner("daxdm-123-0"), 123);
	assert_int_equal(dm_owner("daxdm123-thin"), 123);
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		assert_int_equal(dm_owner(foreign[i]), 0);
}

/* Its lock says so, which dies with it. */
static void in_use(void **state)
{
	int fds[2];
	pid_t pid;
	char byte;

	(void)state;
	if (geteuid())
		skip_expected("not root, who alone may write to /run");
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		byte = leftovers_claim() ? 'n' : 'y';
		if (write(fds[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	assert_true(leftovers_in_use(pid));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_false(leftovers_in_use(pid));
	assert_int_equal(leftovers_remove(pid), 0);
	/* Without a lock, by its number. */
	assert_false(leftovers_in_use(pid));
	assert_true(leftovers_in_use(getpid()));
}

/* Why it does not answer, not that it is missing. */
static void does_not_answer(void **state)
{
	(void)state;
	host->dm_fails = 1;
	host->dm_error = EIO;
	assert_int_equal(dm_available(), -EIO);
	host->no_task = 1; /* as the library does when its own question is not answered */
	assert_int_equal(dm_available(), -EIO);
	assert_int_equal(dm_available(), 0);
}

/* That nobody answers is not that there is nothing. */
static void no_answer_is_no_empty_list(void **state)
{
	struct leftovers left;

	(void)state;
	host->no_task = 1;
	assert_int_equal(leftovers_find(5, &left), -EIO);
	leftovers_free(&left);
	assert_int_equal(leftovers_find(5, &left), 0);
	leftovers_free(&left);
}

/* Names that a run does not make are files of somebody else. */
static void names_of_others(void **state)
{
	static const char *const others[] = {"/tmp/daxdm-%d", "/tmp/daxdm-%d-lock",
					     "/tmp/daxdm-%d-01", "/tmp/daxdm-%d-fio-abcdefg"};
	char path[64];

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct leftovers left;

		snprintf(path, sizeof(path), others[i], (int)getpid());
		assert_int_equal(mkdir(path, 0700), 0);
		assert_int_equal(leftovers_find(getpid(), &left), 0);
		assert_int_equal(rmdir(path), 0);
		assert_int_equal(left.n, 0);
		leftovers_free(&left);
	}
}

/* The second try knows what the first could not remove. */
static void stack_twice(void **state)
{
	const struct namespace ns = {.node = "/dev/pmem0", .size_bytes = 64 << 20};
	struct stack_spec spec;
	struct stack stack;
	char why[320];

	(void)state;
	assert_int_equal(stack_parse("linear:1/linear:1", &spec, why, sizeof(why)), 0);
	assert_int_equal(stack_describe(&spec, &ns, 1, 8 << 20, &stack, why, sizeof(why)), 0);
	for (unsigned int i = 1; i <= 2; i++) {
		strcpy(host->devices[i - 1], stack.graph.devices[i].name);
		strcpy(stack.graph.devices[i].numbers, "253:0");
	}
	host->dm_fails = 1;
	host->dm_error = EIO;
	assert_int_equal(stack_destroy(&stack, why, sizeof(why)), -EIO);
	assert_non_null(strstr(why, "cannot remove the device daxdm-"));
	assert_non_null(strstr(why, "-1: Input/output error"));
	/* The lower one is a member of it and was not tried. */
	assert_int_equal(find(stack.graph.devices[1].name), 0);
	assert_int_equal(stack_destroy(&stack, why, sizeof(why)), 0);
	assert_int_equal(find(stack.graph.devices[1].name), -1);
	assert_int_equal(find(stack.graph.devices[2].name), -1);
}

/* A device whose new table is refused is resumed with the old one. */
static void reload_refused(void **state)
{
	(void)state;
	host->reload_error = EINVAL;
	assert_int_equal(dm_device_reload("daxdm-5-0", "0 8 zero", 0), -EINVAL);
	assert_false(host->suspended);
	host->reload_error = 0;
	assert_int_equal(dm_device_reload("daxdm-5-0", "0 8 zero", 0), 0);
	assert_false(host->suspended);
	/* One that cannot be suspended is left alone. */
	host->dm_fails = 1;
	host->dm_error = EBUSY;
	assert_int_equal(dm_device_reload("daxdm-5-0", "0 8 zero", 0), -EBUSY);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(below),	       TEST(owners),	  TEST(in_use),
		TEST(does_not_answer), TEST(stack_twice), TEST(reload_refused),
		TEST(any_end),	       TEST(others),	  TEST(calls_that_fail),
		TEST(expendable_host), TEST(what_stays),  TEST(no_answer_is_no_empty_list),
		TEST(names_of_others),
	};

	host = mmap(NULL, sizeof(*host), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return host == MAP_FAILED ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

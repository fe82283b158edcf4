// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded into daxdm (LD_PRELOAD): makes the Nth call of a function fail, once, counted over all
 * processes of a run, and remembers how many calls there were.
 *
 *   FAIL_NTH=FUNCTION:N:ERRNO   e.g. umount2:1:16; N 0: none fails, all are counted
 *   FAIL_NTH_COUNT=FILE         8 bytes: the calls so far, to be made by the caller
 *
 * Functions: dm_task_run, mount, umount2, mkdir, and open, of nodes and files below /dev, /run and
 * /proc/self only.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct dm_task;

static char function[32];
static unsigned long nth;
static int error;
static atomic_ulong *count;
static int dm_error; /* what dm_task_get_errno() says next */

static void *real(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (!found)
		abort();
	return found;
}

/* Not in the programs that daxdm starts. */
__attribute__((constructor)) static void begin(void)
{
	const char *what = getenv("FAIL_NTH"), *file = getenv("FAIL_NTH_COUNT");
	int (*real_open)(const char *path, int flags, ...) = real("open");
	int fd;

	if (!what || !file || strncmp(program_invocation_short_name, "daxdm", 5) ||
	    sscanf(what, "%31[^:]:%lu:%d", function, &nth, &error) != 3)
		return;
	fd = real_open(file, O_RDWR);
	if (fd < 0)
		return;
	count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (count == MAP_FAILED)
		count = NULL;
}

static bool fails(const char *called)
{
	if (!count || strcmp(called, function) || atomic_fetch_add(count, 1) + 1 != nth)
		return false;
	errno = error;
	return true;
}

int dm_task_run(struct dm_task *task)
{
	int (*next)(struct dm_task * task) = real("dm_task_run");

	dm_error = fails("dm_task_run") ? error : 0;
	return dm_error ? 0 : next(task);
}

int dm_task_get_errno(struct dm_task *task)
{
	int (*next)(struct dm_task * task) = real("dm_task_get_errno");

	return dm_error ? dm_error : next(task);
}

int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data)
{
	int (*next)(const char *source, const char *target, const char *type, unsigned long flags,
		    const void *data) = real("mount");

	return fails("mount") ? -1 : next(source, target, type, flags, data);
}

int umount2(const char *target, int flags)
{
	int (*next)(const char *target, int flags) = real("umount2");

	return fails("umount2") ? -1 : next(target, flags);
}

int mkdir(const char *path, mode_t mode)
{
	int (*next)(const char *path, mode_t mode) = real("mkdir");

	return fails("mkdir") ? -1 : next(path, mode);
}

static bool is_set_up(const char *path)
{
	return !strncmp(path, "/dev/", 5) || !strncmp(path, "/run/", 5) ||
	       !strncmp(path, "/proc/self/", 11);
}

int open(const char *path, int flags, ...)
{
	int (*next)(const char *path, int flags, ...) = real("open");
	mode_t mode = 0;
	va_list args;

	if (flags & (O_CREAT | __O_TMPFILE)) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	return is_set_up(path) && fails("open") ? -1 : next(path, flags, mode);
}

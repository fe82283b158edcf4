// SPDX-License-Identifier: GPL-2.0-only
#include "check/fsmode/times.h"

#include "check/fixture/testbed.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the times are set to before each access. */
enum { LONG_AGO_S = 1000 };

static bool set_times(struct check_env *env, int fd)
{
	const struct timespec times[] = {{.tv_sec = LONG_AGO_S}, {.tv_sec = LONG_AGO_S}};

	return check_setup(env, futimens(fd, times) < 0 ? -errno : 0, "futimens(2)");
}

/* The modification time of the file is the one set, or a later one. */
static void judge(struct check_env *env, int fd, bool updated, const char *by)
{
	struct stat st;

	if (!check_setup(env, fstat(fd, &st) < 0 ? -errno : 0, "fstat(2)"))
		return;
	check_equal(env, st.st_mtim.tv_sec > LONG_AGO_S, updated,
		    "a later modification time after %s", by);
}

/* A store through the mapping, and msync(2). */
static void store(struct check_env *env, const struct testbed *bed, uint64_t at, const char *what)
{
	if (!set_times(env, bed->fd))
		return;
	check_equal(env, check_store(bed->map.base + at, 1).signal, 0, "signal of %s", what);
	check_errno(env, msync((void *)(bed->map.base + at), PAGE_BYTES, MS_SYNC) < 0 ? -errno : 0,
		    0, "msync after %s", what);
	judge(env, bed->fd, true, what);
}

static void store_privately(struct check_env *env, const struct testbed *bed)
{
	char *map = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE, bed->fd, 0);

	if (!check_setup(env, map == MAP_FAILED ? -errno : 0, "a private mapping"))
		return;
	if (set_times(env, bed->fd)) {
		check_equal(env, check_store(map, 1).signal, 0, "signal of a private store");
		judge(env, bed->fd, false, "a store to a private mapping");
	}
	munmap(map, PAGE_BYTES);
}

void times_of_mapped_file(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = {.table = TESTBED_LINEAR,
					  .fs = arg,
					  .file_bytes = 2 * WINDOW_BYTES,
					  .small_pages = true};
	struct testbed bed;

	if (!testbed_open(env, &bed, &spec))
		return;
	if (set_times(env, bed.fd)) {
		check_equal(env, check_load(bed.map.base, NULL).signal, 0, "signal of a load");
		judge(env, bed.fd, false, "a load");
	}
	store_privately(env, &bed);
	store(env, &bed, 0, "a store to a page that was loaded");
	store(env, &bed, PAGE_BYTES, "a store to a page that was not accessed");
	store(env, &bed, spec.file_bytes - PAGE_BYTES, "a store to the last page");
	testbed_close(env, &bed);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "check/journal/freed_space.h"

#include "check/fixture/testbed.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A hole is larger than what a full filesystem holds back: ext4 2 % of its blocks. */
enum { WRITTEN = 2, HOLE_BYTES = 4 << 20 };

/* A file over all the room there is; it is durable.  Returns 0 or -errno. */
static int fill(const char *path)
{
	off_t size = 0;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), rc = 0;

	if (fd < 0)
		return -errno;
	for (off_t step = 16 << 20; step >= PAGE_BYTES && !rc;) {
		if (!fallocate(fd, 0, size, step))
			size += step;
		else if (errno == ENOSPC)
			step /= 2;
		else
			rc = -errno;
	}
	if (!rc && syncfs(fd) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/* How blocks are taken of what was just freed. */
static int by_write(struct testbed *bed, uint64_t at)
{
	char *bytes = malloc(HOLE_BYTES);
	ssize_t n;
	int rc;

	if (!bytes)
		return -ENOMEM;
	stamp_fill(bytes, HOLE_BYTES, TESTBED_FILE, at, WRITTEN);
	n = pwrite(bed->fd, bytes, HOLE_BYTES, (off_t)at);
	rc = n == HOLE_BYTES ? 0 : n < 0 ? -errno : -ENOSPC;
	free(bytes);
	return rc;
}

static int by_store(struct testbed *bed, uint64_t at)
{
	char page[PAGE_BYTES];

	for (uint64_t end = at + HOLE_BYTES; at < end; at += PAGE_BYTES) {
		stamp_fill(page, sizeof(page), TESTBED_FILE, at, WRITTEN);
		if (check_copy(bed->map.base + at, page, sizeof(page)).signal)
			return -ENOSPC;
	}
	return 0;
}

static int by_fallocate(struct testbed *bed, uint64_t at)
{
	int rc = fallocate(bed->fd, 0, (off_t)at, HOLE_BYTES) < 0 ? -errno : 0;

	return rc ? rc : by_write(bed, at);
}

static const struct {
	const char *what;
	int (*fn)(struct testbed *bed, uint64_t at);
} ways[] = {{"write(2)", by_write}, {"stores", by_store}, {"fallocate(2)", by_fallocate}};

void freed_space(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = {.table = TESTBED_LINEAR,
					  .fs = arg,
					  .file_bytes = 3 * HOLE_BYTES,
					  .small_pages = true,
					  .direct = true};
	char path[sizeof(((struct testbed *)0)->fs.where) + 8];
	struct testbed bed;

	if (!testbed_open(env, &bed, &spec))
		return;
	snprintf(path, sizeof(path), "%s/filler", bed.fs.where);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && !check_complained(env); i++) {
		uint64_t at = i * HOLE_BYTES;
		int rc = fallocate(bed.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at,
				   HOLE_BYTES);

		if (!check_setup(env, rc < 0 ? -errno : 0, "punching a hole") ||
		    !check_setup(env, fill(path), "filling the filesystem") ||
		    !check_setup(env, unlink(path) < 0 ? -errno : 0, "removing a file"))
			break;
		check_errno(env, ways[i].fn(&bed, at), 0,
			    "%s to a hole, when a file that filled the filesystem was just removed",
			    ways[i].what);
	}
	if (!check_complained(env) && check_setup(env, fsync(bed.fd) < 0 ? -errno : 0, "fsync") &&
	    testbed_read_extents(env, &bed))
		testbed_holds(env, &bed, "afterwards", 0, 3 * HOLE_BYTES, WRITTEN);
	testbed_close(env, &bed);
}

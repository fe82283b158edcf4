// SPDX-License-Identifier: GPL-2.0-only
#include "check/suspend/frozen_image.h"

#include "check/fixture/bio.h"
#include "check/fixture/testbed.h"
#include "lib/dev/dm.h"
#include "lib/file/stamp.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PATH_BYTES = 320,
	SMALL_FILES = 24, /* every fourth one is removed again */
	SMALL_ID = TESTBED_FILE + 1,
	STORED = 2,
	STORED_BYTES = 16 * PAGE_BYTES,
};

static bool is_removed(int i)
{
	return i % 4 == 1;
}

static const char *small_path(const char *where, int i, char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "%s/small%d", where, i);
	return path;
}

/* Names, files and stores through the mapping; nothing is synced.  Returns 0 or -errno. */
static int change(struct testbed *bed)
{
	char path[PATH_BYTES], page[PAGE_BYTES];
	int rc = 0;

	for (int i = 0; i < SMALL_FILES && !rc; i++) {
		int fd = open(small_path(bed->fs.where, i, path), O_RDWR | O_CREAT | O_CLOEXEC,
			      0600);

		stamp_fill(page, sizeof(page), SMALL_ID + i, 0, STORED);
		if (fd < 0 || pwrite(fd, page, sizeof(page), 0) != (ssize_t)sizeof(page))
			rc = errno ? -errno : -EIO;
		if (fd >= 0)
			close(fd);
	}
	for (int i = 0; i < SMALL_FILES && !rc; i++)
		if (is_removed(i) && unlink(small_path(bed->fs.where, i, path)) < 0)
			rc = -errno;
	stamp_fill(bed->map.base, STORED_BYTES, TESTBED_FILE, 0, STORED);
	return rc;
}

static void judge_small(struct check_env *env, const char *where, int i)
{
	char path[PATH_BYTES], page[PAGE_BYTES];
	int fd = open(small_path(where, i, path), O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (is_removed(i)) {
		check_that(env, fd < 0 && errno == ENOENT,
			   "a file that was removed before the suspend is not in the image");
	} else if (check_errno(env, fd < 0 ? -errno : 0, 0,
			       "open of a file in the image that was made before the suspend")) {
		n = pread(fd, page, sizeof(page), 0);
		if (check_equal(env, n, PAGE_BYTES, "bytes of that file"))
			check_bytes(env, "the image", page, sizeof(page), SMALL_ID + (uint32_t)i, 0,
				    STORED);
	}
	if (fd >= 0)
		close(fd);
}

static void judge_large(struct check_env *env, const char *where, uint64_t bytes)
{
	char *window = malloc(WINDOW_BYTES), path[PATH_BYTES];
	int fd;

	if (!check_own(env, window ? 0 : -ENOMEM, "memory"))
		return;
	snprintf(path, sizeof(path), "%s/file", where);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	for (uint64_t at = 0; at < bytes && !check_complained(env); at += WINDOW_BYTES) {
		size_t stored = at ? 0 : STORED_BYTES;
		ssize_t n = pread(fd, window, WINDOW_BYTES, (off_t)at);

		if (!check_equal(env, n, WINDOW_BYTES, "bytes of the file in the image"))
			break;
		if (stored)
			check_bytes(env, "the image, what was stored before the suspend", window,
				    stored, TESTBED_FILE, at, STORED);
		check_bytes(env, "the image", window + stored, WINDOW_BYTES - stored, TESTBED_FILE,
			    at + stored, TESTBED_GENERATION);
	}
	if (fd >= 0)
		close(fd);
	free(window);
}

/* ---- the journal of ext4 --------------------------------------------------------------------- */

enum {
	BLOCK = 4096, /* lib/file/fs.c */
	JOURNAL_INODE = 8,
	SUPER_AT = 1024,
	SUPER_INODE_SIZE = SUPER_AT + 88,
	GROUP_INODE_TABLE = 8,
	INODE_EXTENTS = 40, /* a header and the first extent, of 12 bytes each */
	EXTENT_START = INODE_EXTENTS + 12 + 8,
	LOG_MAGIC = 0,
	LOG_START = 28,
};

/* Where the log of the journal starts; 0: it is empty.  Returns 0 or -errno.
 * Source: Documentation/filesystems/ext4/, super, group_descr, inodes, ifork and journal. */
static int read_log_start(const char *node, uint32_t *start)
{
	static char block[BLOCK];
	uint16_t inode_size;
	uint32_t le;
	uint64_t at;
	int rc = bio_read(node, 0, block, BLOCK);

	memcpy(&inode_size, block + SUPER_INODE_SIZE, sizeof(inode_size));
	rc = rc ? rc : bio_read(node, BLOCK, block, BLOCK);
	memcpy(&le, block + GROUP_INODE_TABLE, sizeof(le));
	at = (uint64_t)le32toh(le) * BLOCK + (JOURNAL_INODE - 1) * (uint64_t)le16toh(inode_size);
	rc = rc ? rc : bio_read(node, at / BLOCK * BLOCK, block, BLOCK);
	memcpy(&le, block + at % BLOCK + EXTENT_START, sizeof(le));
	rc = rc ? rc : bio_read(node, (uint64_t)le32toh(le) * BLOCK, block, BLOCK);
	memcpy(&le, block + LOG_MAGIC, sizeof(le));
	if (!rc && be32toh(le) != 0xc03b3998)
		rc = -EILSEQ;
	memcpy(start, block + LOG_START, sizeof(*start));
	*start = be32toh(*start);
	return rc;
}

static void judge_log(struct check_env *env, const char *node)
{
	uint32_t start = 0;
	int rc = read_log_start(node, &start);

	if (check_own(env, rc, "the journal of the image"))
		check_equal(env, start, 0, "start of the log in the image, 0 for an empty one");
}

/* ---- all ------------------------------------------------------------------------------------- */

/* Without recovery of the log: the image itself must be complete. */
static void judge_image(struct check_env *env, const struct testbed *bed, const char *node)
{
	const char *fs = bed->spec.fs;
	const char *options = strcmp(fs, "xfs") ? "noload" : "norecovery,nouuid";
	char where[280];
	int rc;

	snprintf(where, sizeof(where), "%s/image", env->directory);
	rc = mkdir(where, 0700) < 0 || mount(node, where, fs, MS_RDONLY, options) < 0 ? -errno : 0;
	if (!check_errno(env, rc, 0, "mounting the image (ro,%s)", options))
		return;
	for (int i = 0; i < SMALL_FILES && !check_complained(env); i++)
		judge_small(env, where, i);
	if (!check_complained(env))
		judge_large(env, where, bed->bytes);
	check_setup(env, fs_unmount_path(where), "unmounting the image");
}

void frozen_image(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = {.table = "AB: $ linear A 4096",
					  .fs = arg,
					  .file_bytes = 2 * WINDOW_BYTES,
					  .small_pages = true};
	const struct namespace *a = check_device(env, NAMESPACE_FSDAX, 0);
	const struct namespace *b = check_device(env, NAMESPACE_FSDAX, 1);
	const uint64_t bytes = testbed_fs_bytes(arg);
	struct testbed bed = TESTBED_NONE;
	char name[64], node[128], table[96];

	check_name(env, "image", name);
	snprintf(table, sizeof(table), "0 %" PRIu64 " linear %u:%u 0", bytes / SECTOR_BYTES,
		 b->major, b->minor);
	if (testbed_open(env, &bed, &spec) && check_setup(env, change(&bed), "changing files") &&
	    testbed_suspend(env, &bed, 0)) {
		int rc = bio_copy(a->node, 4096 * SECTOR_BYTES, b->node, 0, bytes);

		if (check_setup(env, rc, "copying the image") && testbed_resume(env, &bed) &&
		    check_setup(env, dm_device_create(name, table, 0), "the device of the image")) {
			dm_device_node(name, node);
			if (!strcmp(spec.fs, "ext4"))
				judge_log(env, node);
			judge_image(env, &bed, node);
			check_setup(env, dm_device_remove(name, 0), "removing %s", name);
		}
	}
	testbed_close(env, &bed);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of the last block of an allocation group of xfs fails, and that of the first block
 * that a file has in the next one: xfs looks the owner up in the group's own tree.
 */
#include "check/fixture/bio.h"
#include "check/fixture/testbed.h"
#include "check/poison/hwpoison.h"

#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MORE_BLOCKS = 64,   /* that become free, for the trees */
	AGBLOCKS_BYTE = 84, /* of the superblock: struct xfs_dsb */
};

/* The bytes of an allocation group, or 0. */
static uint64_t group_bytes(const char *node)
{
	unsigned char super[SECTOR_BYTES];
	uint64_t blocks = 0;

	if (bio_read(node, 0, super, sizeof(super)) < 0 || memcmp(super, "XFSB", 4))
		return 0;
	for (int i = 0; i < 4; i++)
		blocks = blocks << 8 | super[AGBLOCKS_BYTE + i];
	return blocks * PAGE_BYTES;
}

static int open_file(const struct testbed *bed, const char *name)
{
	char path[sizeof(bed->fs.where) + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", bed->fs.where, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

/* Writes stamps.  Returns 0 or -errno. */
static int write_stamps(int fd, uint64_t at, size_t len)
{
	char *bytes = malloc(len);
	int rc = bytes ? 0 : -ENOMEM;

	if (!rc) {
		stamp_fill(bytes, len, TESTBED_FILE, at, TESTBED_GENERATION);
		errno = 0;
		if (pwrite(fd, bytes, len, (off_t)at) != (ssize_t)len || fsync(fd) < 0)
			rc = errno ? -errno : -EIO;
	}
	free(bytes);
	return rc;
}

/* The extent of the filler that ends last in the first group, and the one that begins first in the
 * others. */
static void at_border(const struct extents *extents, uint64_t group, const struct extent **before,
		      const struct extent **behind)
{
	*before = *behind = NULL;
	for (size_t i = 0; i < extents->n; i++) {
		const struct extent *e = &extents->list[i];

		if (e->physical_bytes < group &&
		    (!*before || e->physical_bytes > (*before)->physical_bytes))
			*before = e;
		if (e->physical_bytes >= group &&
		    (!*behind || e->physical_bytes < (*behind)->physical_bytes))
			*behind = e;
	}
}

/*
 * xfs allocates from the begin of a free extent, and keeps some blocks of each group free.  Once as
 * many single blocks are free elsewhere in the group, a file that is as long as its end gets that.
 * Returns 0 or -errno.
 */
static int take_end(int filler, int fd, const struct extent *before, uint64_t group,
		    uint64_t *len_bytes)
{
	uint64_t end = group - before->physical_bytes - before->len_bytes;
	uint64_t blocks = end / PAGE_BYTES + MORE_BLOCKS;

	*len_bytes = end + MORE_BLOCKS / 2 * PAGE_BYTES;
	if (2 * blocks * PAGE_BYTES > before->len_bytes)
		return -ENODATA;
	for (uint64_t i = 0; i < blocks; i++)
		if (fallocate(filler, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			      (off_t)(before->logical_bytes + 2 * i * PAGE_BYTES), PAGE_BYTES) < 0)
			return -errno;
	if (fsync(filler) < 0 || fallocate(fd, 0, 0, (off_t)*len_bytes) < 0)
		return -errno;
	return write_stamps(fd, 0, *len_bytes);
}

/* The file offset of the block that ends at a byte of the device.  Returns 0 or -errno. */
static int find_end(int fd, uint64_t byte, uint64_t *at)
{
	struct extents extents;
	int rc = extents_read(fd, &extents);

	if (rc < 0)
		return rc;
	rc = -ENODATA;
	for (size_t i = 0; i < extents.n && rc; i++) {
		const struct extent *e = &extents.list[i];

		if (byte > e->physical_bytes && byte <= e->physical_bytes + e->len_bytes) {
			*at = e->logical_bytes + byte - e->physical_bytes - PAGE_BYTES;
			rc = 0;
		}
	}
	extents_free(&extents);
	return rc;
}

static bool fail_at(struct check_env *env, int fd, uint64_t bytes, uint64_t at)
{
	struct mapping map;
	bool good;

	if (!check_setup(env, mapping_make(&map, fd, bytes, MAP_SHARED, false), "mapping a file"))
		return false;
	good = hwpoison_fail_page(env, fd, map.base, at / PAGE_BYTES, bytes / PAGE_BYTES);
	mapping_drop(&map);
	return good;
}

static void fail_both(struct check_env *env, int filler, uint64_t filler_bytes, int fd,
		      uint64_t group)
{
	const struct extent *before, *behind;
	struct extents extents;
	uint64_t len = 0, at = 0;
	int rc = extents_read(filler, &extents);

	if (!check_setup(env, rc, "reading the extents of a file over all groups"))
		return;
	at_border(&extents, group, &before, &behind);
	rc = before && behind ? take_end(filler, fd, before, group, &len) : -ENODATA;
	rc = rc ? rc : find_end(fd, group, &at);
	if (check_own(env, rc, "a file with the last block of an allocation group") &&
	    fail_at(env, fd, len, at)) {
		rc = write_stamps(filler, behind->logical_bytes, 2 * PAGE_BYTES);
		if (check_setup(env, rc, "writing to the first block of a group"))
			fail_at(env, filler, filler_bytes, behind->logical_bytes);
	}
	extents_free(&extents);
}

void hwpoison_group(struct check_env *env, const void *arg)
{
	struct testbed bed;
	uint64_t group, filler_bytes;
	int filler, fd, rc;

	if (!testbed_open(env, &bed, arg))
		return;
	group = group_bytes(testbed_node(&bed));
	fd = open_file(&bed, "last");
	filler = open_file(&bed, "filler");
	rc = fd < 0 ? fd : filler < 0 ? filler : group ? 0 : -EIO;
	rc = rc ? rc : extents_fallocate_all(filler, UINT64_MAX, &filler_bytes);
	if (check_setup(env, rc, "filling the filesystem"))
		fail_both(env, filler, filler_bytes, fd, group);
}

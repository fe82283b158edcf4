// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family reflink: files that share blocks.  A store through a DAX mapping goes to the memory of the
 * block itself, so where two files share it the fault has to give one of them a block of its own,
 * and copy what the store does not cover, before anything is mapped writable.  Kernels that cannot
 * do so refuse DAX on a filesystem with reflink.
 * Source: ioctl_ficlonerange(2), ioctl_fideduperange(2); dax_iomap_cow_copy() in fs/dax.c (6.0).
 */
#include "check/check.h"
#include "check/fixture/testbed.h"
#include "check/reflink/parts.h"

#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
	FILE_BYTES = 2 * WINDOW_BYTES,
	PLACE = WINDOW_BYTES + 5 * PAGE_BYTES, /* of what is changed: in the second window */
	SMALL_BYTES = SECTOR_BYTES,	       /* less than a page: the rest has to be copied */
	LONG_BYTES = 5 * PAGE_BYTES + 3 * SECTOR_BYTES,
	NEXT_GENERATION = TESTBED_GENERATION + 1,
};

/* ---- two files ------------------------------------------------------------------------------- */

struct clone {
	struct testbed bed;
	int copy_fd;
};

static int open_copy(const struct testbed *bed)
{
	char path[sizeof(bed->fs.where) + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/copy", bed->fs.where);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

static void clone_close(struct check_env *env, struct clone *clone)
{
	if (clone->copy_fd >= 0)
		close(clone->copy_fd);
	testbed_close(env, &clone->bed);
}

/* The block of PLACE, in bytes from the beginning of the filesystem's device, or 0. */
static uint64_t block_of(int fd)
{
	struct extents extents;
	const struct extent *e;
	uint64_t at = 0;

	if (fsync(fd) < 0 || extents_read(fd, &extents) < 0)
		return 0;
	e = extents_find(&extents, PLACE);
	if (e)
		at = e->physical_bytes + PLACE - e->logical_bytes;
	extents_free(&extents);
	return at;
}

/* The file of the testbed and a copy that shares all its blocks.  false after check_broken(). */
static bool clone_open(struct check_env *env, struct clone *clone, const void *arg)
{
	volatile char *byte;
	int rc;

	clone->copy_fd = -1;
	if (!testbed_open(env, &clone->bed, arg))
		return false;
	/* It is mapped writable before it is shared: sharing has to take that back. */
	byte = clone->bed.map.base + PLACE;
	*byte = *byte;
	rc = open_copy(&clone->bed);
	clone->copy_fd = rc;
	if (rc >= 0)
		rc = ioctl(clone->copy_fd, FICLONE, clone->bed.fd) < 0 ? -errno : 0;
	if (check_setup(env, rc, "FICLONE of the file") &&
	    check_setup(env, block_of(clone->copy_fd) == block_of(clone->bed.fd) ? 0 : -EXDEV,
			"comparing the blocks of both files"))
		return true;
	clone_close(env, clone);
	return false;
}

/* ---- what each must hold afterwards ---------------------------------------------------------- */

/* read(2) of a whole file: stamps of the first generation, but for changed_bytes at PLACE. */
static void holds(struct check_env *env, const char *what, int fd, size_t changed_bytes)
{
	const size_t after = PLACE + changed_bytes;
	char *bytes = malloc(FILE_BYTES);
	ssize_t n = bytes ? pread(fd, bytes, FILE_BYTES, 0) : -1;

	if (check_setup(env, n < 0 ? -errno : n == FILE_BYTES ? 0 : -EIO, "reading %s", what)) {
		check_bytes(env, what, bytes, PLACE, TESTBED_FILE, 0, TESTBED_GENERATION);
		if (changed_bytes)
			check_bytes(env, what, bytes + PLACE, changed_bytes, TESTBED_FILE, PLACE,
				    NEXT_GENERATION);
		check_bytes(env, what, bytes + after, FILE_BYTES - after, TESTBED_FILE, after,
			    TESTBED_GENERATION);
	}
	free(bytes);
}

/* The file of the testbed was changed, the copy was not; each has its own block. */
static void check_unshared(struct check_env *env, struct clone *clone, size_t changed_bytes)
{
	const uint64_t own = block_of(clone->bed.fd), other = block_of(clone->copy_fd);

	check_that(env, own && other && own != other,
		   "each file has its own block after one of them was changed");
	holds(env, "the file that was changed", clone->bed.fd, changed_bytes);
	holds(env, "the file that shared its blocks", clone->copy_fd, 0);
	check_bytes(env, "the mapping of the file that was changed", clone->bed.map.base + PLACE,
		    changed_bytes, TESTBED_FILE, PLACE, NEXT_GENERATION);
	/* The copy has the block that the file had first. */
	testbed_raw_holds(env, &clone->bed, "afterwards", PLACE, PAGE_BYTES, TESTBED_GENERATION);
}

/* ---- checks ---------------------------------------------------------------------------------- */

static void store(struct check_env *env, const void *arg)
{
	char bytes[SMALL_BYTES];
	struct clone clone;

	if (!clone_open(env, &clone, arg))
		return;
	stamp_fill(bytes, sizeof(bytes), TESTBED_FILE, PLACE, NEXT_GENERATION);
	memcpy(clone.bed.map.base + PLACE, bytes, sizeof(bytes));
	check_unshared(env, &clone, sizeof(bytes));
	clone_close(env, &clone);
}

static void write_shared(struct check_env *env, const void *arg, size_t len)
{
	static char bytes[LONG_BYTES];
	struct clone clone;
	ssize_t n;

	if (!clone_open(env, &clone, arg))
		return;
	stamp_fill(bytes, len, TESTBED_FILE, PLACE, NEXT_GENERATION);
	n = pwrite(clone.bed.fd, bytes, len, PLACE);
	if (check_setup(env, n < 0 ? -errno : 0, "write(2) to shared blocks") &&
	    check_equal(env, n, (int64_t)len, "bytes that write(2) accepted"))
		check_unshared(env, &clone, len);
	clone_close(env, &clone);
}

static void write_part(struct check_env *env, const void *arg)
{
	write_shared(env, arg, SMALL_BYTES);
}

static void write_long(struct check_env *env, const void *arg)
{
	write_shared(env, arg, LONG_BYTES);
}

/* A write whose memory cannot be read: no byte of it is written, and no block is taken. */
static void failed_write(struct check_env *env, const void *arg)
{
	/* A multiple of what xfs allocates for a copy at once. */
	enum { AT = WINDOW_BYTES / 2, LEN = 256 << 10 };
	void *nothing = mmap(NULL, LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct statvfs before = {0}, after = {0};
	struct clone clone;
	ssize_t n;
	int rc;

	if (!check_own(env, nothing == MAP_FAILED ? -errno : 0, "memory") ||
	    !clone_open(env, &clone, arg))
		return;
	rc = syncfs(clone.bed.fd) < 0 || fstatvfs(clone.bed.fd, &before) < 0 ? -errno : 0;
	n = rc ? 0 : pwrite(clone.bed.fd, nothing, LEN, AT);
	if (check_setup(env, rc, "the free blocks of the filesystem"))
		check_errno(env, n < 0 ? -errno : 0, -EFAULT,
			    "write(2) from memory without access");
	rc = syncfs(clone.bed.fd) < 0 || fstatvfs(clone.bed.fd, &after) < 0 ? -errno : 0;
	if (check_setup(env, rc, "the free blocks of the filesystem"))
		check_equal(env, (int64_t)after.f_bfree, (int64_t)before.f_bfree,
			    "free blocks after a write to shared blocks that failed");
	holds(env, "the file", clone.bed.fd, 0);
	holds(env, "the copy", clone.copy_fd, 0);
	clone_close(env, &clone);
	munmap(nothing, LEN);
}

/* Asks to share one window of the copy with the file's.  Returns the status, or -errno. */
static int dedupe(const struct clone *clone, uint64_t *len_bytes)
{
	union {
		struct file_dedupe_range range;
		char room[sizeof(struct file_dedupe_range) + sizeof(struct file_dedupe_range_info)];
	} ask = {
		.range = {.src_offset = WINDOW_BYTES, .src_length = WINDOW_BYTES, .dest_count = 1}};
	struct file_dedupe_range_info *to = ask.range.info;

	to->dest_fd = clone->copy_fd;
	to->dest_offset = WINDOW_BYTES;
	if (ioctl(clone->bed.fd, FIDEDUPERANGE, &ask) < 0)
		return -errno;
	*len_bytes = to->bytes_deduped;
	return to->status;
}

/* Two files of the same bytes; then of all but one. */
static void deduplicate(struct check_env *env, const void *arg)
{
	struct clone clone;
	uint64_t len_bytes = 0;
	char byte = 'x';
	int rc;

	if (!clone_open(env, &clone, arg))
		return;
	/* A block of its own for the copy, with the same bytes. */
	rc = pwrite(clone.copy_fd, clone.bed.map.base + PLACE, PAGE_BYTES, PLACE) < 0 ? -errno : 0;
	if (!check_setup(env, rc, "rewriting a page of the copy"))
		goto out;
	check_setup(env, block_of(clone.copy_fd) == block_of(clone.bed.fd) ? -EEXIST : 0,
		    "allocating a separate block for the copy");
	rc = dedupe(&clone, &len_bytes);
	if (check_equal(env, rc, FILE_DEDUPE_RANGE_SAME,
			"deduplication status of two identical ranges"))
		check_that(env,
			   len_bytes == WINDOW_BYTES &&
				   block_of(clone.copy_fd) == block_of(clone.bed.fd),
			   "files with the same bytes share their blocks afterwards");
	holds(env, "the file", clone.bed.fd, 0);
	holds(env, "the copy", clone.copy_fd, 0);
	rc = pwrite(clone.copy_fd, &byte, 1, WINDOW_BYTES + 77) < 0 ? -errno : 0;
	if (check_setup(env, rc, "writing a byte of the copy"))
		check_equal(env, dedupe(&clone, &len_bytes), FILE_DEDUPE_RANGE_DIFFERS,
			    "deduplication status of two ranges that differ in one byte");
out:
	clone_close(env, &clone);
}

/* ---- table ----------------------------------------------------------------------------------- */

static const char *const needs[] = {"device:fsdax", "fs:xfs", "kernel:6.0", NULL};

#define ITEM(NAME, RUN, TABLE, FLAGS, PLANTS, PROMISE, BY)                                  \
	{                                                                                   \
		.name = NAME, .promise = PROMISE, .by = BY, .needs = needs, .flags = FLAGS, \
		.limit_s = 30, .plants = PLANTS, .run = RUN,                                \
		.arg = &(const struct testbed_spec){                                        \
			.fs = "xfs+reflink", .table = TABLE, .file_bytes = FILE_BYTES},     \
	}

/* All by PTEs, except page_sizes: a kernel that cannot share pages of both sizes fails it alone. */
#define PARTS_ITEM(NAME, RUN, TABLE, SMALL, PROMISE, BY)                                   \
	{                                                                                  \
		.name = NAME, .promise = PROMISE, .by = BY, .needs = needs,                \
		.flags = CHECK_EMULATED | CHECK_SPOILS, .plants = PLANT_VALUE, .run = RUN, \
		.arg = &(const struct testbed_spec){.fs = "xfs+reflink",                   \
						    .table = TABLE,                        \
						    .file_bytes = FILE_BYTES,              \
						    .small_pages = SMALL},                 \
	}

#define SIZES                                                                                \
	"of two files that share blocks one is mapped by PMDs and one by PTEs: both can be " \
	"read, cut and unmounted"
#define STORE                                                                                     \
	"a store through a mapping to a block that two files share changes only that byte, only " \
	"in one file"
#define WRITE "write(2) of less than a page to a block that two files share changes only one file"
#define WRITE_LONG "write(2) to several blocks that two files share changes only one file"
#define FAILED "a write(2) to shared blocks that fails changes no file and takes no block"
#define BY_FAILED \
	"write(2): EFAULT; fs/xfs/xfs_iomap.c, xfs_dax_write_iomap_end(): it cancels the copy"
#define DEDUPE "files share blocks after deduplication exactly if their bytes are the same"
#define PARTS                                                                                  \
	"writes, stores, zeroes and holes of any size and place change one of two files that " \
	"share blocks"
#define UNSHARE "after FALLOC_FL_UNSHARE_RANGE two files hold their bytes in blocks of their own"
#define BY_UNSHARE "fallocate(2), FALLOC_FL_UNSHARE_RANGE"
#define BY_CLONE                                                                                  \
	"ioctl_ficlonerange(2): each file has its own copy-on-write view; writes to one are not " \
	"seen in the other"
#define BY_DEDUPE "ioctl_fideduperange(2): the ranges are compared, and shared if identical"

/* Linux 6.1 leaves the owner of a shared page in page->mapping: each later mapping of that page
 * warns (known bug dax-shared-block-warns). */
#define STORE_FLAGS (CHECK_EMULATED | CHECK_SPOILS)

static const struct check_item items[] = {
	ITEM("store.raw", store, TESTBED_RAW, STORE_FLAGS, PLANT_BYTE | PLANT_VALUE, STORE,
	     BY_CLONE),
	ITEM("store.linear", store, TESTBED_LINEAR, STORE_FLAGS, PLANT_BYTE | PLANT_STACK, STORE,
	     BY_CLONE),
	ITEM("write.raw", write_part, TESTBED_RAW, 0, PLANT_BYTE | PLANT_VALUE, WRITE, BY_CLONE),
	ITEM("write.linear", write_part, TESTBED_LINEAR, CHECK_QUICK, PLANT_BYTE | PLANT_STACK,
	     WRITE, BY_CLONE),
	ITEM("write_long.raw", write_long, TESTBED_RAW, 0, PLANT_BYTE | PLANT_VALUE, WRITE_LONG,
	     BY_CLONE),
	ITEM("failed_write.raw", failed_write, TESTBED_RAW, 0, PLANT_BYTE | PLANT_VALUE, FAILED,
	     BY_FAILED),
	PARTS_ITEM("parts.raw", parts_changed, TESTBED_RAW, true, PARTS, BY_CLONE),
	PARTS_ITEM("parts.linear", parts_changed, TESTBED_LINEAR, true, PARTS, BY_CLONE),
	PARTS_ITEM("unshare.raw", parts_unshared, TESTBED_RAW, true, UNSHARE, BY_UNSHARE),
	PARTS_ITEM("unshare.linear", parts_unshared, TESTBED_LINEAR, true, UNSHARE, BY_UNSHARE),
	PARTS_ITEM("page_sizes.raw", parts_page_sizes, TESTBED_RAW, false, SIZES, BY_CLONE),
	ITEM("dedupe.linear", deduplicate, TESTBED_LINEAR, 0, PLANT_BYTE | PLANT_VALUE, DEDUPE,
	     BY_DEDUPE),
	{0},
};

const struct check_family check_reflink = {
	.name = "reflink",
	.why = "files that share blocks",
	.items = items,
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filesystem modes: what must not be DAX, or must be right with it.
 *
 *   refused, not_dax   a mode that DAX cannot serve: the mount with dax=always is refused, a file
 *                      with the flag is not DAX, and its bytes are right
 *   toggled            the flag of a file is changed while it is mapped
 *   format             indirect blocks, verity (formats.c)
 *   end_of_file        a file is cut and made longer at many offsets (end_of_file.c)
 *   range              blocks are moved or replaced under a mapping (ranges.c)
 *   edges              ranges that begin or end within a block are zeroed (edges.c)
 *   times              modification time of a file that is accessed through a mapping (times.c)
 *   read               read(2) past the end of the file, and to a buffer that is not mapped
 *
 * On the path: ext4_should_enable_dax() in fs/ext4/inode.c, xfs_inode_should_enable_dax() in
 * fs/xfs/xfs_iops.c; dax_break_layout(), truncate_pagecache_range() and the fallocate(2) of both;
 * dax_iomap_rw() in fs/dax.c.  Left out: verity, encryption, swap files.
 *
 * Alone: ./run.sh check --check 'fsmode.*'
 */
#include "check/check.h"
#include "check/fixture/dax_capability.h"
#include "check/fixture/testbed.h"
#include "check/fsmode/edges.h"
#include "check/fsmode/end_of_file.h"
#include "check/fsmode/formats.h"
#include "check/fsmode/ranges.h"
#include "check/fsmode/times.h"

#include "lib/base/child.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FILE_BYTES = 2 * WINDOW_BYTES, SMALL_BYTES = 100, AFTER = TESTBED_GENERATION + 1 };

/* ---- modes ----------------------------------------------------------------------------------- */

struct mode_case {
	const char *const *mkfs; /* options, end with NULL */
	const char *mount;	 /* options in addition to dax=... */
	uint64_t bytes;		 /* of the file */
};

static int make(const char *node, const char *const *options)
{
	const char *argv[16] = {"mkfs.ext4", "-q", "-F"};
	char said[300];
	size_t n = 3;
	int rc;

	for (; *options; options++)
		argv[n++] = *options;
	argv[n++] = node;
	rc = child_run((char *const *)argv, 60, said, sizeof(said));
	return rc > 0 ? -EIO : rc;
}

static int set_dax_flag(int fd, bool on)
{
	struct fsxattr attr;

	if (ioctl(fd, FS_IOC_FSGETXATTR, &attr) < 0)
		return -errno;
	attr.fsx_xflags = on ? attr.fsx_xflags | FS_XFLAG_DAX : attr.fsx_xflags & ~FS_XFLAG_DAX;
	return ioctl(fd, FS_IOC_FSSETXATTR, &attr) < 0 ? -errno : 0;
}

static void refused(struct check_env *env, const void *arg)
{
	const struct mode_case *c = arg;
	const struct testbed_spec spec = {.table = TESTBED_LINEAR, .fs = "ext4"};
	char where[256], options[96];
	struct testbed bed;
	int rc;

	if (!testbed_devices(env, &bed, &spec))
		return;
	snprintf(where, sizeof(where), "%s/mnt", env->directory);
	snprintf(options, sizeof(options), "dax=always%s%s", c->mount ? "," : "",
		 c->mount ? c->mount : "");
	if (check_setup(env, make(testbed_node(&bed), c->mkfs), "mkfs.ext4")) {
		rc = dax_capability_mount("ext4", testbed_node(&bed), where, options);
		check_errno(env, rc, -EINVAL, "mounting with %s", options);
		if (!rc)
			fs_unmount_path(where);
	}
	testbed_close(env, &bed);
}

/* A file of stamps, written and then stored to through a mapping; its bytes by read(2). */
static void use_file(struct check_env *env, int fd, uint64_t bytes)
{
	char *page = MAP_FAILED, *want = malloc(bytes), *got = malloc(bytes);
	int rc = want && got ? 0 : -ENOMEM;

	if (!check_own(env, rc, "memory"))
		goto out;
	stamp_fill(want, bytes, TESTBED_FILE, 0, TESTBED_GENERATION);
	rc = pwrite(fd, want, bytes, 0) == (ssize_t)bytes ? 0 : -errno;
	if (!check_setup(env, rc, "write(2) of the file"))
		goto out;
	check_equal(env, fs_file_is_dax(fd), 0, "STATX_ATTR_DAX of a flagged file");
	page = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (!check_setup(env, page == MAP_FAILED ? -errno : 0, "mapping the file"))
		goto out;
	check_that(env, !memcmp(page, want, bytes), "the mapping shows what was written");
	page[0] = want[0] = 'x';
	rc = fsync(fd) < 0 ? -errno : 0;
	check_setup(env, rc, "fsync");
	rc = pread(fd, got, bytes, 0) == (ssize_t)bytes ? 0 : -EIO;
	if (check_setup(env, rc, "read(2) of the file"))
		check_that(env, !memcmp(got, want, bytes), "read(2) returns what was stored");
out:
	if (page != MAP_FAILED)
		munmap(page, bytes);
	free(want);
	free(got);
}

static void not_dax(struct check_env *env, const void *arg)
{
	const struct mode_case *c = arg;
	const struct testbed_spec spec = {.table = TESTBED_LINEAR, .fs = "ext4"};
	char where[256], path[300], options[96];
	struct testbed bed;
	int rc, fd = -1;

	if (!testbed_devices(env, &bed, &spec))
		return;
	snprintf(where, sizeof(where), "%s/mnt", env->directory);
	snprintf(path, sizeof(path), "%s/file", where);
	snprintf(options, sizeof(options), "dax=inode%s%s", c->mount ? "," : "",
		 c->mount ? c->mount : "");
	if (!check_setup(env, make(testbed_node(&bed), c->mkfs), "mkfs.ext4"))
		goto out;
	rc = dax_capability_mount("ext4", testbed_node(&bed), where, options);
	check_observe(env, "mount", check_errno_json(rc));
	if (!check_setup(env, rc, "mounting with %s", options))
		goto out;
	fd = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_observe(env, "flag", check_errno_json(fd < 0 ? -errno : set_dax_flag(fd, true)));
	if (fd >= 0)
		close(fd);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (check_setup(env, fd < 0 ? -errno : 0, "making a file"))
		use_file(env, fd, c->bytes);
	if (fd >= 0)
		close(fd);
	check_setup(env, fs_unmount_path(where), "unmounting");
out:
	testbed_close(env, &bed);
}

/* ---- the flag of a mapped file --------------------------------------------------------------- */

struct toggle_case {
	const char *fs;
	bool on; /* the flag is set; else taken away */
};

/* Mounts with dax=inode.  Returns the file, whose flag is the other one, or -errno. */
static int open_toggled(struct testbed *bed, const char *where, const struct toggle_case *c)
{
	char path[300];
	int rc = fs_make(c->fs, testbed_node(bed), testbed_fs_bytes(c->fs)), fd;

	rc = rc ? rc : dax_capability_mount(c->fs, testbed_node(bed), where, "dax=inode");
	if (rc < 0)
		return rc;
	fd = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = fd < 0 ? -errno : set_dax_flag(fd, !c->on);
	close(fd);
	snprintf(path, sizeof(path), "%s/file", where);
	fd = rc < 0 ? rc : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return rc < 0 ? rc : fd < 0 ? -errno : fd;
}

static void store_stamps(char *page, uint32_t generation)
{
	char bytes[PAGE_BYTES];

	stamp_fill(bytes, sizeof(bytes), TESTBED_FILE, 0, generation);
	memcpy(page, bytes, sizeof(bytes));
}

static void holds(struct check_env *env, int fd, const char *path, uint32_t generation)
{
	char bytes[PAGE_BYTES];

	if (check_setup(env, pread(fd, bytes, sizeof(bytes), 0) == PAGE_BYTES ? 0 : -EIO,
			"read(2) of the file"))
		check_bytes(env, path, bytes, sizeof(bytes), TESTBED_FILE, 0, generation);
}

static void toggle(struct check_env *env, int fd, const struct toggle_case *c)
{
	char *page;
	int before;

	if (!check_setup(env, ftruncate(fd, FILE_BYTES) < 0 ? -errno : 0, "ftruncate(2)"))
		return;
	page = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (!check_setup(env, page == MAP_FAILED ? -errno : 0, "mapping the file"))
		return;
	before = fs_file_is_dax(fd);
	check_equal(env, before, !c->on, "STATX_ATTR_DAX before the change");
	store_stamps(page, TESTBED_GENERATION);
	check_observe(env, "change", check_errno_json(set_dax_flag(fd, c->on)));
	check_equal(env, fs_file_is_dax(fd), before, "STATX_ATTR_DAX while the file is mapped");
	check_mapped_bytes(env, "the mapping after the change", page, PAGE_BYTES, TESTBED_FILE, 0,
			   TESTBED_GENERATION);
	store_stamps(page, AFTER);
	holds(env, fd, "read(2) after the change", AFTER);
	munmap(page, FILE_BYTES);
}

static void toggled(struct check_env *env, const void *arg)
{
	const struct toggle_case *c = arg;
	const struct testbed_spec spec = {.table = TESTBED_LINEAR, .fs = c->fs};
	char where[256], path[300];
	struct testbed bed;
	int fd;

	if (!testbed_devices(env, &bed, &spec))
		return;
	snprintf(where, sizeof(where), "%s/mnt", env->directory);
	snprintf(path, sizeof(path), "%s/file", where);
	fd = open_toggled(&bed, where, c);
	if (check_setup(env, fd, "making a file on %s with dax=inode", c->fs)) {
		toggle(env, fd, c);
		close(fd);
		/* Evicted, it may change; its bytes do not. */
		fd = open(path, O_RDWR | O_CLOEXEC);
		check_observe_suspicious(env, "dax_when_opened_again",
					 json_integer(fs_file_is_dax(fd)));
		holds(env, fd, "read(2) when opened again", AFTER);
		close(fd);
		fs_unmount_path(where);
	}
	testbed_close(env, &bed);
}

/* ---- read(2) --------------------------------------------------------------------------------- */

static void reads(struct check_env *env, const void *arg)
{
	static char bytes[2 * PAGE_BYTES];
	const struct testbed_spec spec = {
		.table = TESTBED_LINEAR, .fs = arg, .file_bytes = FILE_BYTES};
	struct testbed bed;
	char *half;
	ssize_t n;

	if (!testbed_open(env, &bed, &spec))
		return;
	/* It ends within a page: what is behind must not be shown. */
	check_setup(env, ftruncate(bed.fd, FILE_BYTES - SMALL_BYTES) < 0 ? -errno : 0,
		    "ftruncate(2)");
	n = pread(bed.fd, bytes, sizeof(bytes), FILE_BYTES - PAGE_BYTES);
	check_equal(env, n, PAGE_BYTES - SMALL_BYTES, "bytes of read(2) across the end");
	check_bytes(env, "read(2) across the end", bytes,
		    (PAGE_BYTES - SMALL_BYTES) / SECTOR_BYTES * SECTOR_BYTES, TESTBED_FILE,
		    FILE_BYTES - PAGE_BYTES, TESTBED_GENERATION);
	n = pread(bed.fd, bytes, sizeof(bytes), FILE_BYTES);
	check_equal(env, n, 0, "bytes of read(2) past the end");
	/* Its second page is not mapped. */
	half = mmap(NULL, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	if (check_setup(env, half == MAP_FAILED ? -errno : 0, "memory")) {
		munmap(half + PAGE_BYTES, PAGE_BYTES);
		n = pread(bed.fd, half, 2 * PAGE_BYTES, 0);
		check_that(env, n >= 0 ? n <= PAGE_BYTES : errno == EFAULT,
			   "read(2) to a buffer that ends too early returns at most its bytes");
		if (n > 0)
			check_bytes(env, "read(2) to a buffer that ends too early", half,
				    (size_t)n / SECTOR_BYTES * SECTOR_BYTES, TESTBED_FILE, 0,
				    TESTBED_GENERATION);
		n = pread(bed.fd, half + PAGE_BYTES, PAGE_BYTES, 0);
		check_errno(env, n < 0 ? -errno : 0, -EFAULT, "read(2) to an unmapped buffer");
		munmap(half, PAGE_BYTES);
	}
	testbed_close(env, &bed);
}

/* ---- table ----------------------------------------------------------------------------------- */

static const char *const needs_ext4[] = {"device:fsdax", "target:linear", "fs:ext4", NULL};
static const char *const needs_xfs[] = {"device:fsdax", "target:linear", "fs:xfs", NULL};

#define MKFS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define MODE(NAME, RUN, PROMISE, ...)                                                             \
	{                                                                                         \
		.name = NAME, .promise = PROMISE,                                                 \
		.by = "Documentation/filesystems/dax.rst, ext4.rst: DAX needs blocks of a page, " \
		      "and no journalled or inline data",                                         \
		.needs = needs_ext4, .plants = PLANT_VALUE, .run = RUN,                           \
		.arg = (&(const struct mode_case){__VA_ARGS__})                                   \
	}
#define REFUSED "a mode of ext4 that DAX cannot serve is not mounted with dax=always"
#define NOT_DAX                                                                                 \
	"in a mode of ext4 that DAX cannot serve a file with the DAX flag is not DAX, and its " \
	"bytes are right"
#define TOGGLED(FS, WORD, ON)                                                                    \
	{                                                                                        \
		.name = "toggled." WORD "." #FS,                                                 \
		.promise = "a file whose DAX flag is changed while it is mapped stays as it is " \
			   "until it is evicted, and keeps every byte",                          \
		.by = "Documentation/filesystems/dax.rst: the flag takes effect when the inode " \
		      "is loaded again",                                                         \
		.needs = needs_##FS, .plants = PLANT_VALUE | PLANT_BYTE, .run = toggled,         \
		.arg = (&(const struct toggle_case){.fs = #FS, .on = ON})                        \
	}
#define RANGE(FS, WORD, MODE_, AT, LEN)                                                          \
	{                                                                                        \
		.name = "range." WORD "." #FS,                                                   \
		.promise =                                                                       \
			"after fallocate(2) moved or replaced blocks of a mapped file, mapping " \
			"and read(2) show the new layout, from the frames that the tables give", \
		.by = "fallocate(2)", .needs = needs_##FS,                                       \
		.plants = PLANT_VALUE | PLANT_BYTE | PLANT_FRAME | PLANT_STACK,                  \
		.run = range_under_mapping,                                                      \
		.arg = (&(const struct range_case){                                              \
			.fs = #FS, .mode = MODE_, .at_bytes = AT, .len_bytes = LEN})             \
	}
#define EDGES(FS, WORD, MODE_)                                                           \
	{                                                                                \
		.name = "edges." WORD "." #FS,                                           \
		.promise = "fallocate(2) of a range that begins or ends within a block " \
			   "zeroes exactly its bytes, in the mapping and for read(2)",   \
		.by = "fallocate(2)", .needs = needs_##FS, .plants = PLANT_VALUE,        \
		.run = edges_of_range,                                                   \
		.arg = (&(const struct edges_case){.fs = #FS,                            \
						   .mode = MODE_ | FALLOC_FL_KEEP_SIZE}) \
	}
#define TIMES(FS)                                                                                  \
	{                                                                                          \
		.name = "times." #FS,                                                              \
		.promise = "a store through a shared mapping updates the modification time "       \
			   "before msync(2) returns, a load or a private store does not",          \
		.by = "mmap(2): timestamps changes for file-backed mappings", .needs = needs_##FS, \
		.plants = PLANT_VALUE, .run = times_of_mapped_file, .arg = #FS                     \
	}
#define END_OF_FILE(FS)                                                                      \
	{                                                                                    \
		.name = "end_of_file." #FS,                                                  \
		.promise = "a file that is cut and made longer again has zeroes from where " \
			   "it was cut, and no page behind its end",                         \
		.by = "truncate(2), mmap(2)", .needs = needs_##FS, .plants = PLANT_VALUE,    \
		.run = end_of_file, .arg = #FS                                               \
	}
#define READS(FS, FLAGS)                                                                      \
	{                                                                                     \
		.name = "read." #FS,                                                          \
		.promise = "read(2) of a DAX file returns no byte past its end, and none to " \
			   "memory that is not mapped",                                       \
		.by = "read(2)", .needs = needs_##FS, .plants = PLANT_VALUE | PLANT_BYTE,     \
		.flags = FLAGS, .run = reads, .arg = #FS                                      \
	}

enum { KIB = 1024 };

static const struct check_item items[] = {
	MODE("refused.block_1k", refused, REFUSED, .mkfs = MKFS("-b", "1024")),
	MODE("refused.block_2k", refused, REFUSED, .mkfs = MKFS("-b", "2048")),
	MODE("refused.data_journal", refused, REFUSED, .mkfs = MKFS("-b", "4096"),
	     .mount = "data=journal"),
	MODE("refused.inline_data", refused, REFUSED,
	     .mkfs = MKFS("-b", "4096", "-O", "inline_data")),
	MODE("not_dax.block_1k", not_dax, NOT_DAX, .mkfs = MKFS("-b", "1024"),
	     .bytes = 3 * PAGE_BYTES),
	MODE("not_dax.data_journal", not_dax, NOT_DAX, .mkfs = MKFS("-b", "4096"),
	     .mount = "data=journal", .bytes = 3 * PAGE_BYTES),
	TOGGLED(ext4, "on", true),
	TOGGLED(ext4, "off", false),
	TOGGLED(xfs, "on", true),
	TOGGLED(xfs, "off", false),
	RANGE(ext4, "collapse", FALLOC_FL_COLLAPSE_RANGE, WINDOW_BYTES, WINDOW_BYTES),
	RANGE(ext4, "collapse_64k", FALLOC_FL_COLLAPSE_RANGE, WINDOW_BYTES + 64 * KIB, 64 * KIB),
	RANGE(xfs, "collapse_64k", FALLOC_FL_COLLAPSE_RANGE, WINDOW_BYTES + 64 * KIB, 64 * KIB),
	RANGE(ext4, "insert_64k", FALLOC_FL_INSERT_RANGE, WINDOW_BYTES + 64 * KIB, 64 * KIB),
	RANGE(xfs, "insert", FALLOC_FL_INSERT_RANGE, WINDOW_BYTES, WINDOW_BYTES),
	RANGE(ext4, "zero", FALLOC_FL_ZERO_RANGE, WINDOW_BYTES, WINDOW_BYTES),
	RANGE(ext4, "zero_64k", FALLOC_FL_ZERO_RANGE, WINDOW_BYTES + 64 * KIB, 64 * KIB),
	RANGE(xfs, "zero_64k", FALLOC_FL_ZERO_RANGE, WINDOW_BYTES + 64 * KIB, 64 * KIB),
	EDGES(ext4, "punch", FALLOC_FL_PUNCH_HOLE),
	EDGES(ext4, "zero", FALLOC_FL_ZERO_RANGE),
	EDGES(xfs, "punch", FALLOC_FL_PUNCH_HOLE),
	EDGES(xfs, "zero", FALLOC_FL_ZERO_RANGE),
	TIMES(ext4),
	TIMES(xfs),
	{
		.name = "format.indirect",
		.promise = "a DAX file that is mapped by indirect blocks, without a journal, holds "
			   "its bytes on every path",
		.by = "Documentation/filesystems/dax.rst; ext2 is ext4 without extents and journal",
		.needs = needs_ext4,
		.plants = PLANT_BYTE | PLANT_FRAME | PLANT_VALUE,
		.run = formats_indirect,
	},
	{
		.name = "format.verity",
		.promise = "a DAX file cannot get verity, and a file with verity is not DAX",
		.by = "Documentation/filesystems/fsverity.rst, DAX files; ext4_should_enable_dax()",
		.needs = needs_ext4,
		.plants = PLANT_BYTE | PLANT_VALUE,
		.run = formats_verity,
	},
	END_OF_FILE(ext4),
	END_OF_FILE(xfs),
	READS(ext4, CHECK_QUICK),
	READS(xfs, 0),
	{0},
};

const struct check_family check_fsmode = {
	.name = "fsmode",
	.why = "filesystem modes and operations that must not be DAX, or must be right with it",
	.items = items,
};

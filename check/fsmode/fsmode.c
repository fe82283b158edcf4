// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filesystem modes: what must not be DAX, or must be right with it.
 *
 *   refused, not_dax   a mode that DAX cannot serve: the mount with dax=always is refused, a file
 *                      with the flag is not DAX, and its bytes are right
 *   toggled            the flag of a file is changed while it is mapped
 *   format             indirect blocks, ext2, verity (formats.c); erofs (erofs.c)
 *   encrypted          files of an encrypted directory (encrypted.c)
 *   external           the log or the realtime device is another device (external.c)
 *   swapfile           swapon(2) of a DAX file (swapfile.c)
 *   end_of_file        a file is cut and made longer at many offsets (end_of_file.c)
 *   range              blocks are moved or replaced under a mapping (ranges.c)
 *   edges              ranges that begin or end within a block are zeroed (edges.c)
 *   times              modification time of a file that is accessed through a mapping (times.c)
 *   read               read(2) past the end of the file, and to a buffer that is not mapped
 *
 * On the path: ext4_should_enable_dax() in fs/ext4/inode.c, xfs_inode_should_enable_dax() in
 * fs/xfs/xfs_iops.c; dax_break_layout(), truncate_pagecache_range() and the fallocate(2) of both;
 * dax_iomap_rw() in fs/dax.c.
 *
 * Alone: ./run.sh check --check 'fsmode.*'
 */
#include "check/check.h"
#include "check/fixture/dax_capability.h"
#include "check/fixture/testbed.h"
#include "check/fsmode/edges.h"
#include "check/fsmode/encrypted.h"
#include "check/fsmode/end_of_file.h"
#include "check/fsmode/erofs.h"
#include "check/fsmode/external.h"
#include "check/fsmode/file.h"
#include "check/fsmode/formats.h"
#include "check/fsmode/ranges.h"
#include "check/fsmode/swapfile.h"
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
	check_observe(env, "flag",
		      check_errno_json(fd < 0 ? -errno : file_set_flag(fd, FS_XFLAG_DAX, true)));
	if (fd >= 0)
		close(fd);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (check_setup(env, fd < 0 ? -errno : 0, "making a file"))
		file_is_not_dax(env, fd, c->bytes);
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
	rc = fd < 0 ? -errno : file_set_flag(fd, FS_XFLAG_DAX, !c->on);
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
	check_observe(env, "change", check_errno_json(file_set_flag(fd, FS_XFLAG_DAX, c->on)));
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
static const char *const needs_ext2[] = {"device:fsdax", "target:linear", "fs:ext2", NULL};
static const char *const needs_erofs[] = {"device:fsdax",	"target:linear", "fs:erofs",
					  "program:mkfs.erofs", "kernel:5.15",	 NULL};
static const char *const needs_log_ext4[] = {"device:fsdax:2", "target:linear", "fs:ext4", NULL};
static const char *const needs_two[] = {"device:fsdax:2", "target:linear", "fs:xfs", NULL};
static const char *const needs_two_brd[] = {"device:fsdax:2", "target:linear", "module:brd",
					    "fs:xfs", NULL};

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

#define EXTERNAL(NAME, NEEDS, FLAGS, PROMISE, ...)                                          \
	{                                                                                   \
		.name = "external." NAME, .promise = PROMISE,                               \
		.by = "mount(8), xfs(5), logdev and rtdev; mke2fs(8), journal device; "     \
		      "Documentation/filesystems/dax.rst",                                  \
		.needs = NEEDS, .flags = FLAGS, .plants = PLANT_VALUE | PLANT_BYTE,         \
		.run = external_device, .arg = (&(const struct external_case){__VA_ARGS__}) \
	}
#define EXT2_FEATURES "none,ext_attr,resize_inode,dir_index,filetype,sparse_super,large_file"
#define OTHER_LOG                                                                               \
	"a DAX file of a filesystem whose log is on another DM device keeps its bytes on each " \
	"path, and after a remount"
/* Of 512 MiB: fs_external_bytes(). */
#define REALTIME "32768 linear B 4096; 1015808 linear B +4096"
#define REALTIME_NOT_DAX "8192 linear M 0; 1040384 linear B 4096"
#define DATA_NOT_DAX "8192 linear M 0; $ linear A 4096"
#define REALTIME_CASE(DATA, TABLE, DATA_DAX, REALTIME_DAX)                           \
	.fs = "xfs", .external = FS_EXTERNAL_REALTIME, .data = DATA, .table = TABLE, \
	.data_dax = DATA_DAX, .realtime_dax = REALTIME_DAX
#define SWAPFILE(FS)                                                                              \
	{                                                                                         \
		.name = "swapfile." #FS,                                                          \
		.promise = "swapon(2) of a DAX file is refused and leaves it as it is, or "       \
			   "memory can be swapped to it",                                         \
		.by = "swapon(2): EINVAL, the file does not support swapping",                    \
		.needs = needs_##FS, .flags = CHECK_EMULATED, .plants = PLANT_VALUE | PLANT_BYTE, \
		.run = swapfile, .arg = #FS                                                       \
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
		.by = "Documentation/filesystems/dax.rst",
		.needs = needs_ext4,
		.plants = PLANT_BYTE | PLANT_FRAME | PLANT_VALUE,
		.run = formats_indirect,
		.arg = &(const struct indirect_case){.features = "^extent,^has_journal,^64bit",
						     .type = "ext4"},
	},
	{
		.name = "format.ext2",
		.promise = "ext2 is not mounted with dax=always, or its file holds its bytes on "
			   "every path",
		.by = "Documentation/filesystems/dax.rst; CONFIG_EXT4_USE_FOR_EXT2",
		.needs = needs_ext2,
		.plants = PLANT_VALUE,
		.run = formats_indirect,
		.arg = &(const struct indirect_case){.features = EXT2_FEATURES,
						     .type = "ext2",
						     .may_refuse = true},
	},
	{
		.name = "format.erofs",
		.promise = "a file of erofs on a DM device of two segments is DAX and holds its "
			   "bytes on every path",
		.by = "Documentation/filesystems/erofs.rst, dax=always",
		.needs = needs_erofs,
		.plants = PLANT_BYTE | PLANT_FRAME | PLANT_VALUE | PLANT_STACK,
		.run = erofs_image,
		.arg = "8192 linear A 4096; $ linear A +2048",
	},
	{
		.name = "format.verity",
		.promise = "a DAX file cannot get verity, and a file with verity is not DAX",
		.by = "Documentation/filesystems/fsverity.rst, DAX files; ext4_should_enable_dax()",
		.needs = needs_ext4,
		.plants = PLANT_BYTE | PLANT_VALUE,
		.run = formats_verity,
	},
	{
		.name = "encrypted.always",
		.promise = "an encrypted file is not DAX on ext4 mounted with dax=always, and the "
			   "device does not get its plain text",
		.by = "Documentation/filesystems/fscrypt.rst: DAX is not supported on encrypted "
		      "files",
		.needs = needs_ext4,
		.plants = PLANT_VALUE,
		.run = encrypted_file,
		.arg = "dax=always",
	},
	{
		.name = "encrypted.inode",
		.promise = "an encrypted file cannot get the flag for DAX, and a directory with "
			   "the flag cannot be encrypted",
		.by = "Documentation/filesystems/fscrypt.rst: DAX is not supported on encrypted "
		      "files",
		.needs = needs_ext4,
		.plants = PLANT_VALUE,
		.run = encrypted_file,
		.arg = "dax=inode",
	},
	EXTERNAL("log_ext4", needs_log_ext4, 0, OTHER_LOG, .fs = "ext4",
		 .external = FS_EXTERNAL_LOG, .data = TESTBED_LINEAR,
		 .table = "131072 linear B 4096", .data_dax = true),
	EXTERNAL("log_xfs", needs_two, 0, OTHER_LOG, .fs = "xfs", .external = FS_EXTERNAL_LOG,
		 .data = TESTBED_LINEAR, .table = "131072 linear B 4096", .data_dax = true),
	EXTERNAL("realtime", needs_two, 0,
		 "a file on the realtime device of xfs is DAX, and mapped to the frames that the "
		 "tables of that device give",
		 REALTIME_CASE(TESTBED_LINEAR, REALTIME, true, true)),
	EXTERNAL("realtime_not_dax", needs_two_brd, CHECK_EMULATED,
		 "where only the data device of xfs is DAX, a file on its realtime device is not",
		 REALTIME_CASE(TESTBED_LINEAR, REALTIME_NOT_DAX, true, false)),
	EXTERNAL("data_not_dax", needs_two_brd, CHECK_EMULATED,
		 "where only the realtime device of xfs is DAX, a file on its data device is not",
		 REALTIME_CASE(DATA_NOT_DAX, REALTIME, false, true)),
	EXTERNAL("realtime_flagged", needs_two, 0,
		 "an empty file that gets the realtime flag is DAX on a realtime device with DAX",
		 "xfs", FS_EXTERNAL_REALTIME, TESTBED_LINEAR, REALTIME, true, true,
		 .flagged = true),
	EXTERNAL(
		"realtime_flag_refused", needs_two_brd, CHECK_EMULATED,
		"an empty DAX file does not get the realtime flag where the realtime device is not "
		"DAX, and is a DAX file as before",
		REALTIME_CASE(TESTBED_LINEAR, REALTIME_NOT_DAX, true, false), .flag_refused = true),
	SWAPFILE(ext4),
	SWAPFILE(xfs),
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

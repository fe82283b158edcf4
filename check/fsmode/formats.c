// SPDX-License-Identifier: GPL-2.0-only
#include "check/fsmode/formats.h"

#include "check/fixture/dax_capability.h"
#include "check/fixture/testbed.h"
#include "check/fsmode/file.h"
#include "lib/base/child.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES = 3 * WINDOW_BYTES, SMALL_BYTES = 64 << 10 };

bool formats_make(struct check_env *env, struct testbed *bed, const char *features)
{
	const struct testbed_spec spec = {.table = TESTBED_LINEAR, .fs = "ext4", .direct = true};
	char said[300];
	int rc;

	if (!testbed_devices(env, bed, &spec))
		return false;
	const char *const argv[] = {"mkfs.ext4",       "-q", "-F", "-b", "4096", "-O", features,
				    testbed_node(bed), NULL};

	rc = child_run((char *const *)argv, 60, said, sizeof(said));
	if (rc > 0)
		check_evidence(env, "mkfs.ext4: %s", said);
	snprintf(bed->fs.where, sizeof(bed->fs.where), "%s/format", env->directory);
	snprintf(bed->fs.node, sizeof(bed->fs.node), "%s", testbed_node(bed));
	return check_setup(env, rc > 0 ? -EIO : rc, "mkfs.ext4 -O %s", features);
}

static int write_file(const char *where, uint64_t bytes)
{
	char path[300], *stamps = malloc(bytes);
	int fd, rc = 0;

	snprintf(path, sizeof(path), "%s/file", where);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || !stamps) {
		free(stamps);
		return -errno;
	}
	stamp_fill(stamps, bytes, TESTBED_FILE, 0, TESTBED_GENERATION);
	if (pwrite(fd, stamps, bytes, 0) != (ssize_t)bytes)
		rc = -EIO;
	else if (fsync(fd) < 0)
		rc = -errno;
	free(stamps);
	if (rc)
		close(fd);
	return rc ? rc : fd;
}

/* ---- indirect blocks ------------------------------------------------------------------------- */

/* Pages around the ends of what the inode, an indirect and a double indirect block map. */
static const uint64_t stored[] = {0, 11, 12, 1035, 1036, FILE_BYTES / PAGE_BYTES - 1};

static void use_indirect(struct check_env *env, struct testbed *bed)
{
	const uint64_t hole = 10 * PAGE_BYTES, hole_len = 4 * PAGE_BYTES;
	char page[PAGE_BYTES], *zeroes = calloc(2, hole_len);
	int rc;

	check_equal(env, fs_file_is_dax(bed->fd), 1, "STATX_ATTR_DAX of the file");
	testbed_holds(env, bed, "as written", 0, FILE_BYTES, TESTBED_GENERATION);
	testbed_frames(env, bed, 0, FILE_BYTES);
	for (size_t i = 0; i < sizeof(stored) / sizeof(stored[0]); i++) {
		uint64_t at = stored[i] * PAGE_BYTES;

		stamp_fill(page, PAGE_BYTES, TESTBED_FILE, at, 2);
		rc = check_copy(bed->map.base + at, page, PAGE_BYTES).signal ? -EFAULT : 0;
		if (!rc && fsync(bed->fd) < 0)
			rc = -errno;
		if (check_setup(env, rc, "a store to page %" PRIu64, stored[i]))
			testbed_holds(env, bed, "after a store", at, PAGE_BYTES, 2);
	}
	rc = fallocate(bed->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)hole,
		       (off_t)hole_len);
	if (check_errno(env, rc < 0 ? -errno : 0, 0, "punching a hole") && zeroes) {
		rc = check_copy(zeroes, bed->map.base + hole, hole_len).signal ? -EFAULT : 0;
		check_setup(env, rc, "reading the hole");
		check_that(env, !memcmp(zeroes, zeroes + hole_len, hole_len),
			   "the hole reads as zeroes");
		testbed_holds(env, bed, "behind the hole", hole + hole_len, 8 * PAGE_BYTES,
			      TESTBED_GENERATION);
	}
	free(zeroes);
}

/* Mounted without an option: the file is not DAX. */
static void use_without_dax(struct check_env *env, const struct testbed *bed)
{
	const struct fs *fs = &bed->fs.fs;
	char path[300];
	int fd, rc = dax_capability_mount(fs->type, fs->node, fs->where, NULL);

	if (!check_setup(env, rc, "mounting %s", fs->type))
		return;
	snprintf(path, sizeof(path), "%s/file", fs->where);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (check_setup(env, fd < 0 ? -errno : 0, "making a file")) {
		file_is_not_dax(env, fd, SMALL_BYTES);
		close(fd);
	}
	check_setup(env, fs_unmount_path(fs->where), "unmounting");
}

void formats_indirect(struct check_env *env, const void *arg)
{
	const struct indirect_case *c = arg;
	char why[768];
	struct testbed bed;
	int fd, rc;

	if (!formats_make(env, &bed, c->features))
		return;
	bed.fs.fs = (struct fs){.type = c->type, .node = bed.fs.node, .where = bed.fs.where};
	mkdir(bed.fs.where, 0700);
	rc = fs_mount_why(&bed.fs.fs, why, sizeof(why));
	if (c->may_refuse)
		check_observe_suspicious(env, "mount", check_errno_json(rc));
	if (c->may_refuse && rc < 0) {
		use_without_dax(env, &bed);
		goto out;
	}
	if (!check_errno(env, rc, 0, "mounting %s with dax=always", c->type))
		goto out;
	bed.node_fd = open(testbed_node(&bed), O_RDWR | O_DIRECT | O_CLOEXEC);
	fd = write_file(bed.fs.where, FILE_BYTES);
	if (check_setup(env,
			fd < 0		  ? fd
			: bed.node_fd < 0 ? -EIO
					  : 0,
			"writing a file") &&
	    testbed_map(env, &bed, fd, FILE_BYTES))
		use_indirect(env, &bed);
out:
	testbed_close(env, &bed);
}

/* ---- verity ---------------------------------------------------------------------------------- */

static int enable_verity(const char *where)
{
	struct fsverity_enable_arg arg = {.version = 1,
					  .hash_algorithm = FS_VERITY_HASH_ALG_SHA256,
					  .block_size = PAGE_BYTES};
	char path[300];
	int fd, rc;

	snprintf(path, sizeof(path), "%s/file", where);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	rc = fd < 0 || ioctl(fd, FS_IOC_ENABLE_VERITY, &arg) < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return rc;
}

/* What a file with verity is when DAX is asked for. */
static void verity_is_not_dax(struct check_env *env, const char *where)
{
	struct fsxattr attr = {0};
	char path[300], *bytes = malloc(SMALL_BYTES);
	int fd, rc;

	snprintf(path, sizeof(path), "%s/file", where);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	rc = fd < 0 || ioctl(fd, FS_IOC_FSGETXATTR, &attr) < 0 ? -errno : 0;
	if (check_setup(env, rc, "opening the file") && bytes) {
		attr.fsx_xflags |= FS_XFLAG_DAX;
		rc = ioctl(fd, FS_IOC_FSSETXATTR, &attr) < 0 ? -errno : 0;
		check_that(env, rc < 0, "the flag for DAX of a file with verity is refused");
		check_equal(env, fs_file_is_dax(fd), 0, "STATX_ATTR_DAX of a file with verity");
		if (check_equal(env, pread(fd, bytes, SMALL_BYTES, 0), SMALL_BYTES,
				"bytes read from a file with verity"))
			check_bytes(env, "by read(2) of a file with verity", bytes, SMALL_BYTES,
				    TESTBED_FILE, 0, TESTBED_GENERATION);
	}
	if (fd >= 0)
		close(fd);
	free(bytes);
}

/* With dax=always every file is DAX, and verity of one is refused; a file that has verity is not
 * DAX when it is mounted so. */
void formats_verity(struct check_env *env, const void *arg)
{
	static const char *const options[] = {"dax=always", "dax=inode", "dax=always"};
	static const int results[] = {-EINVAL, 0, -EEXIST};
	struct testbed bed;

	(void)arg;
	if (!formats_make(env, &bed, "verity"))
		return;
	for (int i = 0; i < 3 && !check_complained(env); i++) {
		int fd, rc = dax_capability_mount("ext4", bed.fs.node, bed.fs.where, options[i]);

		if (!check_setup(env, rc, "mounting with %s", options[i]))
			break;
		fd = i ? 0 : write_file(bed.fs.where, SMALL_BYTES);
		if (check_setup(env, fd, "writing a file")) {
			if (!i)
				close(fd);
			rc = enable_verity(bed.fs.where);
			if (rc == -EOPNOTSUPP || rc == -ENOPKG)
				check_skip(env, "a kernel with CONFIG_FS_VERITY",
					   "FS_IOC_ENABLE_VERITY: %s", strerror(-rc));
			else
				check_errno(env, rc, results[i],
					    "enabling verity of a file on ext4 with %s",
					    options[i]);
			if (i && !check_complained(env))
				verity_is_not_dax(env, bed.fs.where);
		}
		check_setup(env, fs_unmount_path(bed.fs.where), "unmounting");
	}
	testbed_close(env, &bed);
}

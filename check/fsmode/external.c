// SPDX-License-Identifier: GPL-2.0-only
#include "check/fsmode/external.h"

#include "check/fixture/testbed.h"
#include "check/fsmode/file.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES = 2 * WINDOW_BYTES, STORED = TESTBED_GENERATION + 1 };

/* The filesystem, with the second device in its place.  false after a complaint. */
static bool make(struct check_env *env, struct testbed *bed, struct testbed *second,
		 const struct external_case *c)
{
	char why[768] = "";
	int rc;

	snprintf(bed->fs.where, sizeof(bed->fs.where), "%s/external", env->directory);
	snprintf(bed->fs.node, sizeof(bed->fs.node), "%s", testbed_node(bed));
	bed->fs.fs = (struct fs){.type = c->fs, .node = bed->fs.node, .where = bed->fs.where};
	bed->fs.fs.external[c->external] = testbed_node(second);
	rc = fs_make_spec(&bed->fs.fs, 0, why, sizeof(why));
	if (!check_setup(env, rc, "%s", why))
		return false;
	rc = mkdir(bed->fs.where, 0700) < 0 ? -errno : fs_mount_why(&bed->fs.fs, why, sizeof(why));
	if (rc < 0)
		check_evidence(env, "%s", why);
	return check_errno(env, rc, 0, "mounting with dax=always");
}

/* A new file of stamps, with a flag unless that is 0.  Returns its descriptor or -errno. */
static int write_file(const struct testbed *bed, const char *name, uint32_t xflag)
{
	char path[sizeof(bed->fs.where) + 16], *bytes = malloc(FILE_BYTES);
	int fd, rc;

	snprintf(path, sizeof(path), "%s/%s", bed->fs.where, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	rc = !bytes ? -ENOMEM : fd < 0 ? -errno : 0;
	if (!rc && xflag)
		rc = file_set_flag(fd, xflag, true);
	if (!rc && fallocate(fd, 0, 0, FILE_BYTES) < 0)
		rc = -errno;
	if (!rc) {
		stamp_fill(bytes, FILE_BYTES, TESTBED_FILE, 0, TESTBED_GENERATION);
		errno = 0;
		if (pwrite(fd, bytes, FILE_BYTES, 0) != FILE_BYTES || fsync(fd) < 0)
			rc = errno ? -errno : -EIO;
	}
	free(bytes);
	if (rc < 0 && fd >= 0)
		close(fd);
	return rc < 0 ? rc : fd;
}

/* on: the device that has the blocks of the file. */
static void use_dax_file(struct check_env *env, struct testbed *on, int fd)
{
	static const uint64_t stored[] = {0, WINDOW_BYTES - PAGE_BYTES, FILE_BYTES - PAGE_BYTES};
	char page[PAGE_BYTES];

	if (!testbed_map(env, on, fd, FILE_BYTES))
		return;
	testbed_holds(env, on, "as written", 0, FILE_BYTES, TESTBED_GENERATION);
	testbed_frames(env, on, 0, FILE_BYTES);
	for (uint64_t at = 0; at < FILE_BYTES; at += WINDOW_BYTES)
		testbed_page_size(env, on, at);
	for (size_t i = 0; i < sizeof(stored) / sizeof(stored[0]); i++) {
		stamp_fill(page, PAGE_BYTES, TESTBED_FILE, stored[i], STORED);
		check_equal(env, check_copy(on->map.base + stored[i], page, PAGE_BYTES).signal, 0,
			    "signal of a store");
	}
	check_errno(env, fsync(fd) < 0 ? -errno : 0, 0, "fsync(2)");
	for (size_t i = 0; i < sizeof(stored) / sizeof(stored[0]); i++)
		testbed_holds(env, on, "after a store", stored[i], PAGE_BYTES, STORED);
}

/* One file of each device that can have one. */
static void use_file(struct check_env *env, struct testbed *bed, struct testbed *on,
		     const char *name, uint32_t xflag, bool dax)
{
	int fd = write_file(bed, name, xflag);

	if (!check_errno(env, fd, 0, "writing the file %s", name))
		return;
	check_equal(env, fs_file_is_dax(fd), dax, "STATX_ATTR_DAX of the file %s", name);
	if (dax) {
		use_dax_file(env, on, fd);
		testbed_unmap(on);
		testbed_close_file(on); /* fd, too */
		return;
	}
	if (check_setup(env, ftruncate(fd, 0) < 0 ? -errno : 0, "ftruncate(2)"))
		file_is_not_dax(env, fd, FILE_BYTES);
	close(fd);
}

/* After a remount, which replays or reads the log.  But for the pages that were stored to. */
static void mounted_again(struct check_env *env, struct testbed *bed, const char *name)
{
	char path[sizeof(bed->fs.where) + 16], page[PAGE_BYTES];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", bed->fs.where, name);
	if (!check_errno(env, fs_remount(&bed->fs.fs), 0, "mounting again"))
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (!check_setup(env, fd < 0 ? -errno : 0, "opening the file %s", name))
		return;
	for (uint64_t at = PAGE_BYTES; at < FILE_BYTES; at += WINDOW_BYTES / 2)
		if (check_equal(env, pread(fd, page, PAGE_BYTES, (off_t)at), PAGE_BYTES,
				"bytes of read(2) after a remount"))
			check_bytes(env, "by read(2) after a remount", page, PAGE_BYTES,
				    TESTBED_FILE, at, TESTBED_GENERATION);
	close(fd);
}

/* Sectors that bios have written to a DM device.  Source: Documentation/block/stat.rst. */
static uint64_t written(struct check_env *env, const struct testbed *bed)
{
	uint64_t sectors = 0;
	char path[96];
	FILE *in;

	snprintf(path, sizeof(path), "/sys/dev/block/%s/stat",
		 bed->graph.devices[bed->device].numbers);
	in = fopen(path, "re");
	check_own(env,
		  !in || fscanf(in, "%*u %*u %*u %*u %*u %*u %" SCNu64, &sectors) != 1 ? -EIO : 0,
		  "reading %s", path);
	if (in)
		fclose(in);
	return sectors;
}

/* New files are on the realtime device: by a flag of the directory, or of the file. */
static void use_realtime(struct check_env *env, struct testbed *bed, struct testbed *second,
			 const struct external_case *c)
{
	int fd, rc = 0;

	if (!c->flagged) {
		fd = open(bed->fs.where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		rc = fd < 0 ? -errno : file_set_flag(fd, FS_XFLAG_RTINHERIT, true);
		if (fd >= 0)
			close(fd);
	}
	if (check_setup(env, rc, "having files inherit the realtime flag"))
		use_file(env, bed, second, "realtime", c->flagged ? FS_XFLAG_REALTIME : 0,
			 c->realtime_dax);
}

/* An empty file stays on its device if the other one is not DAX. */
static void flag_is_refused(struct check_env *env, const struct testbed *bed, const char *name)
{
	char path[sizeof(bed->fs.where) + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", bed->fs.where, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (!check_setup(env, fd < 0 ? -errno : 0, "making the file %s", name))
		return;
	check_errno(env, file_set_flag(fd, FS_XFLAG_REALTIME, true), -EINVAL,
		    "giving an empty DAX file the realtime flag");
	close(fd);
}

void external_device(struct check_env *env, const void *arg)
{
	const struct external_case *c = arg;
	const bool realtime = c->external == FS_EXTERNAL_REALTIME;
	struct testbed_spec spec = {
		.table = c->data, .fs = c->fs, .direct = true, .own_target = true};
	struct testbed bed, second = TESTBED_NONE;
	uint64_t before;

	if (!testbed_devices(env, &bed, &spec))
		return;
	spec.table = c->table;
	if (!testbed_devices(env, &second, &spec))
		goto out;
	bed.node_fd = open(testbed_node(&bed), O_RDWR | O_DIRECT | O_CLOEXEC);
	second.node_fd = open(testbed_node(&second), O_RDWR | O_DIRECT | O_CLOEXEC);
	if (!check_setup(env, bed.node_fd < 0 || second.node_fd < 0 ? -errno : 0,
			 "opening the devices") ||
	    !make(env, &bed, &second, c))
		goto out;
	before = realtime ? 0 : written(env, &second);
	if (c->flag_refused)
		flag_is_refused(env, &bed, "file");
	use_file(env, &bed, &bed, "file", 0, c->data_dax);
	if (realtime && !c->flag_refused)
		use_realtime(env, &bed, &second, c);
	if (!realtime)
		check_that(env, written(env, &second) > before, "the log is on its own device");
	if (!check_complained(env))
		mounted_again(env, &bed, realtime && !c->flag_refused ? "realtime" : "file");
out:
	testbed_close(env, &bed);
	testbed_close(env, &second);
}

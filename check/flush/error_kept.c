// SPDX-License-Identifier: GPL-2.0-only
#include "check/flush/error_kept.h"

#include "check/fixture/dax_capability.h"
#include "lib/dev/dm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

enum { SECTORS = 32 << 11, START = 4096, FILE_BYTES = 64 << 10, FDS = 3 };

static char bytes[FILE_BYTES];

/* The blocks of the file become an error target (bad), or linear again.  Returns 0 or -errno. */
static int swap(const char *name, const struct namespace *ns, uint64_t at, bool bad)
{
	const uint64_t len = FILE_BYTES / SECTOR_BYTES, end = at + len;
	char table[256];

	if (bad)
		snprintf(table, sizeof(table),
			 "0 %" PRIu64 " linear %s %d\n%" PRIu64 " %" PRIu64 " error\n%" PRIu64
			 " %" PRIu64 " linear %s %" PRIu64,
			 at, ns->node, START, at, len, end, SECTORS - end, ns->node, START + end);
	else
		snprintf(table, sizeof(table), "0 %d linear %s %d", SECTORS, ns->node, START);
	return dm_device_reload(name, table, DM_NOFLUSH | DM_NOLOCKFS);
}

/* The file, whose blocks are known and in one piece.  Returns its first sector, 0 after a
 * complaint. */
static uint64_t make_file(struct check_env *env, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), rc = fd < 0 ? -errno : 0;
	struct extents extents = {0};
	uint64_t sector = 0;

	if (!rc && (write(fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes) || fsync(fd) < 0))
		rc = -errno;
	rc = rc ? rc : extents_read(fd, &extents);
	if (check_setup(env, rc, "making a file") &&
	    check_own(env, extents.n == 1 ? 0 : -ERANGE, "a file of one extent"))
		sector = extents.list[0].physical_bytes / SECTOR_BYTES;
	extents_free(&extents);
	if (fd >= 0)
		close(fd);
	return sector;
}

static void judge(struct check_env *env, const char *name, const char *where)
{
	const struct namespace *ns = check_device(env, NAMESPACE_RAW, 0);
	char path[300];
	uint64_t sector;
	int fds[FDS], writer, rc;

	snprintf(path, sizeof(path), "%s/file", where);
	sector = make_file(env, path);
	if (!sector)
		return;
	for (int i = 0; i < FDS; i++)
		fds[i] = open(path, O_RDONLY | O_CLOEXEC);
	writer = open(path, O_WRONLY | O_CLOEXEC);
	rc = writer < 0 || pwrite(writer, "x", 1, 0) != 1 ? -errno : 0;
	rc = rc ? rc : swap(name, ns, sector, true);
	if (!check_setup(env, rc, "a table with an error target"))
		return;
	rc = sync_file_range(writer, 0, 0,
			     SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
				     SYNC_FILE_RANGE_WAIT_AFTER);
	check_errno(env, rc < 0 ? -errno : 0, -EIO, "write-back to an error target");
	close(writer);
	if (!check_setup(env, swap(name, ns, sector, false), "the first table again"))
		return;
	check_errno(env, fsync(fds[0]) < 0 ? -errno : 0, -EIO,
		    "fsync of another open file after the error");
	check_errno(env, fsync(fds[0]) < 0 ? -errno : 0, 0, "fsync once more");
	check_errno(env, fdatasync(fds[1]) < 0 ? -errno : 0, -EIO, "fdatasync of a third one");
	rc = mount(NULL, where, NULL, MS_REMOUNT | MS_RDONLY, NULL);
	if (check_setup(env, rc < 0 ? -errno : 0, "remounting %s read-only", where))
		check_errno(env, fsync(fds[2]) < 0 ? -errno : 0, -EIO,
			    "fsync of a fourth one, now that the filesystem is read-only");
	for (int i = 0; i < FDS; i++)
		close(fds[i]);
}

void error_kept(struct check_env *env, const void *arg)
{
	const struct namespace *ns = check_device(env, NAMESPACE_RAW, 0);
	char name[64], node[128], where[256], table[128];
	int rc;

	check_name(env, "kept", name);
	snprintf(table, sizeof(table), "0 %d linear %s %d", SECTORS, ns->node, START);
	rc = dm_device_create(name, table, 0);
	if (!check_setup(env, rc, "creating %s (%s)", table, dm_last_error()))
		return;
	dm_device_node(name, node);
	snprintf(where, sizeof(where), "%s/mnt", env->directory);
	if (check_setup(env, fs_make(arg, node, 0), "mkfs.%s", (const char *)arg) &&
	    check_setup(env, dax_capability_mount(arg, node, where, NULL), "mount")) {
		judge(env, name, where);
		check_setup(env, fs_unmount_path(where), "unmounting");
	}
	check_setup(env, dm_device_remove(name, 0), "removing %s", name);
}

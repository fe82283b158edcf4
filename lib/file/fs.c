// SPDX-License-Identifier: GPL-2.0-only
#include "lib/file/fs.h"

#include "lib/base/child.h"
#include "lib/base/limit_clock.h"
#include "lib/base/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef STATX_ATTR_DAX
#define STATX_ATTR_DAX 0x00200000 /* linux/stat.h since 5.8 */
#endif

enum {
	MKFS_LIMIT_S = 300,
	FS_BLOCK_BYTES = 4096,
	EXT4_TINY_BYTES = 16 << 20,
	EXT4_SMALL_BYTES = 128 << 20,
	/* With less, the log of 64 MiB does not fit an allocation group, a quarter of the
	 * device. */
	XFS_SMALL_BYTES = 640 << 20,
	/* How long an unmount that fails with -EBUSY is retried. */
	BUSY_LIMIT_MS = 1000,
	BELOW_MAX = 64,
};

/* One line per filesystem. */
struct fs_kind {
	const char *type;
	const char *mkfs;
	const char *package;
	const char *const *options;
	bool size_is_option; /* in -d size=, or as the last operand */
};

/*
 * Everything that could differ between two runs is fixed: identifiers and the directory hash seed
 * would otherwise come from the random number generator.
 */
#define FS_UUID "da8d3000-0000-4000-8000-000000000001"

/* stride and stripe_width of 2 MiB make mballoc align large extents to 2 MiB. */
#define EXT4_EXTENDED                                                                   \
	"stride=512,stripe_width=512,lazy_itable_init=0,lazy_journal_init=0,nodiscard," \
	"hash_seed=" FS_UUID
static const char *const ext4_options[] = {
	"-q", "-F", "-b", "4096", "-m", "0", "-N", "1024", "-U", FS_UUID, "-E", EXT4_EXTENDED, NULL,
};

static const char *const xfs_options[] = {
	"-q", "-f", "-K", "-m", "reflink=0,uuid=" FS_UUID, NULL,
};

static const struct fs_kind kinds[] = {
	{"ext4", "mkfs.ext4", "e2fsprogs", ext4_options, false},
	{"xfs", "mkfs.xfs", "xfsprogs", xfs_options, true},
};

static const struct fs_kind *find_kind(const char *type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].type, type))
			return &kinds[i];
	return NULL;
}

bool fs_known(const char *type)
{
	return find_kind(type);
}

/* A small device gets a small journal, a tiny one none.  Sets two arguments. */
static void ext4_journal(uint64_t size_bytes, const char *argv[2])
{
	argv[0] = size_bytes < EXT4_TINY_BYTES ? "-O" : "-J";
	argv[1] = size_bytes < EXT4_TINY_BYTES	  ? "^has_journal"
		  : size_bytes < EXT4_SMALL_BYTES ? "size=4"
						  : "size=32";
}

/* Returns 0, or -errno after one error line. */
static int device_bytes(const char *node, uint64_t *bytes)
{
	int fd = open(node, O_RDONLY | O_CLOEXEC), rc = 0;

	if (fd < 0 || ioctl(fd, BLKGETSIZE64, bytes) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	if (rc < 0)
		msg_error("cannot find the size of %s: %s", node, strerror(-rc));
	return rc;
}

int fs_make(const char *type, const char *node, uint64_t size_bytes)
{
	const struct fs_kind *kind = find_kind(type);
	char size[64], said[512];
	const char *argv[32];
	size_t argc = 0;
	int rc;

	if (!kind)
		return -EINVAL;
	if (!size_bytes) {
		rc = device_bytes(node, &size_bytes);
		if (rc < 0)
			return rc;
		size_bytes -= size_bytes % FS_BLOCK_BYTES;
	}
	argv[argc++] = kind->mkfs;
	for (const char *const *o = kind->options; *o; o++)
		argv[argc++] = *o;
	if (kind->size_is_option) {
		snprintf(size, sizeof(size), "su=2m,sw=1,%ssize=%" PRIu64,
			 size_bytes < XFS_SMALL_BYTES ? "agcount=2," : "", size_bytes);
		argv[argc++] = "-d";
		argv[argc++] = size;
		argv[argc++] = node;
	} else {
		snprintf(size, sizeof(size), "%" PRIu64 "k", size_bytes >> 10);
		ext4_journal(size_bytes, &argv[argc]);
		argc += 2;
		argv[argc++] = node;
		argv[argc++] = size;
	}
	argv[argc] = NULL;
	rc = child_run((char *const *)argv, MKFS_LIMIT_S, said, sizeof(said));
	if (rc == -ENOENT)
		msg_error("%s is not installed; `apt-get install %s`", kind->mkfs, kind->package);
	else if (rc < 0)
		msg_error("cannot run %s on %s: %s", kind->mkfs, node, strerror(-rc));
	else if (rc)
		msg_error("%s on %s failed (exit status %d): %s", kind->mkfs, node, rc, said);
	return rc > 0 ? -EIO : rc;
}

/*
 * One line of mountinfo: ID PARENT MAJ:MIN ROOT POINT OPTIONS ... - TYPE SOURCE SUPEROPTIONS.
 * Calls visit(point, type, super options) for each; stops when it returns non-zero and returns
 * that.  Source: proc(5).
 */
static int each_mount(int (*visit)(const char *point, const char *type, const char *options,
				   void *arg),
		      void *arg)
{
	FILE *in = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t len = 0;
	int rc = 0;

	if (!in)
		return -errno;
	while (!rc && getline(&line, &len, in) > 0) {
		char point[512], type[64], options[512], *dash = strstr(line, " - ");

		if (dash && sscanf(line, "%*s %*s %*s %*s %511s", point) == 1 &&
		    sscanf(dash + 3, "%63s %*s %511s", type, options) == 2)
			rc = visit(point, type, options, arg);
	}
	free(line);
	fclose(in);
	return rc;
}

static bool has_option(const char *options, const char *wanted)
{
	size_t len = strlen(wanted);

	for (const char *p = options; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (!strncmp(p, wanted, len) && (!p[len] || p[len] == ','))
			return true;
	}
	return false;
}

/* 1: mounted here with the requested option, 2: mounted here with another one. */
static int visit_dax(const char *point, const char *type, const char *options, void *arg)
{
	const struct fs *fs = arg;

	if (strcmp(point, fs->where) || strcmp(type, fs->type))
		return 0;
	if (fs->dax_never)
		return has_option(options, "dax=never") ? 1 : 2;
	return has_option(options, "dax=always") || has_option(options, "dax") ? 1 : 2;
}

/* All filesystems have the same UUID; without nouuid, xfs refuses to mount two of them. */
static const char *fs_mount_options(const struct fs *fs)
{
	if (fs->dax_never)
		return strcmp(fs->type, "xfs") ? "dax=never" : "dax=never,nouuid";
	return strcmp(fs->type, "xfs") ? "dax=always" : "dax=always,nouuid";
}

int fs_mount(struct fs *fs)
{
	const char *dax = fs->dax_never ? "dax=never" : "dax=always";
	int rc;

	if (mount(fs->node, fs->where, fs->type, 0, fs_mount_options(fs)) < 0) {
		rc = -errno;
		msg_error("cannot mount %s from %s with %s: %s; `dmesg | tail` says why", fs->type,
			  fs->node, dax, strerror(-rc));
		return rc;
	}
	fs->mounted = true;
	rc = each_mount(visit_dax, fs);
	if (rc == 1)
		return 0;
	if (rc < 0)
		msg_error("cannot read how %s on %s was mounted: %s", fs->type, fs->node,
			  strerror(-rc));
	else
		msg_error("%s on %s was mounted without %s; it is not measured", fs->type, fs->node,
			  dax);
	fs_unmount(fs);
	return rc < 0 ? rc : -ENOTSUP;
}

int fs_unmount_path(const char *where)
{
	int64_t until_ms = limit_clock_ms() + BUSY_LIMIT_MS;
	int rc;

	do
		rc = umount2(where, 0) < 0 ? -errno : 0;
	while (rc == -EBUSY && limit_clock_retry(until_ms));
	return rc;
}

int fs_unmount(struct fs *fs)
{
	int rc;

	if (!fs->mounted)
		return 0;
	rc = fs_unmount_path(fs->where);
	if (rc < 0) {
		msg_error("cannot unmount %s: %s", fs->where, strerror(-rc));
		return rc;
	}
	fs->mounted = false;
	return 0;
}

int fs_file_is_dax(int fd)
{
	struct statx sx;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &sx) < 0)
		return -errno;
	if (!(sx.stx_attributes_mask & STATX_ATTR_DAX))
		return -ENOTSUP;
	return !!(sx.stx_attributes & STATX_ATTR_DAX);
}

bool fs_path_is_below(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	return !strncmp(path, directory, len) && (!path[len] || path[len] == '/');
}

struct visitor {
	int (*visit)(const char *point, void *arg);
	void *arg;
};

static int visit_point(const char *point, const char *type, const char *options, void *arg)
{
	const struct visitor *visitor = arg;

	(void)type;
	(void)options;
	return visitor->visit(point, visitor->arg);
}

int fs_each_mount_point(int (*visit)(const char *point, void *arg), void *arg)
{
	struct visitor visitor = {visit, arg};

	return each_mount(visit_point, &visitor);
}

struct below {
	const char *directory;
	char point[512];
};

static int visit_below(const char *point, void *arg)
{
	struct below *below = arg;

	if (fs_path_is_below(point, below->directory))
		snprintf(below->point, sizeof(below->point), "%s", point);
	return 0;
}

int fs_unmount_below(const char *directory)
{
	for (int i = 0; i < BELOW_MAX; i++) {
		struct below below = {.directory = directory};
		int rc = fs_each_mount_point(visit_below, &below);

		if (rc < 0)
			return rc;
		if (!below.point[0])
			return 0;
		if (fs_unmount_path(below.point) < 0 && umount2(below.point, MNT_DETACH) < 0)
			return -errno;
	}
	return -EBUSY;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

void fs_remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

int fs_remount(struct fs *fs)
{
	int rc = fs_unmount(fs);

	return rc < 0 ? rc : fs_mount(fs);
}

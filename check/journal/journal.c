// SPDX-License-Identifier: GPL-2.0-only
/*
 * Journals: what a filesystem committed through device-mapper is there when it is mounted again.
 *
 *   data with a flush before it  a commit of a journal is one bio with REQ_PREFLUSH | REQ_FUA and
 *                                data: device-mapper must flush every member and map the data like
 *                                any other.  User space cannot send one; filesystems do: jbd2 with
 *                                each commit, xfs with its log
 *   data with FUA only           pwritev2(RWF_DSYNC) on the bare device: the control
 *
 * fsync(2) of a file commits.  Then the filesystem is unmounted; or it is shut down, and the table
 * of its device is replaced by other memory until it is unmounted, so that only the journal has
 * the files.  When it is mounted again, every byte must be there, and the memory outside the device
 * must be unchanged, because a commit that is mapped wrongly is written somewhere.  The control of
 * a striped device is the same memory as linear segments.  Left out: whether the flush was sent
 * (see flush.c); power failure.
 *
 * Alone: ./run.sh check --check 'journal.*'
 */
#include "check/check.h"
#include "check/fixture/bio.h"
#include "check/fixture/testbed.h"
#include "check/journal/freed_space.h"
#include "check/journal/synced_files.h"
#include "lib/dev/dm.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

/* linux/fs.h does not have it yet: it is xfs's, and ext4 took it over. */
#ifndef FS_IOC_GOINGDOWN
#define FS_IOC_GOINGDOWN _IOR('X', 125, __u32)
#endif

enum {
	GOING_DOWN_NOLOGFLUSH = 2, /* what is in memory only is lost, of the log, too */
	PARTS_MAX = 2,
	FILES = 8,
	FILE_BYTES = 256 << 10,
	GUARD_ID = 99,
	SPARE_MIB = 152, /* on the second namespace: what the layouts leave alone */
	MIB_SECTORS = 2048,
	CHUNK_SECTORS = WINDOW_BYTES / SECTOR_BYTES,
};

/* A device of equal parts, of which chunks are taken in turn, and memory of the first namespace
 * that is none of its. */
struct layout {
	const char *name;
	bool striped; /* else linear segments, each a chunk */
	unsigned int parts, namespaces;
	uint64_t part_mib, at_mib[PARTS_MAX];
	uint64_t guard_mib, guard_at_mib;
};

struct commit {
	const char *fs; /* NULL: the bare device */
	bool cut;	/* what is in memory is lost before it is unmounted */
	struct layout layout;
	bool ways; /* files of synced_files.h in place of equal ones */
};

/* ---- the ground ------------------------------------------------------------------------------ */

static struct graph_member part(const struct layout *l, unsigned int i, uint64_t sectors)
{
	return (struct graph_member){i % l->namespaces, l->at_mib[i] * MIB_SECTORS + sectors};
}

static int add_parts(const struct layout *l, struct graph *graph, unsigned int device)
{
	const uint64_t part_sectors = l->part_mib * MIB_SECTORS;
	struct graph_member members[PARTS_MAX];
	const struct graph_target target = {
		.type = l->striped ? TARGET_STRIPED : TARGET_LINEAR,
		.len_sectors = l->striped ? part_sectors * l->parts : CHUNK_SECTORS,
		.chunk_sectors = CHUNK_SECTORS,
		.n_members = l->striped ? l->parts : 1,
		.members = members,
	};
	int rc = 0;

	if (l->striped) {
		for (unsigned int i = 0; i < l->parts; i++)
			members[i] = part(l, i, 0);
		return graph_add_target(graph, device, &target);
	}
	for (uint64_t at = 0; at < part_sectors; at += CHUNK_SECTORS)
		for (unsigned int i = 0; i < l->parts && !rc; i++) {
			members[0] = part(l, i, at);
			rc = graph_add_target(graph, device, &target);
		}
	return rc;
}

static bool has_room(struct check_env *env, const struct layout *l, const struct graph *graph)
{
	for (unsigned int i = 0; i < l->parts; i++) {
		uint64_t have = graph->devices[i % l->namespaces].size_sectors * SECTOR_BYTES;
		uint64_t want = (l->at_mib[i] + l->part_mib) << 20;

		if (have >= want)
			continue;
		check_skip(env, "name a larger one", "a namespace has %s, but %s are needed",
			   bytes_text(have).s, bytes_text(want).s);
		return false;
	}
	return true;
}

/* Returns the device's index in graph, or -errno after a complaint. */
static int lay_out(struct check_env *env, const struct layout *l, struct graph *graph)
{
	char name[64], *text;
	int device, rc;

	*graph = (struct graph){0};
	for (unsigned int i = 0; i < l->namespaces; i++)
		graph_add_namespace(graph, check_device(env, NAMESPACE_FSDAX, i));
	if (!has_room(env, l, graph))
		return -ENOSPC;
	rc = device = graph_add_dm(graph, check_name(env, "journal", name));
	if (device >= 0)
		rc = add_parts(l, graph, (unsigned int)device);
	if (!rc)
		rc = check_create(env, graph);
	if (!check_setup(env, rc, "making %s (%s)", l->name, dm_last_error())) {
		graph_destroy(graph);
		return rc;
	}
	text = l->striped ? graph_dmsetup(graph) : NULL; /* the other has a line for each chunk */
	if (text)
		check_evidence(env, "%s", text);
	free(text);
	return device;
}

static void ground_remove(struct check_env *env, struct graph *graph)
{
	check_setup(env, graph_destroy(graph), "removing the device (%s)", dm_last_error());
}

/* ---- the memory outside the device ----------------------------------------------------------- */

static void guard_write(struct check_env *env, const struct layout *l, const char *node,
			char *bytes)
{
	for (uint64_t at = 0; at < l->guard_mib << 20; at += WINDOW_BYTES) {
		int rc;

		stamp_fill(bytes, WINDOW_BYTES, GUARD_ID, at, 1);
		rc = bio_write(node, (l->guard_at_mib << 20) + at, bytes, WINDOW_BYTES);
		if (!check_setup(env, rc, "stamping %s outside the device", node))
			return;
	}
}

static void guard_holds(struct check_env *env, const struct layout *l, const char *node,
			char *bytes)
{
	char path[192];

	for (uint64_t at = 0; at < l->guard_mib << 20; at += WINDOW_BYTES) {
		uint64_t from = (l->guard_at_mib << 20) + at;

		if (!check_setup(env, bio_read(node, from, bytes, WINDOW_BYTES), "reading %s",
				 node))
			return;
		snprintf(path, sizeof(path), "read from %s outside %s, %s from its start", node,
			 l->name, bytes_text(from).s);
		if (!check_bytes(env, path, bytes, WINDOW_BYTES, GUARD_ID, at, 1))
			return;
	}
}

/* ---- a filesystem ---------------------------------------------------------------------------- */

static bool files_write(struct check_env *env, const struct check_fs *fs)
{
	for (uint32_t i = 1; i <= FILES; i++) {
		char name[16];
		int fd;

		snprintf(name, sizeof(name), "file%u", i);
		fd = check_file(env, fs, name, FILE_BYTES, i, 1);
		if (fd < 0)
			return false;
		close(fd);
	}
	return true;
}

/* What is in memory only is lost: what an unmount writes is elsewhere. */
static bool lose_memory(struct check_env *env, const struct check_fs *fs, const char *dm_name,
			uint64_t sectors)
{
	const struct namespace *spare = check_device(env, NAMESPACE_FSDAX, 1);
	__u32 how = GOING_DOWN_NOLOGFLUSH;
	char table[128];
	int fd = open(fs->where, O_RDONLY | O_CLOEXEC), rc = 0;

	if (fd < 0 || ioctl(fd, FS_IOC_GOINGDOWN, &how) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	if (!check_setup(env, rc, "shutting %s down", fs->fs.type))
		return false;
	snprintf(table, sizeof(table), "0 %" PRIu64 " linear %u:%u %d", sectors, spare->major,
		 spare->minor, SPARE_MIB * MIB_SECTORS);
	rc = dm_device_reload(dm_name, table, DM_NOFLUSH | DM_NOLOCKFS);
	return check_setup(env, rc, "swapping the table to other memory (%s)", dm_last_error());
}

static bool swap_back(struct check_env *env, const struct graph *graph, unsigned int device)
{
	int rc = graph_reload(graph, device, 0);

	return check_setup(env, rc, "swapping back to the old table (%s)", dm_last_error());
}

static void files_hold(struct check_env *env, const struct check_fs *fs, const char *on,
		       char *bytes)
{
	for (uint32_t i = 1; i <= FILES; i++) {
		char path[sizeof(fs->where) + 32];
		ssize_t n = 0;
		int fd;

		snprintf(path, sizeof(path), "%s/file%u", fs->where, i);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			n = pread(fd, bytes, FILE_BYTES, 0);
		if (!check_errno(env, fd < 0 || n < 0 ? -errno : 0, 0,
				 "reading file %u of %d, which was synced, on %s", i, FILES, on) ||
		    !check_equal(env, n, FILE_BYTES, "bytes of file %u on %s", i, on) ||
		    !check_bytes(env, "read after the filesystem was mounted again", bytes,
				 FILE_BYTES, i, 0, 1)) {
			if (fd >= 0)
				close(fd);
			return;
		}
		close(fd);
	}
}

static void commit_and_look(struct check_env *env, const struct commit *c,
			    const struct graph *graph, unsigned int device, char *bytes)
{
	const struct graph_device *d = &graph->devices[device];
	const struct layout *l = &c->layout;
	struct check_fs fs;
	int rc;

	if (check_mount(env, c->fs, d->node, 0, &fs) < 0)
		return;
	if (!(c->ways ? synced_files_write(env, &fs) : files_write(env, &fs)) ||
	    (c->cut && !lose_memory(env, &fs, d->name, d->size_sectors))) {
		fs_unmount(&fs.fs);
		return;
	}
	rc = fs_unmount(&fs.fs);
	if (!check_setup(env, rc, "unmounting %s", fs.where) ||
	    (c->cut && !swap_back(env, graph, device)))
		return;
	rc = fs_mount(&fs.fs);
	if (!check_errno(env, rc, 0, "mounting %s on %s again after %s", c->fs, l->name,
			 c->cut ? "losing its memory" : "a clean unmount"))
		;
	else if (c->ways)
		synced_files_hold(env, &fs, l->name);
	else
		files_hold(env, &fs, l->name, bytes);
	check_unmount(env, &fs);
}

static void journal(struct check_env *env, const void *arg)
{
	const struct commit *c = arg;
	const char *member;
	struct graph graph;
	char *bytes;
	int device = lay_out(env, &c->layout, &graph);

	if (device < 0)
		return;
	bytes = malloc(WINDOW_BYTES);
	member = graph.devices[0].node;
	if (check_setup(env, bytes ? 0 : -ENOMEM, "memory"))
		guard_write(env, &c->layout, member, bytes);
	if (!check_complained(env)) {
		commit_and_look(env, c, &graph, (unsigned int)device, bytes);
		guard_holds(env, &c->layout, member, bytes);
	}
	free(bytes);
	ground_remove(env, &graph);
}

/* ---- the bare device ------------------------------------------------------------------------- */

static int write_durably(const char *node, uint64_t offset_bytes, char *bytes, size_t len)
{
	struct iovec v = {bytes, len};
	int fd = open(node, O_WRONLY | O_DIRECT | O_CLOEXEC), rc = 0;
	ssize_t n = fd < 0 ? -1 : pwritev2(fd, &v, 1, (off_t)offset_bytes, RWF_DSYNC);

	if (n != (ssize_t)len)
		rc = n < 0 ? -errno : -EIO;
	if (fd >= 0)
		close(fd);
	return rc;
}

/* One call writes half a chunk on each side of a chunk boundary; each half has to be where the
 * model says. */
static void dsync_lands(struct check_env *env, const struct graph *graph, unsigned int device,
			uint64_t at, char *bytes)
{
	struct graph_place place;
	int rc;

	stamp_fill(bytes, WINDOW_BYTES, 1, at, 1);
	rc = write_durably(graph->devices[device].node, at, bytes, WINDOW_BYTES);
	if (!check_setup(env, rc, "pwritev2(RWF_DSYNC) at byte %" PRIu64, at))
		return;
	for (uint64_t done = 0; done < WINDOW_BYTES;) {
		uint64_t len = WINDOW_BYTES - done;

		rc = graph_resolve(graph, device, at + done, &place);
		if (!rc && place.contiguous_bytes < len)
			len = place.contiguous_bytes;
		if (!rc)
			rc = bio_read(place.ns->node, place.offset_bytes, bytes, len);
		if (!check_setup(env, rc, "reading the member's byte %" PRIu64, place.offset_bytes))
			return;
		if (!check_bytes(env, "written with RWF_DSYNC, read from the member", bytes, len, 1,
				 at + done, 1))
			return;
		done += len;
	}
}

static void dsync(struct check_env *env, const void *arg)
{
	const struct commit *c = arg;
	const uint64_t sectors = c->layout.part_mib * c->layout.parts * MIB_SECTORS;
	const char *member;
	struct graph graph;
	char *bytes = NULL;
	int device = lay_out(env, &c->layout, &graph);

	if (device < 0)
		return;
	member = graph.devices[0].node;
	if (check_setup(env,
			posix_memalign((void **)&bytes, PAGE_BYTES, WINDOW_BYTES) ? -ENOMEM : 0,
			"memory"))
		guard_write(env, &c->layout, member, bytes);
	for (uint64_t at = WINDOW_BYTES / 2;
	     !check_complained(env) && at + WINDOW_BYTES <= sectors * SECTOR_BYTES;
	     at += 3 * (uint64_t)WINDOW_BYTES)
		dsync_lands(env, &graph, (unsigned int)device, at, bytes);
	if (!check_complained(env))
		guard_holds(env, &c->layout, member, bytes);
	free(bytes);
	ground_remove(env, &graph);
}

/* ---- the table ------------------------------------------------------------------------------- */

#define BY                                                                                    \
	"fsync(2); Documentation/block/writeback_cache_control.rst: REQ_PREFLUSH may be set " \
	"on a write, whose data is then written after the flush"

static const char *const ext4_one[] = {"device:fsdax", "target:striped", "fs:ext4", NULL};
static const char *const xfs_one[] = {"device:fsdax", "target:striped", "fs:xfs", NULL};
static const char *const ext4_two[] = {"device:fsdax:2", "target:striped", "fs:ext4", NULL};
static const char *const xfs_two[] = {"device:fsdax:2", "target:striped", "fs:xfs", NULL};
static const char *const linear_ext4[] = {"device:fsdax:2", "target:linear", "fs:ext4", NULL};
static const char *const linear_xfs[] = {"device:fsdax", "target:linear", "fs:xfs", NULL};
static const char *const linear_xfs_2[] = {"device:fsdax:2", "target:linear", "fs:xfs", NULL};
static const char *const bare[] = {"device:fsdax", "target:striped", NULL};

/* The log of xfs is in the middle of the device, the journal of ext4 at its begin: the guard is
 * where a commit goes whose sector was taken for one of the namespace. */
#define SMALL(name_, striped_, parts_, namespaces_, mib_)                   \
	{                                                                   \
		name_, striped_, parts_, namespaces_, mib_, {48, 96}, 48, 0 \
	}
#define LARGE(name_, striped_, namespaces_)                              \
	{                                                                \
		name_, striped_, 2, namespaces_, 152, {0, 304}, 152, 152 \
	}
#define SINGLE(name_, striped_, mib_)                    \
	{                                                \
		name_, striped_, 1, 1, mib_, {48}, 48, 0 \
	}

#define STRIPES_ONE "a striped device on one namespace"
#define STRIPES_TWO "a striped device on two namespaces"
#define STRIPE "a striped device of one stripe"
#define SEGMENTS "linear segments in stripe order"
#define SEGMENT "consecutive linear segments"

#define JOURNAL(name_, fs_, down_, needs_, on_, ...)                                   \
	.name = name_,                                                                 \
	.promise = down_ ? "journal replay restores synced data on " on_               \
			   " and writes nothing outside it"                            \
			 : "a remount finds all synced data on " on_                   \
			   ", and nothing outside it was written",                     \
	.by = BY, .needs = needs_, .plants = PLANT_BYTE | PLANT_VALUE, .run = journal, \
	.arg = (&(const struct commit){.fs = fs_, .cut = down_, .layout = __VA_ARGS__})

/* Files that were changed and made durable in many ways. */
#define WAYS(name_, fs_, needs_, ...)                                                        \
	.name = name_,                                                                       \
	.promise = "journal replay restores files that were appended, cut, punched, stored " \
		   "into, renamed or removed, and synced in any way",                        \
	.by = "fsync(2), fdatasync(2), msync(2), syncfs(2), pwritev2(2)", .needs = needs_,   \
	.plants = PLANT_BYTE | PLANT_VALUE, .run = journal,                                  \
	.arg = (&(const struct commit){                                                      \
		.fs = fs_, .cut = true, .ways = true, .layout = __VA_ARGS__})

static const char *const needs_freed_ext4[] = {"device:fsdax", "target:linear", "fs:ext4", NULL};
static const char *const needs_freed_xfs[] = {"device:fsdax", "target:linear", "fs:xfs", NULL};

#define FREED(name_, needs_, fs_)                                                                 \
	.name = name_,                                                                            \
	.promise = "the blocks of a removed file can be allocated at once, though the journal "   \
		   "has to commit the removal first",                                             \
	.by = "unlink(2): the space it was using is made available for reuse; fs/ext4/balloc.c, " \
	      "ext4_should_retry_alloc()",                                                        \
	.needs = needs_, .plants = PLANT_VALUE | PLANT_BYTE, .run = freed_space, .arg = fs_

static const struct check_item items[] = {
	{JOURNAL("xfs.stripes", "xfs", false, xfs_one, STRIPES_ONE, LARGE(STRIPES_ONE, true, 1)),
	 .flags = CHECK_QUICK},
	{JOURNAL("xfs.stripes_of_two", "xfs", false, xfs_two, STRIPES_TWO,
		 LARGE(STRIPES_TWO, true, 2))},
	{JOURNAL("xfs.one_stripe", "xfs", false, xfs_one, STRIPE, SINGLE(STRIPE, true, 304))},
	{JOURNAL("xfs.segments", "xfs", false, linear_xfs, SEGMENTS, LARGE(SEGMENTS, false, 1))},
	{JOURNAL("xfs.replay.stripes", "xfs", true, xfs_two, STRIPES_ONE,
		 LARGE(STRIPES_ONE, true, 1))},
	{JOURNAL("xfs.replay.segments", "xfs", true, linear_xfs_2, SEGMENTS,
		 LARGE(SEGMENTS, false, 1))},
	{JOURNAL("ext4.stripes", "ext4", false, ext4_one, STRIPES_ONE,
		 SMALL(STRIPES_ONE, true, 2, 1, 24))},
	{JOURNAL("ext4.replay.stripes", "ext4", true, ext4_two, STRIPES_ONE,
		 SMALL(STRIPES_ONE, true, 2, 1, 24)),
	 .flags = CHECK_QUICK},
	{JOURNAL("ext4.replay.stripes_of_two", "ext4", true, ext4_two, STRIPES_TWO,
		 SMALL(STRIPES_TWO, true, 2, 2, 24))},
	{JOURNAL("ext4.replay.one_stripe", "ext4", true, ext4_two, STRIPE,
		 SINGLE(STRIPE, true, 48))},
	{JOURNAL("ext4.replay.one_segment", "ext4", true, linear_ext4, SEGMENT,
		 SINGLE(SEGMENT, false, 48))},
	{JOURNAL("ext4.replay.segments", "ext4", true, linear_ext4, SEGMENTS,
		 SMALL(SEGMENTS, false, 2, 1, 24))},
	{WAYS("ext4.ways", "ext4", linear_ext4, SINGLE(SEGMENT, false, 48))},
	{WAYS("xfs.ways", "xfs", linear_xfs_2, LARGE(SEGMENTS, false, 1))},
	{FREED("freed_space.ext4", needs_freed_ext4, "ext4")},
	{FREED("freed_space.xfs", needs_freed_xfs, "xfs")},
	{
		.name = "dsync.stripes",
		.promise = "pwritev2(RWF_DSYNC) to " STRIPES_ONE
			   " writes the mapped sectors and nothing else",
		.by = "pwritev2(2); Documentation/admin-guide/device-mapper/striped.rst",
		.needs = bare,
		.plants = PLANT_STACK | PLANT_BYTE,
		.run = dsync,
		.arg = (&(const struct commit){.layout = SMALL(STRIPES_ONE, true, 2, 1, 24)}),
	},
	{0},
};

const struct check_family check_journal = {
	.name = "journal",
	.why = "journal commits (REQ_PREFLUSH with data) are flushed, mapped to the right sector "
	       "and replayed",
	.items = items,
};

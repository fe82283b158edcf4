// SPDX-License-Identifier: GPL-2.0-only
#include "check/lvm/volume_grown.h"

#include "check/lvm/volume.h"
#include "lib/dev/dm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/types.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What resize2fs(8) and xfs_growfs(8) do for a mounted filesystem: their headers have them. */
#define EXT4_IOC_RESIZE_FS _IOW('f', 16, __u64)
struct xfs_growfs_data {
	__u64 newblocks;
	__u32 imaxpct;
};
#define XFS_IOC_FSGROWFSDATA _IOW('X', 110, struct xfs_growfs_data)

enum {
	OLD_BYTES = 2 * WINDOW_BYTES,
	GROWN_MIB = 64,
	OLD_ID = 1,
	NEW_ID = 2,
	KEPT_BYTES = 8 << 20, /* of the filesystem, for itself */
};

struct grown {
	struct volume v;
	struct check_fs fs;
	struct mapping old, new;
	int fds[2];
	uint64_t new_bytes;
};

static bool map_file(struct grown *g, int which, struct mapping *m, uint64_t bytes)
{
	int rc = mapping_make(m, g->fds[which], bytes, MAP_SHARED, true);

	return check_setup(g->v.env, rc, "mapping the file");
}

static bool grow_fs(struct grown *g, const struct volume_grown *how)
{
	const uint64_t blocks = ((uint64_t)how->mib + GROWN_MIB) << 20 >> 12;
	struct xfs_growfs_data data = {.newblocks = blocks, .imaxpct = 25};
	__u64 ext4_blocks = blocks;
	int fd = open(g->fs.where, O_RDONLY | O_CLOEXEC), rc = fd < 0 ? -errno : 0;

	if (!rc && (strcmp(how->fs, "xfs") ? ioctl(fd, EXT4_IOC_RESIZE_FS, &ext4_blocks)
					   : ioctl(fd, XFS_IOC_FSGROWFSDATA, &data)) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	return check_errno(g->v.env, rc, 0, "growing the mounted %s to %" PRIu64 " blocks", how->fs,
			   blocks);
}

/* A file of nearly all that is free: it is in the new segment, too. */
static bool new_file(struct grown *g)
{
	struct statvfs s;
	int rc = statvfs(g->fs.where, &s) < 0 ? -errno : 0;

	if (!check_setup(g->v.env, rc, "statvfs of %s", g->fs.where))
		return false;
	g->new_bytes =
		((uint64_t)s.f_bavail * s.f_frsize - KEPT_BYTES) / WINDOW_BYTES * WINDOW_BYTES;
	g->fds[1] = check_file(g->v.env, &g->fs, "new", g->new_bytes, NEW_ID, 1);
	return g->fds[1] >= 0 && map_file(g, 1, &g->new, g->new_bytes);
}

/* The extents of the new file that are past the old end of the volume: first, middle and last page,
 * by frames; all bytes. */
static void look_at_new(struct grown *g, uint64_t old_end_bytes)
{
	struct check_env *env = g->v.env;
	struct extents extents;
	struct graph graph;
	uint64_t past = 0;
	int device = volume_graph(&g->v, &graph);

	if (!check_setup(env, device, "reading the table of %s", g->v.name))
		return;
	if (!check_setup(env, extents_read(g->fds[1], &extents), "reading the extents"))
		goto out;
	for (size_t i = 0; i < extents.n; i++) {
		const struct extent *e = &extents.list[i];

		if (e->physical_bytes + e->len_bytes <= old_end_bytes)
			continue;
		past += e->len_bytes;
		check_frames(env, g->fds[1], g->new.base, e->logical_bytes,
			     e->len_bytes < PAGE_BYTES ? e->len_bytes : PAGE_BYTES, &graph,
			     (unsigned int)device);
		check_frames(env, g->fds[1], g->new.base,
			     e->logical_bytes + e->len_bytes / 2 / PAGE_BYTES * PAGE_BYTES,
			     PAGE_BYTES, &graph, (unsigned int)device);
		check_frames(env, g->fds[1], g->new.base,
			     e->logical_bytes + e->len_bytes - PAGE_BYTES, PAGE_BYTES, &graph,
			     (unsigned int)device);
	}
	check_that(env, past > 0, "the new file has blocks in the new segment");
	extents_free(&extents);
out:
	graph_clear_targets(&graph, (unsigned int)device);
}

static void look(struct grown *g, const char *when)
{
	struct check_env *env = g->v.env;
	char text[80];

	for (int i = 0; i < 2; i++)
		check_equal(env, fs_file_is_dax(g->fds[i]), 1, "STATX_ATTR_DAX of the %s file %s",
			    i ? "new" : "old", when);
	snprintf(text, sizeof(text), "the old mapping %s", when);
	check_mapped_bytes(env, text, g->old.base, OLD_BYTES, OLD_ID, 0, 1);
	snprintf(text, sizeof(text), "the new file %s", when);
	check_mapped_bytes(env, text, g->new.base, g->new_bytes, NEW_ID, 0, 1);
}

static void drop(struct grown *g)
{
	if (g->old.reserved)
		mapping_drop(&g->old);
	if (g->new.reserved)
		mapping_drop(&g->new);
	g->old = g->new = (struct mapping){0};
	for (int i = 0; i < 2; i++) {
		if (g->fds[i] >= 0)
			close(g->fds[i]);
		g->fds[i] = -1;
	}
}

/* The filesystem is mounted again: what it keeps of its size is on the device. */
static void look_again(struct grown *g)
{
	static const char *const names[] = {"old", "new"};
	char path[sizeof(g->fs.where) + 8];
	int rc;

	drop(g);
	rc = fs_remount(&g->fs.fs);
	if (!check_errno(g->v.env, rc, 0, "mounting the grown filesystem again"))
		return;
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", g->fs.where, names[i]);
		g->fds[i] = open(path, O_RDWR | O_CLOEXEC);
		if (!check_setup(g->v.env, g->fds[i] < 0 ? -errno : 0, "opening %s", path))
			return;
	}
	if (map_file(g, 0, &g->old, OLD_BYTES) && map_file(g, 1, &g->new, g->new_bytes))
		look(g, "after a remount");
}

void volume_grown(struct check_env *env, const void *arg)
{
	const struct volume_grown *how = arg;
	struct grown g = {.fds = {-1, -1}};
	struct dm_device_info info;

	if (!volume_make(&g.v, env, check_device(env, NAMESPACE_FSDAX, 1)->node, "", how->mib) ||
	    check_mount(env, how->fs, g.v.node, 0, &g.fs) < 0)
		goto out;
	g.fds[0] = check_file(env, &g.fs, "old", OLD_BYTES, OLD_ID, 1);
	if (g.fds[0] < 0 || !map_file(&g, 0, &g.old, OLD_BYTES) ||
	    !check_setup(env, check_load_pages(g.old.base, OLD_BYTES).signal ? -EFAULT : 0,
			 "reading the mapped file"))
		goto out;
	if (!volume_command_done(&g.v,
				 volume_command(&g.v, "lvextend -qq -L +%dm %s/lv %s", GROWN_MIB,
						g.v.group, volume_fsdax(&g.v, 1)),
				 "lvextend") ||
	    !check_setup(env, dm_device_info(g.v.name, &info), "looking at %s", g.v.name) ||
	    !check_equal(env, info.target_count, 2, "segments of the extended volume"))
		goto out;
	volume_show_table(&g.v);
	if (grow_fs(&g, how) && new_file(&g)) {
		look_at_new(&g, (uint64_t)how->mib << 20);
		look(&g, "after the volume was extended");
		look_again(&g);
	}
out:
	drop(&g);
	fs_unmount(&g.fs.fs);
	volume_remove(&g.v);
}

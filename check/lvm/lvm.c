// SPDX-License-Identifier: GPL-2.0-only
/*
 * LVM over persistent memory: lvm2 itself, on a volume group of the named namespaces.
 *
 * What an administrator does to a volume while a file on it is mapped: extend it, by DAX memory and
 * by other devices; move it; take a snapshot.  Device-mapper never turns a live DAX device into one
 * that is not ("can't change device type after initial table load"), so much of that is refused.
 * Whatever the result, mapped bytes must be correct and DAX must stay DAX.
 *
 * lvm2 gets its own configuration in the check's directory: it uses only the named namespaces, and
 * leaves nothing in /etc.
 */
#include "check/check.h"
#include "check/fixture/bio.h"
#include "check/fixture/dax_capability.h"
#include "check/lvm/volume.h"
#include "check/lvm/volume_grown.h"
#include "check/lvm/volume_types.h"
#include "lib/dev/dm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ACCESS_MS = 5000,
	FILE_BYTES = 2 * WINDOW_BYTES,
	COPY_BYTES = 64 << 10,
};

/* ---- a volume at rest ------------------------------------------------------------------------ */

static const struct dax_case on_ext4 = {.fs = "ext4"};

/* Every report of DAX capability agrees with the model of the tables that LVM loaded. */
static void volume_agrees(struct volume *v, bool direct)
{
	struct graph g;
	int device = volume_graph(v, &g);

	if (!check_setup(v->env, device, "reading the table of %s", v->name))
		return;
	volume_show_table(v);
	check_equal(v->env, graph_is_direct(&g, (unsigned int)device), direct,
		    "whether the model expects DAX on %s", v->name);
	check_equal(v->env, dax_capability_queue(v->node), direct, "queue/dax of %s", v->name);
	dax_capability_judge(v->env, &g, (unsigned int)device, &on_ext4, direct);
	graph_clear_targets(&g, (unsigned int)device);
}

static void linear(struct check_env *env, const void *arg)
{
	struct volume v = {0};

	(void)arg;
	if (volume_make(&v, env, check_device(env, NAMESPACE_FSDAX, 1)->node, "", 64) &&
	    volume_command_done(&v,
				volume_command(&v, "lvextend -qq -L +32m %s/lv %s", v.group,
					       volume_fsdax(&v, 1)),
				"lvextend"))
		volume_agrees(&v, true);
	volume_remove(&v);
}

static void striped(struct check_env *env, const void *arg)
{
	struct volume v = {0};

	(void)arg;
	if (volume_make(&v, env, check_device(env, NAMESPACE_FSDAX, 1)->node, "-i 2 -I 64k", 64))
		volume_agrees(&v, true);
	volume_remove(&v);
}

static void extended_at_rest(struct check_env *env, const void *arg)
{
	const struct namespace *raw = check_device(env, NAMESPACE_RAW, 0);
	struct volume v = {0};

	(void)arg;
	if (volume_make(&v, env, raw->node, "", 64) &&
	    volume_command_done(&v, volume_command(&v, "lvchange -qq -an %s/lv", v.group),
				"lvchange -an") &&
	    volume_command_done(
		    &v, volume_command(&v, "lvextend -qq -L +32m %s/lv %s", v.group, raw->node),
		    "lvextend") &&
	    volume_command_done(&v, volume_command(&v, "lvchange -qq -ay %s/lv", v.group),
				"lvchange -ay"))
		volume_agrees(&v, false);
	volume_remove(&v);
}

/* Where the volume is now, and what is in it. */
static void moved_to(struct volume *v, const char *node, const char *bytes)
{
	char *after = malloc(COPY_BYTES);
	struct graph g;
	int device = volume_graph(v, &g), rc;

	if (check_setup(v->env, device, "reading the table of %s", v->name)) {
		check_that(v->env, g.n > 1 && !strcmp(g.devices[0].node, node),
			   "the volume is on %s", node);
		graph_clear_targets(&g, (unsigned int)device);
	}
	rc = after ? bio_read(v->node, 0, after, COPY_BYTES) : -ENOMEM;
	if (check_setup(v->env, rc, "reading %s", v->node))
		check_that(v->env, !memcmp(bytes, after, COPY_BYTES),
			   "the bytes of the volume are unchanged");
	free(after);
}

/* pvmove activates the volume temporarily, to put a mirror in its place. */
static void moved_at_rest(struct check_env *env, const void *arg)
{
	static char bytes[COPY_BYTES];
	struct volume v = {0};
	int status;

	(void)arg;
	memset(bytes, 0x5a, sizeof(bytes));
	if (!volume_make(&v, env, check_device(env, NAMESPACE_FSDAX, 1)->node, "", 64) ||
	    !check_setup(env, bio_write(v.node, 0, bytes, COPY_BYTES), "writing %s", v.node) ||
	    !volume_command_done(&v, volume_command(&v, "lvchange -qq -an %s/lv", v.group),
				 "lvchange -an"))
		goto out;
	status = volume_command(&v, "pvmove -qq -i 1 %s", volume_fsdax(&v, 0));
	check_evidence(env, "pvmove: status %d %s", status, v.said);
	check_observe_suspicious(env, "moved", json_boolean(!status));
	if (status)
		volume_command(&v, "pvmove -qq --abort");
	if (!volume_command_done(&v, volume_command(&v, "lvchange -qq -ay %s/lv", v.group),
				 "lvchange -ay"))
		goto out;
	moved_to(&v, volume_fsdax(&v, !status), bytes);
	volume_agrees(&v, true);
out:
	volume_remove(&v);
}

/* ---- a volume in use ------------------------------------------------------------------------- */

/* A file on the volume, mapped, and all that is asked of it afterwards. */
struct in_use {
	struct volume v;
	struct check_fs fs;
	struct mapping mapping;
	int fd;
	bool mapped;
};

static bool use_begin(struct in_use *u, struct check_env *env, const char *second)
{
	u->fd = -1;
	if (!volume_make(&u->v, env, second, "", 64) ||
	    check_mount(env, "ext4", u->v.node, 0, &u->fs) < 0)
		return false;
	u->fd = check_file(env, &u->fs, "file", FILE_BYTES, 1, 1);
	if (u->fd < 0 ||
	    !check_setup(env, mapping_make(&u->mapping, u->fd, FILE_BYTES, MAP_SHARED, true),
			 "mapping the file"))
		return false;
	u->mapped = true;
	return check_that(env, !check_load_pages(u->mapping.base, FILE_BYTES).signal,
			  "a mapped file on the volume can be read");
}

static void use_end(struct in_use *u)
{
	if (u->v.group[0])
		dm_resume_of(u->v.env->owner);
	if (u->mapped)
		mapping_drop(&u->mapping);
	if (u->fd >= 0)
		close(u->fd);
	fs_unmount(&u->fs.fs);
	volume_remove(&u->v);
}

/* A command refused half-way may leave it suspended: then everything below would wait. */
static bool not_suspended(struct in_use *u)
{
	struct dm_device_info info;
	int rc = dm_device_info(u->v.name, &info);

	if (!check_setup(u->v.env, rc, "looking at %s", u->v.name))
		return false;
	return check_that(u->v.env, !info.suspended, "%s is not left suspended (lvm: %s)",
			  u->v.name, u->v.said);
}

/* Verifies the bytes through the old mapping and through new faults, the frames, and statx of the
 * file and of a new one. */
static void still_right(struct in_use *u)
{
	struct check_env *env = u->v.env;
	struct graph g;
	int device;

	volume_show_table(&u->v);
	if (!not_suspended(u))
		return;
	check_mapped_bytes(env, "the old mapping", u->mapping.base, FILE_BYTES, 1, 0, 1);
	check_setup(env, madvise(u->mapping.base, FILE_BYTES, MADV_DONTNEED), "madvise");
	check_mapped_bytes(env, "the mapping by new faults", u->mapping.base, FILE_BYTES, 1, 0, 1);
	check_equal(env, fs_file_is_dax(u->fd), 1, "STATX_ATTR_DAX of the file");
	device = volume_graph(&u->v, &g);
	if (device < 0)
		return; /* targets that the model does not know */
	check_equal(env, dax_capability_queue(u->v.node), graph_is_direct(&g, (unsigned int)device),
		    "queue/dax of %s", u->v.name);
	check_frames(env, u->fd, u->mapping.base, 0, FILE_BYTES, &g, (unsigned int)device);
	graph_clear_targets(&g, (unsigned int)device);
}

/* Extended by memory, or by what is none. */
static void extended_in_use(struct check_env *env, const void *arg)
{
	const enum namespace_mode *mode = arg;
	const struct namespace *second = check_device(env, *mode, *mode == NAMESPACE_FSDAX);
	struct in_use u = {0};
	int status;

	if (use_begin(&u, env, second->node)) {
		status = volume_command(&u.v, "lvextend -qq -L +32m %s/lv %s", u.v.group,
					second->node);
		check_evidence(env, "lvextend: status %d %s", status, u.v.said);
		if (*mode == NAMESPACE_FSDAX)
			check_equal(env, status, 0, "the exit status of lvextend");
		else
			check_observe_suspicious(env, "extended", json_boolean(!status));
		still_right(&u);
	}
	use_end(&u);
}

static void moved_in_use(struct check_env *env, const void *arg)
{
	struct in_use u = {0};
	int status;

	(void)arg;
	if (use_begin(&u, env, check_device(env, NAMESPACE_FSDAX, 1)->node)) {
		status = volume_command(&u.v, "pvmove -qq -i 1 %s", volume_fsdax(&u.v, 0));
		check_evidence(env, "pvmove: status %d %s", status, u.v.said);
		check_observe_suspicious(env, "moved", json_boolean(!status));
		if (status)
			volume_command(&u.v, "pvmove -qq --abort");
		still_right(&u);
	}
	use_end(&u);
}

/* ---- snapshots ------------------------------------------------------------------------------- */

struct store {
	volatile char *to;
	int fd;
	struct check_touch touch;
	int sync_rc;
};

static int store_and_sync(void *arg)
{
	struct store *s = arg;

	s->touch = check_store(s->to, 'x');
	s->sync_rc = fsync(s->fd) < 0 ? -errno : 0;
	return 0;
}

/* What was in the file when the snapshot was taken, must be in the snapshot. */
static void read_snapshot(struct in_use *u, uint64_t physical_bytes)
{
	char name[80], node[128], bytes[PAGE_BYTES];
	int rc;

	snprintf(name, sizeof(name), "%s-snap", u->v.group);
	rc = bio_read(dm_device_node(name, node), physical_bytes, bytes, sizeof(bytes));
	if (check_setup(u->v.env, rc, "reading %s", node))
		check_bytes(u->v.env, "the snapshot, after a store to its origin", bytes,
			    sizeof(bytes), 1, 0, 1);
}

static void store_to_origin(struct in_use *u)
{
	struct check_env *env = u->v.env;
	struct store *s = check_shared(env, sizeof(*s));
	struct extents extents;
	struct check_task task;

	if (!s || !check_setup(env, extents_read(u->fd, &extents), "reading the extents"))
		return;
	*s = (struct store){.to = u->mapping.base, .fd = u->fd};
	if (extents.n && !check_start(env, &task, store_and_sync, s)) {
		if (check_that(env, check_wait(&task, ACCESS_MS),
			       "a store to the origin of a snapshot ends within %d s",
			       ACCESS_MS / 1000)) {
			check_observe_suspicious(env, "store_to_origin",
						 s->touch.signal
							 ? json_string(strsignal(s->touch.signal))
							 : json_string("done"));
			read_snapshot(u, extents.list[0].physical_bytes);
		} else {
			check_kill(&task);
		}
	}
	extents_free(&extents);
}

static void snapshot_in_use(struct check_env *env, const void *arg)
{
	struct in_use u = {0};
	int status;

	(void)arg;
	if (use_begin(&u, env, check_device(env, NAMESPACE_FSDAX, 1)->node)) {
		status = volume_command(&u.v, "lvcreate -qq -y -s -L 8m -n snap %s/lv", u.v.group);
		check_evidence(env, "lvcreate -s: status %d %s", status, u.v.said);
		check_observe_suspicious(env, "taken", json_boolean(!status));
		volume_show_table(&u.v);
		if (!status)
			store_to_origin(&u);
		else
			still_right(&u);
	}
	use_end(&u);
}

/* ---- the table ------------------------------------------------------------------------------- */

#define BY                                                                                      \
	"commit 545ed20e6df6 (dm: add infrastructure for DAX support): all devices of a table " \
	"have DAX support and remain that way"

static const enum namespace_mode by_fsdax = NAMESPACE_FSDAX, by_raw = NAMESPACE_RAW;

static const char *const needs_fsdax[] = {"device:fsdax:2", "program:lvm", "fs:ext4", NULL};
static const char *const needs_raw[] = {"device:fsdax", "device:raw", "program:lvm", "fs:ext4",
					NULL};
static const char *const needs_xfs[] = {"device:fsdax:2", "program:lvm", "fs:xfs", NULL};
static const char *const needs_raid1[] = {"device:fsdax:2", "program:lvm", "target:raid",
					  "module:raid1",   "fs:ext4",	   NULL};
static const char *const needs_raid0[] = {"device:fsdax:2", "program:lvm", "target:raid",
					  "module:raid0",   "fs:ext4",	   NULL};
static const char *const needs_thin[] = {"device:fsdax:2", "program:lvm", "target:thin-pool",
					 "fs:ext4", NULL};
static const char *const needs_cache[] = {"device:fsdax:2",	 "program:lvm", "target:cache",
					  "module:dm-cache-smq", "fs:ext4",	NULL};
static const char *const needs_writecache[] = {"device:fsdax:2", "program:lvm", "target:writecache",
					       "fs:ext4", NULL};
static const char *const needs_crypt[] = {"device:fsdax:2", "program:lvm", "target:crypt",
					  "module:xts",	    "fs:ext4",	   NULL};
static const char *const needs_mirror[] = {"device:fsdax:2", "program:lvm", "target:mirror",
					   "fs:ext4", NULL};
static const char *const needs_snapshot[] = {"device:fsdax:2", "program:lvm",
					     "target:snapshot-origin", "fs:ext4", NULL};

#define GROWN(name_, needs_, fs_, mib_)                                                          \
	{                                                                                        \
		.name = name_,                                                                   \
		.promise = "a volume is extended with its filesystem while a file is mapped: a " \
			   "file in the new segment is DAX and right",                           \
		.by = "lvextend(8) --resizefs; " BY, .needs = needs_,                            \
		.plants = PLANT_BYTE | PLANT_FRAME | PLANT_VALUE, .run = volume_grown,           \
		.arg = &(const struct volume_grown){.fs = fs_, .mib = mib_},                     \
	}

#define TYPE(name_, needs_, type_, what_)                                                         \
	{                                                                                         \
		.name = "type." name_,                                                            \
		.promise = "a volume of type " name_ " is not DAX, keeps its bytes when it is "   \
			   "activated again, and " what_,                                         \
		.by = "lvmraid(7), lvmthin(7), lvmcache(7), cryptsetup(8); " BY, .needs = needs_, \
		.plants = PLANT_BYTE | PLANT_VALUE, .run = volume_type,                           \
		.arg = &(const enum volume_type){type_},                                          \
	}

static const struct check_item items[] = {
	{
		.name = "linear",
		.promise = "a linear volume over two namespaces is DAX",
		.by = "lvmraid(7) and lvm(8) make dm-linear tables; " BY,
		.needs = needs_fsdax,
		.plants = PLANT_FRAME | PLANT_VALUE,
		.run = linear,
	},
	{
		.name = "striped",
		.promise = "a striped volume over two namespaces is DAX",
		.by = "lvcreate(8) --stripes makes a dm-stripe table; " BY,
		.needs = needs_fsdax,
		.flags = CHECK_QUICK,
		.plants = PLANT_FRAME | PLANT_VALUE,
		.run = striped,
	},
	{
		.name = "extended.at_rest",
		.promise = "an inactive volume that is extended by a raw namespace is not DAX "
			   "afterwards",
		.by = BY,
		.needs = needs_raw,
		.plants = PLANT_VALUE,
		.run = extended_at_rest,
	},
	{
		.name = "moved.at_rest",
		.promise = "pvmove of an inactive volume succeeds or is refused; the volume keeps "
			   "its bytes and DAX",
		.by = "pvmove(8); " BY,
		.needs = needs_mirror,
		.plants = PLANT_FRAME | PLANT_VALUE,
		.run = moved_at_rest,
	},
	{
		.name = "extended.in_use",
		.promise = "a mounted DAX volume can be extended by an fsdax namespace; it keeps "
			   "its mapped bytes and DAX",
		.by = "lvextend(8); " BY,
		.needs = needs_fsdax,
		.plants = PLANT_BYTE | PLANT_FRAME | PLANT_VALUE,
		.run = extended_in_use,
		.arg = &by_fsdax,
	},
	{
		.name = "extended.in_use_by_raw",
		.promise = "extending a mounted DAX volume by a raw namespace changes no mapped "
			   "byte and no DAX state",
		.by = BY,
		.needs = needs_raw,
		.plants = PLANT_BYTE | PLANT_FRAME | PLANT_VALUE,
		.run = extended_in_use,
		.arg = &by_raw,
	},
	{
		.name = "moved.in_use",
		.promise = "pvmove of a mounted DAX volume changes no mapped byte and no DAX state",
		.by = "pvmove(8): volumes may be in use while they are moved; " BY,
		.needs = needs_mirror,
		.plants = PLANT_BYTE | PLANT_FRAME | PLANT_VALUE,
		.run = moved_in_use,
	},
	{
		.name = "snapshot.in_use",
		.promise = "a snapshot of a mounted DAX volume holds the bytes of its creation, or "
			   "is refused without effect",
		.by = "lvcreate(8) --snapshot; "
		      "Documentation/admin-guide/device-mapper/snapshot.rst",
		.needs = needs_snapshot,
		.plants = PLANT_BYTE,
		.run = snapshot_in_use,
	},
	GROWN("grown.ext4", needs_fsdax, "ext4", 64),
	GROWN("grown.xfs", needs_xfs, "xfs", 320),
	TYPE("raid1", needs_raid1, VOLUME_RAID1, "both legs hold the bytes"),
	TYPE("raid0", needs_raid0, VOLUME_RAID0, "its bytes are right"),
	TYPE("thin", needs_thin, VOLUME_THIN, "a snapshot keeps its bytes"),
	TYPE("cache", needs_cache, VOLUME_CACHE, "without its cache it is DAX again"),
	TYPE("writecache", needs_writecache, VOLUME_WRITECACHE,
	     "without its cache it is DAX again"),
	TYPE("crypt", needs_crypt, VOLUME_CRYPT, "the bytes below are encrypted"),
	{0},
};

const struct check_family check_lvm = {
	.name = "lvm",
	.why = "LVM operations on volumes over persistent memory",
	.items = items,
};

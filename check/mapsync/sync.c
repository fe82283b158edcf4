// SPDX-License-Identifier: GPL-2.0-only
/*
 * MAP_SYNC: granted exactly where every member is synchronous.
 *
 * A process with a MAP_SYNC mapping flushes the processor's caches itself and never calls fsync(2).
 * That is enough on an NVDIMM, not where a flush must be carried on to somebody else: virtio-pmem
 * ends in the page cache of the hypervisor.  A stack is as synchronous as its least member, and
 * device-mapper must know so after each change of its table.
 *
 *   mmap -> {ext4,xfs}_file_mmap -> daxdev_mapping_supported -> dax_synchronous(dm's dax_device)
 *   table load, resume -> dm_table_set_restrictions -> set_dax_synchronous
 *
 * Here: stacks as they are.  synctable.c has tables that change, durable.c what MAP_SYNC gives,
 * mapsync.c how it is asked for.
 *
 * Alone: ./run.sh check --check 'sync.*'
 */
#include "check/fixture/shape.h"
#include "check/mapsync/durable.h"
#include "check/mapsync/mapsync.h"
#include "check/mapsync/synctable.h"

#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

enum { SECOND_GENERATION = SCENE_GENERATION + 1 };

/* ---- one stack ------------------------------------------------------------------------------- */

struct stack_case {
	struct shape shape;
	const char *fs;
	bool granted;
};

/* The dirty lines leave the processor's caches: what a process does instead of fsync(2). */
/* Opens a scene.  If MAP_SYNC is not to be granted, up to SYNC_TRIES until it is not; those before
 * stay in kept.  Returns how many were kept, or -EIO after check_broken(). */
static int open_scene(struct check_env *env, const struct stack_case *c, struct scene *scene,
		      struct graph kept[SYNC_TRIES])
{
	const struct scene_spec spec = {.fs = c->fs, .file_bytes = SYNC_FILE_BYTES};
	char *p = NULL;

	for (int n = 0;; n++) {
		int rc;

		if (!scene_open(env, &c->shape, &spec, scene))
			return -EIO;
		rc = map_sync(scene->fd, &p);
		if (!rc)
			map_sync_drop(p);
		if (rc || c->granted || !c->shape.depth || n == SYNC_TRIES)
			return n;
		check_evidence(env, "MAP_SYNC was granted, another device is made");
		kept[n] = scene->graph;
		scene->graph = (struct graph){0};
		scene_close(env, scene);
	}
}

static void stack_case(struct check_env *env, const void *arg)
{
	static struct graph kept[SYNC_TRIES];
	const struct stack_case *c = arg;
	struct scene scene;
	int n = open_scene(env, c, &scene, kept);
	char *p;

	if (n < 0)
		return;
	if (map_sync_judge(env, scene.fd, c->granted, c->shape.name, &p) && p) {
		stamp_fill(p, PAGE_BYTES, SCENE_FILE_ID, 0, SECOND_GENERATION);
		flush_cpu(p, PAGE_BYTES);
		check_frames(env, scene.fd, p, 0, PAGE_BYTES, &scene.graph, scene.device);
		check_mapped_bytes(env, "the mapping without MAP_SYNC", scene.base, PAGE_BYTES,
				   SCENE_FILE_ID, 0, SECOND_GENERATION);
	} else {
		/* Refused is MAP_SYNC only: the file is DAX all the same. */
		check_frames(env, scene.fd, scene.base, 0, WINDOW_BYTES, &scene.graph,
			     scene.device);
	}
	map_sync_drop(p);
	scene_close(env, &scene);
	while (n-- > 0)
		check_setup(env, graph_destroy(&kept[n]), "removing a device");
}

/* ---- files that are not DAX ------------------------------------------------------------------ */

/* The same device, mounted without DAX. */
static void never_dax(struct check_env *env, const void *arg)
{
	const struct shape shape = {.name = "linear", .depth = 1, .segments = 2};
	const struct scene_spec spec = {.fs = arg};
	struct scene scene;
	int rc, fd = -1;
	char *p = NULL;

	if (!scene_open(env, &shape, &spec, &scene))
		return;
	rc = fs_unmount(&scene.fs.fs);
	if (!rc && mount(scene.fs.node, scene.fs.where, spec.fs, 0, "dax=never") < 0)
		rc = -errno;
	if (check_setup(env, rc, "mounting with dax=never")) {
		scene.fs.fs.mounted = true;
		fd = check_file(env, &scene.fs, "file", SYNC_FILE_BYTES, SCENE_FILE_ID,
				SCENE_GENERATION);
	}
	if (fd >= 0) {
		map_sync_judge(env, fd, false, "the same device without DAX", &p);
		map_sync_drop(p);
		close(fd);
	}
	scene_close(env, &scene);
}

/* A file of the root filesystem, whatever it is: if it does not know MAP_SYNC, that is refused. */
static void other_filesystem(struct check_env *env, const void *arg)
{
	char path[300], *p = NULL;
	int fd;

	(void)arg;
	snprintf(path, sizeof(path), "%s/file", env->directory);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (check_setup(env, fd < 0 || ftruncate(fd, WINDOW_BYTES) < 0 ? -errno : 0, "making %s",
			path)) {
		if (file_is_dax(fd) == 1)
			check_skip(env, "a TMPDIR that is not DAX", "%s is DAX", path);
		else
			map_sync_judge(env, fd, false,
				       "a filesystem in ordinary memory or on a disk", &p);
		map_sync_drop(p);
	}
	if (fd >= 0)
		close(fd);
}

/* ---- the table ------------------------------------------------------------------------------- */

#define BY_MMAP "mmap(2), MAP_SYNC"
#define BY_ASYNC                                                                                \
	BY_MMAP "; commit \"libnvdimm: nd_region flush callback support\" and those after it: " \
		"\"dax: check synchronous mapping is supported\", \"dm: enable synchronous dax\""

#define STACK(fs_, granted_, ...) \
	(&(const struct stack_case){.shape = {__VA_ARGS__}, .fs = fs_, .granted = granted_})
#define DURABLE(fs_, file_, ...) \
	(&(const struct durable){.shape = {__VA_ARGS__}, .fs = fs_, .file = file_})

#define SYNC NAMESPACE_FSDAX
#define ASYNC NAMESPACE_VIRTIO

static const char *const needs_one[] = {"device:fsdax", "target:linear", "fs:ext4", NULL};
static const char *const needs_two[] = {"device:fsdax:2", "target:linear", "fs:ext4", NULL};
static const char *const needs_xfs[] = {"device:fsdax:2", "target:linear", "fs:xfs", NULL};
static const char *const needs_striped[] = {"device:fsdax:2", "target:striped", "fs:ext4", NULL};
static const char *const needs_virtio[] = {"device:virtio", "target:linear", "fs:ext4", NULL};
static const char *const needs_virtio_xfs[] = {"device:virtio", "target:linear", "fs:xfs", NULL};
static const char *const needs_mixed[] = {"device:fsdax",   "device:virtio", "target:linear",
					  "target:striped", "fs:ext4",	     NULL};
static const char *const needs_nothing[] = {NULL};

#define GRANTED_RAW (PLANT_VALUE | PLANT_FRAME | PLANT_BYTE)
#define GRANTED (GRANTED_RAW | PLANT_STACK)
#define REFUSED_RAW (PLANT_VALUE | PLANT_FRAME)
#define REFUSED (REFUSED_RAW | PLANT_STACK)

static const struct check_item items[] = {
	{
		.name = "granted.raw",
		.promise = "MAP_SYNC is granted on an NVDIMM",
		.by = BY_MMAP,
		.needs = needs_one,
		.plants = GRANTED_RAW,
		.run = stack_case,
		.arg = STACK("ext4", true, .name = "a namespace"),
	},
	{
		.name = "granted.linear.ext4",
		.promise = "MAP_SYNC is granted on a linear device whose members all are NVDIMMs",
		.by = BY_ASYNC,
		.needs = needs_two,
		.flags = CHECK_QUICK,
		.plants = GRANTED | PLANT_DMESG,
		.run = stack_case,
		.arg = STACK("ext4", true, .name = "linear", .depth = 1, .segments = 4,
			     .members = 2),
	},
	{
		.name = "granted.linear.xfs",
		.promise = "MAP_SYNC is granted on a linear device whose members all are NVDIMMs",
		.by = BY_ASYNC,
		.needs = needs_xfs,
		.plants = GRANTED,
		.run = stack_case,
		.arg = STACK("xfs", true, .name = "linear", .depth = 1, .segments = 4,
			     .members = 2),
	},
	{
		.name = "granted.striped",
		.promise = "MAP_SYNC is granted on a striped device whose members all are NVDIMMs",
		.by = BY_ASYNC,
		.needs = needs_striped,
		.plants = GRANTED,
		.run = stack_case,
		.arg = STACK("ext4", true, .name = "striped", .depth = 1, .members = 2,
			     .chunk_bytes = WINDOW_BYTES),
	},
	{
		.name = "granted.depth",
		.promise = "MAP_SYNC is granted through three devices on NVDIMMs",
		.by = BY_ASYNC,
		.needs = needs_two,
		.plants = GRANTED,
		.run = stack_case,
		.arg = STACK("ext4", true, .name = "linear of depth 3", .depth = 3, .segments = 4,
			     .members = 2),
	},
	{
		.name = "granted.reload",
		.promise = "a device whose last virtio-pmem goes grants MAP_SYNC from then on",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = PLANT_VALUE,
		.run = synctable_sequence,
		.arg = "AMS",
	},
	{
		.name = "refused.virtio.raw.ext4",
		.promise = "MAP_SYNC is refused over virtio-pmem, whose flush is the hypervisor's",
		.by = BY_ASYNC,
		.needs = needs_virtio,
		.plants = REFUSED_RAW,
		.run = stack_case,
		.arg = STACK("ext4", false, .name = "virtio-pmem", .modes = {ASYNC}),
	},
	{
		.name = "refused.virtio.raw.xfs",
		.promise = "MAP_SYNC is refused over virtio-pmem, whose flush is the hypervisor's",
		.by = BY_ASYNC,
		.needs = needs_virtio_xfs,
		.plants = REFUSED_RAW,
		.run = stack_case,
		.arg = STACK("xfs", false, .name = "virtio-pmem", .modes = {ASYNC}),
	},
	{
		.name = "refused.virtio.linear",
		.promise = "MAP_SYNC is refused over virtio-pmem through a linear device",
		.by = BY_ASYNC,
		.needs = needs_virtio,
		.flags = CHECK_QUICK,
		.plants = REFUSED,
		.run = stack_case,
		.arg = STACK("ext4", false, .name = "linear over virtio-pmem", .depth = 1,
			     .segments = 2, .modes = {ASYNC}),
	},
	{
		.name = "refused.virtio.depth",
		.promise = "MAP_SYNC is refused over virtio-pmem through three devices",
		.by = BY_ASYNC,
		.needs = needs_virtio,
		.plants = REFUSED,
		.run = stack_case,
		.arg = STACK("ext4", false, .name = "linear of depth 3 over virtio-pmem",
			     .depth = 3, .segments = 2, .modes = {ASYNC}),
	},
	{
		.name = "refused.mixed.first",
		.promise =
			"one member that is virtio-pmem, the first, is enough to refuse MAP_SYNC",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = REFUSED,
		.run = stack_case,
		.arg = STACK("ext4", false, .name = "linear over virtio-pmem and an NVDIMM",
			     .depth = 1, .segments = 2, .members = 2, .modes = {ASYNC, SYNC}),
	},
	{
		.name = "refused.mixed.last",
		.promise = "one member that is virtio-pmem, the last, is enough to refuse MAP_SYNC",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = REFUSED,
		.run = stack_case,
		.arg = STACK("ext4", false, .name = "linear over an NVDIMM and virtio-pmem",
			     .depth = 1, .segments = 2, .members = 2, .modes = {SYNC, ASYNC}),
	},
	{
		.name = "refused.mixed.striped",
		.promise = "one stripe on virtio-pmem is enough to refuse MAP_SYNC",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = REFUSED,
		.run = stack_case,
		.arg = STACK("ext4", false, .name = "striped over an NVDIMM and virtio-pmem",
			     .depth = 1, .chunk_bytes = WINDOW_BYTES, .members = 2,
			     .modes = {SYNC, ASYNC}),
	},
	{
		.name = "refused.mixed.depth",
		.promise = "one member that is virtio-pmem, three devices below, is enough to "
			   "refuse MAP_SYNC",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = REFUSED,
		.run = stack_case,
		.arg = STACK("ext4", false,
			     .name = "linear of depth 3 over an NVDIMM and virtio-pmem", .depth = 3,
			     .segments = 2, .members = 2, .modes = {SYNC, ASYNC}),
	},
	{
		.name = "refused.not_dax",
		.promise = "MAP_SYNC is refused where the filesystem is mounted without DAX, "
			   "though the device could",
		.by = BY_MMAP,
		.needs = needs_one,
		.plants = PLANT_VALUE,
		.run = never_dax,
		.arg = "ext4",
	},
	{
		.name = "refused.other_filesystem",
		.promise = "MAP_SYNC is refused by filesystems that know nothing of it",
		.by = BY_MMAP,
		.needs = needs_nothing,
		.plants = PLANT_VALUE,
		.run = other_filesystem,
	},
	{
		.name = "reload.to_async",
		.promise = "a device that was synchronous and gets virtio-pmem as its member "
			   "refuses MAP_SYNC from then on",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.flags = CHECK_QUICK,
		.plants = PLANT_VALUE,
		.run = synctable_sequence,
		.arg = "SA",
	},
	{
		.name = "reload.to_mixed",
		.promise = "a device that was synchronous and gets virtio-pmem as one of its "
			   "members refuses MAP_SYNC from then on",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = PLANT_VALUE,
		.run = synctable_sequence,
		.arg = "SM",
	},
	{
		.name = "reload.there_and_back",
		.promise = "MAP_SYNC follows a table that goes from synchronous to virtio-pmem "
			   "and back, twice",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = PLANT_VALUE,
		.run = synctable_sequence,
		.arg = "SASA",
	},
	{
		.name = "reload.mounted",
		.promise = "a device refuses new MAP_SYNC mappings once a part of it is moved to "
			   "virtio-pmem, the filesystem being mounted",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = PLANT_VALUE | PLANT_BYTE,
		.run = synctable_mounted,
	},
	{
		.name = "below.changed",
		.promise = "a device refuses MAP_SYNC once the device below it stands on "
			   "virtio-pmem",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = PLANT_VALUE,
		.run = synctable_below,
		.arg = &(const bool){false},
	},
	{
		.name = "below.reloaded",
		.promise = "a device refuses MAP_SYNC once the device below it stands on "
			   "virtio-pmem and its own table was loaded again",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = PLANT_VALUE,
		.run = synctable_below,
		.arg = &(const bool){true},
	},
	{
		.name = "inherited",
		.promise = "what a removed device had been does not matter to a new one: over "
			   "virtio-pmem, MAP_SYNC is refused",
		.by = BY_ASYNC,
		.needs = needs_mixed,
		.plants = PLANT_VALUE,
		.run = synctable_inherited,
	},
	{
		.name = "durable.raw",
		.promise = "what was stored into a hole with MAP_SYNC and flushed by the processor "
			   "is in the file after a power cut, without fsync",
		.by = BY_MMAP,
		.needs = needs_two,
		.plants = PLANT_BYTE | PLANT_VALUE,
		.run = durable,
		.arg = DURABLE("ext4", HOLE, .name = "a namespace"),
	},
	{
		.name = "durable.hole.ext4",
		.promise = "what was stored into a hole with MAP_SYNC and flushed by the processor "
			   "is in the file after a power cut, without fsync",
		.by = BY_MMAP,
		.needs = needs_two,
		.flags = CHECK_QUICK,
		.plants = PLANT_BYTE | PLANT_VALUE | PLANT_STACK,
		.run = durable,
		.arg = DURABLE("ext4", HOLE, .name = "linear", .depth = 1, .segments = 4,
			       .members = 2),
	},
	{
		.name = "durable.hole.xfs",
		.promise = "what was stored into a hole with MAP_SYNC and flushed by the processor "
			   "is in the file after a power cut, without fsync",
		.by = BY_MMAP,
		.needs = needs_xfs,
		.plants = PLANT_BYTE | PLANT_VALUE | PLANT_STACK,
		.run = durable,
		.arg = DURABLE("xfs", HOLE, .name = "linear", .depth = 1, .segments = 4,
			       .members = 2),
	},
	{
		.name = "durable.unwritten",
		.promise = "what was stored into unwritten blocks with MAP_SYNC and flushed by the "
			   "processor is in the file after a power cut, without fsync",
		.by = BY_MMAP,
		.needs = needs_striped,
		.plants = PLANT_BYTE | PLANT_VALUE | PLANT_STACK,
		.run = durable,
		.arg = DURABLE("ext4", UNWRITTEN, .name = "striped", .depth = 1, .members = 2,
			       .chunk_bytes = WINDOW_BYTES),
	},
	{0},
};

const struct check_family check_sync = {
	.name = "sync",
	.why = "MAP_SYNC is granted exactly where every member is synchronous, and is durable",
	.items = items,
};

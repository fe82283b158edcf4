// SPDX-License-Identifier: GPL-2.0-only
/*
 * MAP_SYNC is granted exactly where every member is synchronous.
 *
 * A process with a MAP_SYNC mapping flushes the processor's caches itself and never calls fsync(2).
 * That is sufficient on an NVDIMM, but not on virtio-pmem, whose data is in the page cache of the
 * hypervisor until it is flushed there.  A device is synchronous only if all its members are, and
 * device-mapper must update that with each change of its table.
 *
 *   mmap -> {ext4,xfs}_file_mmap -> daxdev_mapping_supported -> dax_synchronous(dm's dax_device)
 *   table load, resume -> dm_table_set_restrictions -> set_dax_synchronous
 *
 * Here: devices whose table does not change.  synctable.c: tables that change; durable.c: what
 * MAP_SYNC promises; mapsync.c: the system call.
 *
 * Alone: ./run.sh check --check 'sync.*'
 */
#include "check/fixture/testbed.h"
#include "check/mapsync/durable.h"
#include "check/mapsync/mapsync.h"
#include "check/mapsync/synctable.h"

#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

enum { SECOND_GENERATION = TESTBED_GENERATION + 1 };

/* ---- one stack ------------------------------------------------------------------------------- */

struct stack_case {
	struct testbed_spec bed;
	bool granted;
};

/* Opens a testbed.  If MAP_SYNC is not to be granted, up to MAPSYNC_TRIES until it is not; those
 * before stay in kept.  Returns how many were kept, or -EIO after check_broken(). */
static int open_stack(struct check_env *env, const struct stack_case *c, struct testbed *bed,
		      struct graph kept[MAPSYNC_TRIES])
{
	char *p = NULL;

	for (int n = 0;; n++) {
		int rc;

		if (!testbed_open(env, bed, &c->bed))
			return -EIO;
		rc = mapsync_map(bed->fd, &p);
		if (!rc)
			mapsync_drop(p);
		if (rc || c->granted || !testbed_dm(bed) || n == MAPSYNC_TRIES)
			return n;
		check_evidence(env, "MAP_SYNC was granted; creating another device");
		kept[n] = bed->graph;
		bed->graph = (struct graph){0};
		testbed_close(env, bed);
	}
}

/* Stores to the first, a middle and the last page; the dirty lines leave the processor's caches, as
 * a process has it instead of fsync(2). */
static void store_to_pages(struct check_env *env, const struct testbed *bed, char *p)
{
	static const uint64_t pages[] = {0, WINDOW_PAGES / 2 + 1, WINDOW_PAGES - 1};

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		uint64_t at = pages[i] * PAGE_BYTES;

		stamp_fill(p + at, PAGE_BYTES, TESTBED_FILE, at, SECOND_GENERATION);
		mapsync_flush_cpu(p + at, PAGE_BYTES);
		check_frames(env, bed->fd, p, at, PAGE_BYTES, &bed->graph, bed->device);
		check_mapped_bytes(env, "the mapping without MAP_SYNC", bed->map.base + at,
				   PAGE_BYTES, TESTBED_FILE, at, SECOND_GENERATION);
	}
}

static void stack_case(struct check_env *env, const void *arg)
{
	static struct graph kept[MAPSYNC_TRIES];
	const struct stack_case *c = arg;
	struct testbed bed;
	int n = open_stack(env, c, &bed, kept);
	char *p, *again = NULL;

	if (n < 0)
		return;
	if (mapsync_judge(env, bed.fd, c->granted, testbed_name(&c->bed), &p) && p)
		store_to_pages(env, &bed, p);
	else /* Refused is MAP_SYNC only: the file is DAX all the same. */
		testbed_frames(env, &bed, 0, WINDOW_BYTES);
	/* The answer is the same once the file has such a mapping, and once it is DAX mapped. */
	mapsync_judge(env, bed.fd, c->granted, testbed_name(&c->bed), &again);
	mapsync_drop(again);
	mapsync_drop(p);
	testbed_close(env, &bed);
	while (n-- > 0)
		check_setup(env, graph_destroy(&kept[n]), "removing a device");
}

/* ---- files that are not DAX ------------------------------------------------------------------ */

/* The same device, mounted without DAX. */
static void never_dax(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = {.table = "2x $/2 linear A +0", .fs = arg};
	struct testbed bed;
	int rc, fd = -1;
	char *p = NULL;

	if (!testbed_open(env, &bed, &spec))
		return;
	rc = fs_unmount(&bed.fs.fs);
	if (!rc && mount(bed.fs.node, bed.fs.where, spec.fs, 0, "dax=never") < 0)
		rc = -errno;
	if (check_setup(env, rc, "mounting with dax=never")) {
		bed.fs.fs.mounted = true;
		fd = check_file(env, &bed.fs, "file", MAPSYNC_FILE_BYTES, TESTBED_FILE,
				TESTBED_GENERATION);
	}
	if (fd >= 0) {
		mapsync_judge(env, fd, false, "the same device without DAX", &p);
		mapsync_drop(p);
		close(fd);
	}
	testbed_close(env, &bed);
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
		if (fs_file_is_dax(fd) == 1)
			check_skip(env, "a TMPDIR that is not DAX", "%s is DAX", path);
		else
			mapsync_judge(env, fd, false,
				      "a filesystem in ordinary memory or on a disk", &p);
		mapsync_drop(p);
	}
	if (fd >= 0)
		close(fd);
}

/* ---- the table ------------------------------------------------------------------------------- */

#define BY_MMAP "mmap(2), MAP_SYNC"
#define BY_ASYNC                                                                                \
	BY_MMAP "; commit \"libnvdimm: nd_region flush callback support\" and those after it: " \
		"\"dax: check synchronous mapping is supported\", \"dm: enable synchronous dax\""

#define STACK(word, does, source, needs_, quick, planted, fs_, granted_, name_, table_)       \
	{                                                                                     \
		.name = word, .promise = does, .by = source, .needs = needs_, .flags = quick, \
		.plants = planted, .run = stack_case,                                         \
		.arg = &(const struct stack_case){.bed = {.table = table_,                    \
							  .name = name_,                      \
							  .fs = fs_,                          \
							  .file_bytes = MAPSYNC_FILE_BYTES},  \
						  .granted = granted_},                       \
	}
/* Of a device whose table changes. */
#define TABLE(word, does, source, needs_, quick, planted, fn, data)                           \
	{                                                                                     \
		.name = word, .promise = does, .by = source, .needs = needs_, .flags = quick, \
		.plants = planted, .run = fn, .arg = data,                                    \
	}
#define DURABLE(word, does, needs_, quick, planted, fs_, file_, table_)                        \
	{                                                                                      \
		.name = word, .promise = does, .by = BY_MMAP, .needs = needs_, .flags = quick, \
		.plants = planted, .run = durable,                                             \
		.arg = &(const struct durable){.bed = {.table = table_, .fs = fs_},            \
					       .file = file_},                                 \
	}

#define LINEAR "2x $/4 linear A +0; $/4 linear B +0"

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
	STACK("granted.raw", "MAP_SYNC is granted on an NVDIMM", BY_MMAP, needs_one, 0, GRANTED_RAW,
	      "ext4", true, "a namespace", TESTBED_RAW),
	STACK("granted.linear.ext4",
	      "MAP_SYNC is granted on a linear device whose members are all NVDIMMs", BY_ASYNC,
	      needs_two, CHECK_QUICK, GRANTED | PLANT_DMESG, "ext4", true, "linear", LINEAR),
	STACK("granted.linear.xfs",
	      "MAP_SYNC is granted on a linear device whose members are all NVDIMMs", BY_ASYNC,
	      needs_xfs, 0, GRANTED, "xfs", true, "linear", LINEAR),
	STACK("granted.striped",
	      "MAP_SYNC is granted on a striped device whose members are all NVDIMMs", BY_ASYNC,
	      needs_striped, 0, GRANTED, "ext4", true, "striped", TESTBED_STRIPED_2),
	STACK("granted.depth", "MAP_SYNC is granted on three stacked DM devices over NVDIMMs",
	      BY_ASYNC, needs_two, 0, GRANTED, "ext4", true, "linear of depth 3",
	      LINEAR TESTBED_TWO_MORE),
	TABLE("granted.reload",
	      "a device grants MAP_SYNC after its last virtio-pmem member is replaced by an NVDIMM",
	      BY_ASYNC, needs_mixed, 0, PLANT_VALUE, synctable_sequence, "AMS"),
	STACK("refused.virtio.raw.ext4",
	      "MAP_SYNC is refused on virtio-pmem, which is flushed by the hypervisor", BY_ASYNC,
	      needs_virtio, 0, REFUSED_RAW, "ext4", false, "virtio-pmem", "V"),
	STACK("refused.virtio.raw.xfs",
	      "MAP_SYNC is refused on virtio-pmem, which is flushed by the hypervisor", BY_ASYNC,
	      needs_virtio_xfs, 0, REFUSED_RAW, "xfs", false, "virtio-pmem", "V"),
	STACK("refused.virtio.linear", "MAP_SYNC is refused on a linear device over virtio-pmem",
	      BY_ASYNC, needs_virtio, CHECK_QUICK, REFUSED, "ext4", false,
	      "linear over virtio-pmem", "2x $/2 linear V +0"),
	STACK("refused.virtio.depth",
	      "MAP_SYNC is refused on three stacked DM devices over virtio-pmem", BY_ASYNC,
	      needs_virtio, 0, REFUSED, "ext4", false, "linear of depth 3 over virtio-pmem",
	      "2x $/2 linear V +0" TESTBED_TWO_MORE),
	STACK("refused.mixed.first",
	      "MAP_SYNC is refused on a device whose first member is virtio-pmem", BY_ASYNC,
	      needs_mixed, 0, REFUSED, "ext4", false, "linear over virtio-pmem and an NVDIMM",
	      "$/2 linear V 0; $/2 linear A 0"),
	STACK("refused.mixed.middle",
	      "MAP_SYNC is refused on a device whose middle member is virtio-pmem", BY_ASYNC,
	      needs_mixed, 0, REFUSED, "ext4", false,
	      "linear over an NVDIMM, virtio-pmem and an NVDIMM",
	      "$/4 linear A 0; $/4 linear V 0; $/2 linear A +0"),
	STACK("refused.mixed.last",
	      "MAP_SYNC is refused on a device whose last member is virtio-pmem", BY_ASYNC,
	      needs_mixed, 0, REFUSED, "ext4", false, "linear over an NVDIMM and virtio-pmem",
	      "$/2 linear A 0; $/2 linear V 0"),
	STACK("refused.mixed.striped",
	      "MAP_SYNC is refused on a striped device with one stripe on virtio-pmem", BY_ASYNC,
	      needs_mixed, 0, REFUSED, "ext4", false, "striped over an NVDIMM and virtio-pmem",
	      "$ striped 2 4096 A 0 V 0"),
	STACK("refused.mixed.depth",
	      "MAP_SYNC is refused on three stacked DM devices with one virtio-pmem member",
	      BY_ASYNC, needs_mixed, 0, REFUSED, "ext4", false,
	      "linear of depth 3 over an NVDIMM and virtio-pmem",
	      "$/2 linear A 0; $/2 linear V 0" TESTBED_TWO_MORE),
	{
		.name = "refused.not_dax",
		.promise = "MAP_SYNC is refused on a filesystem that is mounted without DAX on a "
			   "DAX device",
		.by = BY_MMAP,
		.needs = needs_one,
		.plants = PLANT_VALUE,
		.run = never_dax,
		.arg = "ext4",
	},
	{
		.name = "refused.other_filesystem",
		.promise = "MAP_SYNC is refused by filesystems that do not support it",
		.by = BY_MMAP,
		.needs = needs_nothing,
		.plants = PLANT_VALUE,
		.run = other_filesystem,
	},
	TABLE("reload.to_async",
	      "a synchronous device refuses MAP_SYNC after its table is swapped to virtio-pmem",
	      BY_ASYNC, needs_mixed, CHECK_QUICK, PLANT_VALUE, synctable_sequence, "SA"),
	TABLE("reload.to_mixed",
	      "a synchronous device refuses MAP_SYNC after one of its members is replaced by "
	      "virtio-pmem",
	      BY_ASYNC, needs_mixed, 0, PLANT_VALUE, synctable_sequence, "SM"),
	TABLE("reload.there_and_back",
	      "MAP_SYNC is refused and granted again as the table is swapped to virtio-pmem and "
	      "back, twice",
	      BY_ASYNC, needs_mixed, 0, PLANT_VALUE, synctable_sequence, "SASA"),
	TABLE("reload.mounted",
	      "a mounted device refuses new MAP_SYNC mappings after a part of it is moved to "
	      "virtio-pmem",
	      BY_ASYNC, needs_mixed, 0, PLANT_VALUE | PLANT_BYTE, synctable_mounted, NULL),
	TABLE("below.changed",
	      "a device refuses MAP_SYNC after the device below it is swapped to virtio-pmem",
	      BY_ASYNC, needs_mixed, 0, PLANT_VALUE, synctable_below, &(const bool){false}),
	TABLE("below.reloaded",
	      "a device refuses MAP_SYNC after the device below it is swapped to virtio-pmem and "
	      "it is reloaded",
	      BY_ASYNC, needs_mixed, 0, PLANT_VALUE, synctable_below, &(const bool){true}),
	TABLE("inherited",
	      "a new device over virtio-pmem refuses MAP_SYNC, whatever removed devices were "
	      "synchronous before",
	      BY_ASYNC, needs_mixed, 0, PLANT_VALUE, synctable_inherited, NULL),
	DURABLE("durable.raw",
		"a store to a hole with MAP_SYNC and a CPU cache flush is durable without fsync",
		needs_two, 0, PLANT_BYTE | PLANT_VALUE, "ext4", DURABLE_HOLE, TESTBED_RAW),
	DURABLE("durable.hole.ext4",
		"a store to a hole with MAP_SYNC and a CPU cache flush is durable without fsync",
		needs_two, CHECK_QUICK, PLANT_BYTE | PLANT_VALUE | PLANT_STACK, "ext4",
		DURABLE_HOLE, LINEAR),
	DURABLE("durable.hole.xfs",
		"a store to a hole with MAP_SYNC and a CPU cache flush is durable without fsync",
		needs_xfs, 0, PLANT_BYTE | PLANT_VALUE | PLANT_STACK, "xfs", DURABLE_HOLE, LINEAR),
	DURABLE("durable.unwritten",
		"a store to unwritten blocks with MAP_SYNC and a CPU cache flush is durable "
		"without fsync",
		needs_striped, 0, PLANT_BYTE | PLANT_VALUE | PLANT_STACK, "ext4", DURABLE_UNWRITTEN,
		TESTBED_STRIPED_2),
	{0},
};

const struct check_family check_sync = {
	.name = "sync",
	.why = "MAP_SYNC is granted only if every member is synchronous, and makes stores durable",
	.items = items,
};

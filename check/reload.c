// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reload: pages mapped before a table is swapped for another, and after.
 *
 * Two members hold the same filesystem with different bytes in its one file: the second is a copy
 * of the first, made while the device was suspended, in which the file was stamped anew.  So each
 * byte that a path shows tells which member it came from, and each byte that a member holds
 * afterwards tells who wrote there, whatever the kernel believes.
 *
 * What is asked of the kernel after the resume goes to the new table: that is device-mapper's word.
 * What needs no kernel is nobody's word: a page that was mapped before the swap stays where it was
 * until somebody unmaps it, and device-mapper does not.  Whether a store through it lands on the
 * old member (which may have another owner by now) is the leak that was feared when DAX came to
 * device-mapper; it is observed here, not judged.  Judged is that every such access ends.
 *
 * Kernel side: dm_swap_table(), __bind(), dm_dax_direct_access() in drivers/md/dm.c;
 * dax_iomap_pte_fault(), dax_insert_entry() in fs/dax.c; insert_pfn() in mm/memory.c.
 */
#include "check/bio.h"
#include "check/check.h"
#include "check/live.h"
#include "check/worker.h"
#include "lib/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	FILE_BYTES = 2 * WINDOW_BYTES,
	APART_BYTES = 16 * PAGE_BYTES,
	LIMIT_MS = 1500, /* of one access */
	/* Where the device begins on its members; not the same, so that they cannot be mixed up. */
	OLD_SECTORS = 2 * WINDOW_BYTES / SECTOR_BYTES,
	NEW_SECTORS = 5 * WINDOW_BYTES / SECTOR_BYTES,
	/* Generations: the file was made with 1. */
	BEFORE = 2, /* stored before the swap */
	AFTER = 3,  /* stored after it */
	NEW = 9,    /* of the new member */
};

struct reload_arg {
	const char *fs;
	unsigned int flags; /* of the suspend */
	bool huge;
};

/* The device before and after; live.graph is what it is now. */
struct pair {
	struct live live;
	struct graph old, new;
	uint64_t moved_bytes, moved_len_bytes; /* of the device: what the swap takes elsewhere */
};

/* ---- two members ------------------------------------------------------------------------------
 */

/* Describes the device: on the first member but for what is moved to the second.  Returns 0 or
 * -ENOMEM. */
static int describe(struct graph *g, unsigned int device, uint64_t sectors, uint64_t moved,
		    uint64_t moved_len)
{
	const uint64_t ends[] = {moved, moved + moved_len, sectors};
	uint64_t at = 0;
	int rc = 0;

	g->devices[device].targets = NULL;
	g->devices[device].n_targets = 0;
	g->devices[device].size_sectors = 0;
	for (unsigned int i = 0; i < 3 && !rc; i++) {
		unsigned int member = i == 1;

		if (ends[i] > at)
			rc = graph_add_linear(g, device, ends[i] - at, member,
					      at + (member ? NEW_SECTORS : OLD_SECTORS));
		at = ends[i];
	}
	return rc;
}

/*
 * ext4 is small: all of it moves.  Of xfs the windows of the file move, as if they had been moved
 * by pvmove(8): to copy all of it would take longer than all the rest.
 */
static void choose_moved(struct pair *pair)
{
	const struct extents *extents = &pair->live.extents;
	uint64_t from = UINT64_MAX, to = 0;

	for (size_t i = 0; i < extents->n; i++) {
		const struct extent *e = &extents->list[i];

		if (e->physical_bytes < from)
			from = e->physical_bytes;
		if (e->physical_bytes + e->len_bytes > to)
			to = e->physical_bytes + e->len_bytes;
	}
	if (strcmp(pair->live.spec.fs, "xfs")) {
		from = 0;
		to = live_device_bytes(pair->live.spec.fs);
	}
	pair->moved_bytes = from / WINDOW_BYTES * WINDOW_BYTES;
	pair->moved_len_bytes = to - pair->moved_bytes;
}

static int describe_new(struct pair *pair, struct graph *g)
{
	return describe(g, pair->live.device, live_device_bytes(pair->live.spec.fs) / SECTOR_BYTES,
			pair->moved_bytes / SECTOR_BYTES, pair->moved_len_bytes / SECTOR_BYTES);
}

/* A device on the first member, in use.  Returns true, or false after check_broken();
 * pair_close() in either case. */
static bool pair_open(struct check_env *env, struct pair *pair, const struct reload_arg *arg)
{
	const struct live_spec spec = {.fs = arg->fs, .file_bytes = FILE_BYTES, .huge = arg->huge};
	uint64_t sectors = live_device_bytes(arg->fs) / SECTOR_BYTES;
	struct live *live = &pair->live;
	char name[64];
	int rc;

	*pair = (struct pair){.live = {.fd = -1, .direct_fd = -1, .node_fd = -1}};
	graph_add_namespace(&live->graph, check_device(env, NAMESPACE_FSDAX, 0));
	graph_add_namespace(&live->graph, check_device(env, NAMESPACE_FSDAX, 1));
	live->device = (unsigned int)graph_add_dm(&live->graph, check_name(env, "swapped", name));
	rc = describe(&live->graph, live->device, sectors, 0, 0);
	if (!rc)
		rc = check_create(env, &live->graph);
	if (!check_setup(env, rc, "making the device (%s)", dm_complaint()) ||
	    live_open(env, live, &spec))
		return false;
	choose_moved(pair);
	pair->old = pair->new = live->graph;
	rc = describe(&pair->old, live->device, sectors, 0, 0);
	if (!rc)
		rc = describe_new(pair, &pair->new);
	return check_setup(env, rc, "describing the tables") &&
	       live_raw_holds(env, live, "before the swap", 0, WINDOW_BYTES, 1);
}

static void pair_close(struct check_env *env, struct pair *pair)
{
	live_close(env, &pair->live);
	graph_clear_targets(&pair->old, pair->live.device);
	graph_clear_targets(&pair->new, pair->live.device);
}

/* What moves is copied; the file's part of it is stamped NEW. */
static int copy_members(const struct pair *pair)
{
	const struct live *live = &pair->live;
	uint64_t from = OLD_SECTORS * (uint64_t)SECTOR_BYTES + pair->moved_bytes;
	uint64_t to = NEW_SECTORS * (uint64_t)SECTOR_BYTES + pair->moved_bytes;
	int rc = bio_copy(live->graph.devices[0].node, from, live->graph.devices[1].node, to,
			  pair->moved_len_bytes);

	return rc < 0 ? rc : live_raw_stamp(live, &pair->new, 0, live->bytes, NEW);
}

static bool swap(struct check_env *env, struct pair *pair, unsigned int flags)
{
	struct live *live = &pair->live;
	const char *name = live_name(live);
	char *table = graph_table(&pair->new, live->device);
	int rc = dm_device_suspend(name, flags);

	if (check_setup(env, rc, "suspending %s", name)) {
		rc = copy_members(pair);
		check_setup(env, rc, "copying the first member to the second");
		if (!rc) {
			rc = dm_device_load(name, table, 0);
			check_setup(env, rc, "loading the second member");
		}
		if (!rc) {
			graph_clear_targets(&live->graph, live->device);
			rc = describe_new(pair, &live->graph);
		}
		if (dm_device_resume(name, 0) < 0 && !rc)
			rc = -EIO;
		check_setup(env, rc, "swapping the tables of %s", name);
	}
	free(table);
	return !rc;
}

/* ---- what is asked of the kernel after the resume -------------------------------------------- */

struct access {
	const char *what;
	work_fn *fn;
	bool stores;
};

static const struct access accesses[] = {
	{"a load from a page that was never touched", work_load, false},
	{"a store into a page that was never touched", work_store, true},
	{"read(2)", work_read, false},
	{"read(2) with O_DIRECT", work_read_direct, false},
	{"write(2)", work_write, true},
	{"write(2) with O_DIRECT", work_write_direct, true},
	{"a read of the device", work_bio_read, false},
	{"a write to the device", work_bio_write, true},
};

enum { ACCESSES = sizeof(accesses) / sizeof(accesses[0]) };

static uint64_t page_of(unsigned int i)
{
	return (uint64_t)i * APART_BYTES;
}

/* What a page of the old member holds, or the new one. */
static bool member_holds(struct check_env *env, const struct pair *pair, const struct graph *graph,
			 const char *what, uint64_t offset, uint32_t generation)
{
	char bytes[PAGE_BYTES], said[160];
	int rc = live_raw_read(&pair->live, graph, offset, bytes, sizeof(bytes));

	snprintf(said, sizeof(said), "%s, on the %s member", what,
		 graph == &pair->old ? "old" : "new");
	return check_setup(env, rc, "reading a member") &&
	       check_bytes(env, said, bytes, sizeof(bytes), LIVE_FILE, offset, generation);
}

static void judge_access(struct check_env *env, const struct pair *pair, struct worker *worker,
			 const struct access *access, uint64_t offset)
{
	char text[32], bytes[PAGE_BYTES];
	const char *outcome = worker_outcome(worker, text);

	if (!check_that(env, !strcmp(outcome, "done"), "%s is done (it is: %s)", access->what,
			outcome))
		return;
	memcpy(bytes, worker_work(worker)->bytes, sizeof(bytes));
	if (!access->stores)
		check_bytes(env, access->what, bytes, sizeof(bytes), LIVE_FILE, offset, NEW);
	member_holds(env, pair, &pair->old, access->what, offset, 1);
	member_holds(env, pair, &pair->new, access->what, offset, access->stores ? AFTER : NEW);
}

static void new_access(struct check_env *env, const void *data)
{
	const struct reload_arg *arg = data;
	struct worker workers[ACCESSES] = {0};
	struct pair pair;

	if (pair_open(env, &pair, arg) && !workers_start(env, workers, ACCESSES, &pair.live) &&
	    swap(env, &pair, arg->flags)) {
		for (unsigned int i = 0; i < ACCESSES; i++)
			worker_ask(&workers[i], accesses[i].fn, page_of(i), PAGE_BYTES, AFTER);
		workers_finish(workers, ACCESSES, LIMIT_MS);
		for (unsigned int i = 0; i < ACCESSES; i++)
			judge_access(env, &pair, &workers[i], &accesses[i], page_of(i));
	}
	if (!workers_end(workers, ACCESSES))
		check_fail(env, "a task cannot be killed");
	pair_close(env, &pair);
}

/* ---- after a remount ---------------------------------------------------------------------------
 */

/* Pages that were known before the swap, in each way. */
static bool touch_before(struct check_env *env, struct worker *worker)
{
	return worker_do(env, worker, "a load", work_load, page_of(0), PAGE_BYTES, 0) &&
	       worker_do(env, worker, "a store", work_store, page_of(1), PAGE_BYTES, BEFORE) &&
	       worker_do(env, worker, "a write", work_write, page_of(2), PAGE_BYTES, BEFORE);
}

static void remounted(struct check_env *env, struct pair *pair, struct worker *worker)
{
	if (live_detach(env, &pair->live) || live_attach(env, &pair->live) ||
	    !live_holds(env, &pair->live, "after the remount", 0, FILE_BYTES, NEW) ||
	    workers_start(env, worker, 1, &pair->live))
		return;
	for (unsigned int i = 0; i < 3; i++)
		if (!worker_do(env, worker, "a store after the remount", work_store, page_of(i),
			       PAGE_BYTES, AFTER))
			return;
	for (unsigned int i = 0; i < 3; i++) {
		live_holds(env, &pair->live, "after the remount", page_of(i), PAGE_BYTES, AFTER);
		member_holds(env, pair, &pair->old, "after the remount", page_of(i),
			     i ? BEFORE : 1);
	}
	workers_end(worker, 1);
}

static void remount(struct check_env *env, const void *data)
{
	const struct reload_arg *arg = data;
	struct worker worker = {0};
	struct pair pair;
	bool good = pair_open(env, &pair, arg) && !workers_start(env, &worker, 1, &pair.live) &&
		    touch_before(env, &worker) && swap(env, &pair, arg->flags);

	if (!workers_end(&worker, 1))
		check_fail(env, "a task cannot be killed");
	else if (good)
		remounted(env, &pair, &worker);
	pair_close(env, &pair);
}

/* ---- through a mapping made before ------------------------------------------------------------
 */

enum { STEPS_MAX = 3 };

/* One page's story; the last step says what is looked at. */
struct story {
	const char *name;
	work_fn *before, *steps[STEPS_MAX];
};

static const struct story loads[] = {
	{"load", work_load, {work_load}},
	{"load_of_stored", work_store, {work_load}},
	{"msync_load", work_store, {work_msync, work_load}},
	{"drop_caches_load", work_load, {work_fsync, work_load}},
	{"dontneed_load", work_load, {work_dontneed, work_load}},
	{"dontneed_load_of_stored", work_store, {work_dontneed, work_load}},
	{"remap_load", work_load, {work_remap, work_load}},
	{"remap_load_of_stored", work_store, {work_remap, work_load}},
};

static const struct story writable[] = {
	{"store", work_store, {work_store}},
};

static const struct story readable[] = {
	{"store", work_load, {work_store}},
	{"msync_store", work_store, {work_msync, work_store}},
};

static const struct story fresh_stores[] = {
	{"dontneed_store", work_load, {work_dontneed, work_store}},
	{"dontneed_store_into_stored", work_store, {work_dontneed, work_store}},
	{"remap_store", work_load, {work_remap, work_store}},
	{"remap_store_into_stored", work_store, {work_remap, work_store}},
};

struct tale {
	const struct story *stories;
	unsigned int n;
	bool stores;
	const char *observation;
};

#define N(array) (sizeof(array) / sizeof((array)[0]))
static const struct tale tale_loads = {loads, N(loads), false, "a_load_shows"};
static const struct tale tale_writable = {writable, N(writable), true, "a_store_lands_on"};
static const struct tale tale_readable = {readable, N(readable), true, "a_store_lands_on"};
static const struct tale tale_fresh_stores = {fresh_stores, N(fresh_stores), true,
					      "a_store_lands_on"};

enum { STORIES_MAX = 8 };

struct old_arg {
	struct reload_arg reload;
	const struct tale *tale;
};

static bool is_generation(const void *bytes, uint64_t offset, uint32_t generation)
{
	return stamp_check(bytes, PAGE_BYTES, LIVE_FILE, offset, generation, NULL) == PAGE_BYTES;
}

/* Which member a load showed. */
static const char *shown(const struct story *story, const void *bytes, uint64_t offset)
{
	if (is_generation(bytes, offset, story->before == work_store ? BEFORE : 1))
		return "old member";
	return is_generation(bytes, offset, NEW) ? "new member" : "neither";
}

/* Which member a store reached. */
static const char *landed(const struct pair *pair, uint64_t offset)
{
	char old[PAGE_BYTES], new[PAGE_BYTES];
	bool on_old, on_new;

	if (live_raw_read(&pair->live, &pair->old, offset, old, sizeof(old)) < 0 ||
	    live_raw_read(&pair->live, &pair->new, offset, new, sizeof(new)) < 0)
		return "unknown";
	on_old = is_generation(old, offset, AFTER);
	on_new = is_generation(new, offset, AFTER);
	return on_old && on_new ? "both"
	       : on_old		? "old member"
	       : on_new		? "new member"
				: "neither";
}

/* One observation of all stories; evidence of a leak; each must have ended. */
static void conclude(struct check_env *env, const struct pair *pair, const struct tale *tale,
		     struct worker *workers)
{
	json_t *value = json_object();
	bool leak = false;

	for (unsigned int i = 0; i < tale->n; i++) {
		char text[32];
		const char *is = worker_outcome(&workers[i], text);
		const struct story *story = &tale->stories[i];

		check_that(env,
			   workers[i].state == WORK_DONE &&
				   (!worker_work(&workers[i])->rc || !tale->stores),
			   "%s ends (it is: %s)", story->name, is);
		if (!strcmp(is, "done"))
			is = tale->stores
				     ? landed(pair, page_of(i))
				     : shown(story, worker_work(&workers[i])->bytes, page_of(i));
		check_that(env, strcmp(is, "neither") && strcmp(is, "both"),
			   "%s is found on one of the members (it is: %s)", story->name, is);
		leak = leak || (tale->stores && !strcmp(is, "old member"));
		json_object_set_new(value, story->name, json_string(is));
	}
	check_observe(env, tale->observation, value);
	if (!tale->stores)
		return;
	check_observe(env, "leak", json_boolean(leak));
	check_evidence(env, leak ? "leak: a store through a mapping made before the swap landed on "
				   "the old member"
				 : "no leak: no store through a mapping made before the swap "
				   "landed on the old member");
}

static void drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		if (write(fd, "3", 1) < 0)
			errno = 0; /* an observation either way */
		close(fd);
	}
}

/* A step of each story at once; one that did not end gets no further one. */
static void step(const struct tale *tale, struct worker *workers, unsigned int s)
{
	bool any = false;

	for (unsigned int i = 0; i < tale->n; i++) {
		const struct story *story = &tale->stories[i];

		if (!story->steps[s] || workers[i].state != WORK_DONE)
			continue;
		worker_ask(&workers[i], story->steps[s], page_of(i), PAGE_BYTES, AFTER);
		any = true;
	}
	if (any)
		workers_finish(workers, tale->n, LIMIT_MS);
}

static void old_mapping(struct check_env *env, const void *data)
{
	const struct old_arg *arg = data;
	const struct tale *tale = arg->tale;
	struct worker workers[STORIES_MAX] = {0};
	struct pair pair;
	bool good = pair_open(env, &pair, &arg->reload) &&
		    !workers_start(env, workers, tale->n, &pair.live);

	for (unsigned int i = 0; i < tale->n && good; i++)
		good = worker_do(env, &workers[i], tale->stories[i].name, tale->stories[i].before,
				 page_of(i), PAGE_BYTES, BEFORE);
	if (good && swap(env, &pair, arg->reload.flags)) {
		for (unsigned int s = 0; s < STEPS_MAX; s++) {
			step(tale, workers, s);
			if (!s)
				drop_caches();
		}
		conclude(env, &pair, tale, workers);
	}
	if (!workers_end(workers, tale->n))
		check_fail(env, "a task cannot be killed");
	pair_close(env, &pair);
}

/* ---- table ------------------------------------------------------------------------------------
 */

static const char *const needs_ext4[] = {"device:fsdax:2", "fs:ext4", NULL};
static const char *const needs_xfs[] = {"device:fsdax:2", "fs:xfs", NULL};

static const struct reload_arg ext4 = {.fs = "ext4"}, xfs = {.fs = "xfs"};
static const struct reload_arg ext4_nolockfs = {.fs = "ext4", .flags = DM_NOLOCKFS};
static const struct reload_arg xfs_nolockfs = {.fs = "xfs", .flags = DM_NOLOCKFS};

#define OLD(NAME, FS, FLAGS, TALE) \
	static const struct old_arg NAME = {{.fs = FS, .flags = FLAGS}, &TALE}
OLD(load_ext4, "ext4", 0, tale_loads);
OLD(load_ext4_nolockfs, "ext4", DM_NOLOCKFS, tale_loads);
OLD(load_xfs, "xfs", 0, tale_loads);
OLD(writable_ext4, "ext4", 0, tale_writable);
OLD(writable_ext4_nolockfs, "ext4", DM_NOLOCKFS, tale_writable);
OLD(writable_xfs, "xfs", 0, tale_writable);
OLD(writable_xfs_nolockfs, "xfs", DM_NOLOCKFS, tale_writable);
OLD(readable_ext4, "ext4", 0, tale_readable);
OLD(readable_ext4_nolockfs, "ext4", DM_NOLOCKFS, tale_readable);
OLD(readable_xfs, "xfs", 0, tale_readable);
OLD(fresh_ext4, "ext4", 0, tale_fresh_stores);
OLD(fresh_ext4_nolockfs, "ext4", DM_NOLOCKFS, tale_fresh_stores);
OLD(fresh_xfs, "xfs", 0, tale_fresh_stores);

#define ACTIVE                                                                                 \
	"linux/dm-ioctl.h, DM_SUSPEND: the table of the inactive slot is moved to the active " \
	"slot, the old table is destroyed, finally the device is resumed"
#define ENDS                                                                                  \
	"include/linux/mm_types.h: VM_FAULT_NOPAGE says that the fault installed the entry, " \
	"VM_FAULT_SIGBUS that it could not; a fault that does neither for ever keeps no word"
#define PLANTS (PLANT_VALUE | PLANT_BYTE | PLANT_STACK)

#define ITEM(NAME, NEEDS, RUN, ARG, PROMISE, BY)                                              \
	{                                                                                     \
		.name = NAME, .promise = PROMISE, .by = BY, .needs = NEEDS, .plants = PLANTS, \
		.run = RUN, .arg = ARG                                                        \
	}

#define NEW_ACCESS                                                                             \
	"after a swap every access that asks the kernel anew reaches the new member, and the " \
	"old one keeps its bytes"
#define REMOUNT                                                                                   \
	"after a swap and a remount everything reads and writes the new member, and the old one " \
	"keeps its bytes"
#define OLD_ACCESS                                                                         \
	"an access through a mapping made before a swap ends, and is found on one of the " \
	"members, "                                                                        \
	"or brings a signal"

static const struct check_item items[] = {
	{
		.name = "new_access.ext4",
		.promise = NEW_ACCESS,
		.by = ACTIVE,
		.needs = needs_ext4,
		.flags = CHECK_QUICK,
		.plants = PLANTS | PLANT_DMESG,
		.run = new_access,
		.arg = &ext4,
	},
	ITEM("new_access.ext4_nolockfs", needs_ext4, new_access, &ext4_nolockfs, NEW_ACCESS,
	     ACTIVE),
	ITEM("new_access.xfs", needs_xfs, new_access, &xfs, NEW_ACCESS, ACTIVE),
	ITEM("new_access.xfs_nolockfs", needs_xfs, new_access, &xfs_nolockfs, NEW_ACCESS, ACTIVE),
	ITEM("remount.ext4", needs_ext4, remount, &ext4, REMOUNT, ACTIVE),
	ITEM("remount.ext4_nolockfs", needs_ext4, remount, &ext4_nolockfs, REMOUNT, ACTIVE),
	ITEM("remount.xfs", needs_xfs, remount, &xfs, REMOUNT, ACTIVE),
	ITEM("remount.xfs_nolockfs", needs_xfs, remount, &xfs_nolockfs, REMOUNT, ACTIVE),
	ITEM("old_load.ext4", needs_ext4, old_mapping, &load_ext4, OLD_ACCESS, ENDS),
	ITEM("old_load.ext4_nolockfs", needs_ext4, old_mapping, &load_ext4_nolockfs, OLD_ACCESS,
	     ENDS),
	ITEM("old_load.xfs", needs_xfs, old_mapping, &load_xfs, OLD_ACCESS, ENDS),
	ITEM("old_writable.ext4", needs_ext4, old_mapping, &writable_ext4, OLD_ACCESS, ENDS),
	ITEM("old_writable.ext4_nolockfs", needs_ext4, old_mapping, &writable_ext4_nolockfs,
	     OLD_ACCESS, ENDS),
	ITEM("old_writable.xfs", needs_xfs, old_mapping, &writable_xfs, OLD_ACCESS, ENDS),
	ITEM("old_writable.xfs_nolockfs", needs_xfs, old_mapping, &writable_xfs_nolockfs,
	     OLD_ACCESS, ENDS),
	ITEM("old_readable.ext4", needs_ext4, old_mapping, &readable_ext4, OLD_ACCESS, ENDS),
	ITEM("old_readable.ext4_nolockfs", needs_ext4, old_mapping, &readable_ext4_nolockfs,
	     OLD_ACCESS, ENDS),
	ITEM("old_readable.xfs", needs_xfs, old_mapping, &readable_xfs, OLD_ACCESS, ENDS),
	ITEM("old_remap.ext4", needs_ext4, old_mapping, &fresh_ext4, OLD_ACCESS, ENDS),
	ITEM("old_remap.ext4_nolockfs", needs_ext4, old_mapping, &fresh_ext4_nolockfs, OLD_ACCESS,
	     ENDS),
	ITEM("old_remap.xfs", needs_xfs, old_mapping, &fresh_xfs, OLD_ACCESS, ENDS),
	{0},
};

const struct check_family check_reload = {
	.name = "reload",
	.why = "what reaches which member after a table was swapped",
	.items = items,
};

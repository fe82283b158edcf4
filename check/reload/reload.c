// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reload: accesses after a table was swapped for another.
 *
 * swapped_members.h has the two members, and how a byte identifies its member.  After the resume,
 * every access that enters the kernel must reach the new table: device-mapper promises that.
 * old_mapping.h: accesses through mappings made before the swap, which need no kernel.
 *
 * On the path: dm_swap_table(), __bind(), dm_dax_direct_access() in drivers/md/dm.c;
 * dax_iomap_pte_fault(), dax_insert_entry() in fs/dax.c; insert_pfn() in mm/memory.c.
 */
#include "check/check.h"
#include "check/fixture/testbed.h"
#include "check/fixture/worker.h"
#include "check/reload/failed_resume.h"
#include "check/reload/old_mapping.h"
#include "check/reload/swapped_members.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	FILE_BYTES = SWAPPED_FILE_BYTES,
	LIMIT_MS = 10000, /* of one access; endless faults are found earlier */
};

/* ---- accesses that enter the kernel after the resume ----------------------------------------- */

struct access {
	const char *what;
	work_fn *fn;
	bool stores;
};

static const struct access accesses[] = {
	{"a load by a new fault", work_load, false},
	{"a store by a new fault", work_store, true},
	{"read(2)", work_read, false},
	{"read(2) with O_DIRECT", work_read_direct, false},
	{"write(2)", work_write, true},
	{"write(2) with O_DIRECT", work_write_direct, true},
	{"a read of the device", work_bio_read, false},
	{"a write to the device", work_bio_write, true},
};

enum { ACCESSES = sizeof(accesses) / sizeof(accesses[0]) };

static void judge_access(struct check_env *env, const struct swapped_members *swap,
			 struct worker *worker, const struct access *access, uint64_t offset)
{
	char text[32], bytes[PAGE_BYTES];
	const char *outcome = worker_outcome(worker, text);

	if (!check_that(env, !strcmp(outcome, "done"), "%s succeeds (got: %s)", access->what,
			outcome))
		return;
	memcpy(bytes, worker_work(worker)->bytes, sizeof(bytes));
	if (!access->stores)
		check_bytes(env, access->what, bytes, sizeof(bytes), TESTBED_FILE, offset,
			    SWAPPED_NEW);
	swapped_members_hold(env, swap, &swap->old, access->what, offset, 1);
	swapped_members_hold(env, swap, &swap->new, access->what, offset,
			     access->stores ? SWAPPED_AFTER : SWAPPED_NEW);
}

static void access_all(struct check_env *env, const struct swapped_members *swap,
		       struct worker *workers)
{
	for (unsigned int i = 0; i < ACCESSES; i++)
		worker_ask(&workers[i], accesses[i].fn, swapped_members_page(swap, i), PAGE_BYTES,
			   SWAPPED_AFTER);
	workers_finish(workers, ACCESSES, LIMIT_MS);
	for (unsigned int i = 0; i < ACCESSES; i++)
		judge_access(env, swap, &workers[i], &accesses[i], swapped_members_page(swap, i));
}

static void new_access(struct check_env *env, const void *data)
{
	const struct swapped_members_arg *arg = data;
	struct worker workers[ACCESSES] = {0};
	struct swapped_members swap;

	if (swapped_members_open(env, &swap, arg) &&
	    !workers_start(env, workers, ACCESSES, &swap.bed) &&
	    swapped_members_swap(env, &swap, arg->flags))
		access_all(env, &swap, workers);
	workers_end(env, workers, ACCESSES);
	swapped_members_close(env, &swap);
}

/* The same of pages that another process had mapped before the swap, so that the file's index knows
 * them. */
static void known_access(struct check_env *env, const void *data)
{
	const struct swapped_members_arg *arg = data;
	struct worker workers[ACCESSES] = {0}, other = {0};
	struct swapped_members swap;
	bool good = swapped_members_open(env, &swap, arg) &&
		    !workers_start(env, &other, 1, &swap.bed) &&
		    !workers_start(env, workers, ACCESSES, &swap.bed);

	for (unsigned int i = 0; i < ACCESSES && good; i++)
		good = swapped_members_touch(env, &swap, &other, work_load,
					     swapped_members_page(&swap, i));
	if (good && workers_end(env, &other, 1) && swapped_members_swap(env, &swap, arg->flags))
		access_all(env, &swap, workers);
	workers_end(env, workers, ACCESSES);
	swapped_members_close(env, &swap);
}

/* ---- after a remount ------------------------------------------------------------------------- */

/* Pages that were known before the swap, in each way. */
static bool touch_before(struct check_env *env, struct worker *worker)
{
	return worker_do(env, worker, "a load", work_load, work_page(0), PAGE_BYTES, 0) &&
	       worker_do(env, worker, "a store", work_store, work_page(1), PAGE_BYTES,
			 SWAPPED_BEFORE) &&
	       worker_do(env, worker, "a write", work_write, work_page(2), PAGE_BYTES,
			 SWAPPED_BEFORE);
}

static void remounted(struct check_env *env, struct swapped_members *swap, struct worker *worker)
{
	if (!testbed_detach(env, &swap->bed) || !testbed_attach(env, &swap->bed) ||
	    !testbed_holds(env, &swap->bed, "after the remount", 0, FILE_BYTES, SWAPPED_NEW) ||
	    workers_start(env, worker, 1, &swap->bed))
		return;
	for (unsigned int i = 0; i < 3; i++)
		if (!worker_do(env, worker, "a store after the remount", work_store, work_page(i),
			       PAGE_BYTES, SWAPPED_AFTER))
			return;
	for (unsigned int i = 0; i < 3; i++) {
		testbed_holds(env, &swap->bed, "after the remount", work_page(i), PAGE_BYTES,
			      SWAPPED_AFTER);
		swapped_members_hold(env, swap, &swap->old, "after the remount", work_page(i),
				     i ? SWAPPED_BEFORE : 1);
	}
	workers_end(env, worker, 1);
}

static void remount(struct check_env *env, const void *data)
{
	const struct swapped_members_arg *arg = data;
	struct worker worker = {0};
	struct swapped_members swap;
	bool good = swapped_members_open(env, &swap, arg) &&
		    !workers_start(env, &worker, 1, &swap.bed) && touch_before(env, &worker) &&
		    swapped_members_swap(env, &swap, arg->flags);

	if (workers_end(env, &worker, 1) && good)
		remounted(env, &swap, &worker);
	swapped_members_close(env, &swap);
}

/* ---- fsync(2) after a swap ------------------------------------------------------------------- */

/* Stores the number of page faults in rc. */
static void store_counted(struct testbed *bed, struct work *work)
{
	uint64_t before = mapping_page_faults();

	work_store(bed, work);
	work->rc = (int)(mapping_page_faults() - before);
}

/* After an fsync() a store must fault, or the next fsync() knows nothing of it.  A page that brings
 * a signal has nothing to sync: old_remap observes those. */
static void fault_after_sync(struct check_env *env, struct worker *worker, uint64_t page,
			     const char *what)
{
	worker_ask(worker, work_store, page, PAGE_BYTES, SWAPPED_AFTER);
	if (!check_that(env, workers_finish(worker, 1, LIMIT_MS), "the first store ends: %s", what))
		return;
	if (worker_work(worker)->touch.signal ||
	    !worker_do(env, worker, "fsync", work_fsync, 0, 0, 0))
		return;
	worker_ask(worker, store_counted, page, PAGE_BYTES, SWAPPED_AFTER);
	if (check_that(env, workers_finish(worker, 1, LIMIT_MS), "the second store ends: %s", what))
		check_that(env, worker_work(worker)->rc > 0,
			   "a store to a synced page faults again: %s", what);
}

static void sync_after(struct check_env *env, const void *data)
{
	const struct swapped_members_arg *arg = data;
	struct worker worker = {0};
	struct swapped_members swap;

	if (swapped_members_open(env, &swap, arg) && !workers_start(env, &worker, 1, &swap.bed) &&
	    swapped_members_touch(env, &swap, &worker, work_store,
				  swapped_members_page(&swap, 0)) &&
	    swapped_members_touch(env, &swap, &worker, work_load, swapped_members_page(&swap, 1)) &&
	    worker_do(env, &worker, "a counted store", store_counted,
		      swapped_members_page(&swap, 0), PAGE_BYTES, SWAPPED_BEFORE) &&
	    swapped_members_swap(env, &swap, arg->flags) &&
	    worker_do(env, &worker, "mapping anew", work_remap, 0, 0, 0)) {
		fault_after_sync(env, &worker, swapped_members_page(&swap, 2),
				 "an untouched page before the swap");
		fault_after_sync(env, &worker, swapped_members_page(&swap, 0),
				 "a page that was stored to before the swap");
		fault_after_sync(env, &worker, swapped_members_page(&swap, 1),
				 "a page that was read before the swap");
		swapped_members_hold(env, &swap, &swap.new, "after fsync",
				     swapped_members_page(&swap, 2), SWAPPED_AFTER);
	}
	workers_end(env, &worker, 1);
	swapped_members_close(env, &swap);
}

/* ---- the same bytes in other segments -------------------------------------------------------- */

/* cut_inside: the first window lies across the cut.
 * Everything through the worker's mapping, which is older than the cut, and through ours. */
static void look_at_cut(struct check_env *env, struct testbed *bed, struct worker *worker,
			uint32_t generation, bool cut_inside)
{
	char bytes[PAGE_BYTES];

	worker_ask(worker, work_load, work_page(0), PAGE_BYTES, 0);
	if (!check_that(env, workers_finish(worker, 1, LIMIT_MS), "a load ends"))
		return;
	memcpy(bytes, worker_work(worker)->bytes, sizeof(bytes));
	check_bytes(env, "through the mapping made before the swap", bytes, sizeof(bytes),
		    TESTBED_FILE, work_page(0), generation);
	worker_ask(worker, work_store, work_page(0), PAGE_BYTES, generation + 1);
	if (!check_that(env, workers_finish(worker, 1, LIMIT_MS), "a store ends"))
		return;
	testbed_holds(env, bed, "with other segments", 0, PAGE_BYTES, generation + 1);
	testbed_holds(env, bed, "with other segments", PAGE_BYTES, FILE_BYTES - PAGE_BYTES, 1);
	testbed_frames(env, bed, 0, FILE_BYTES);
	testbed_page_size(env, bed, WINDOW_BYTES);
	/* PTEs may stay PTEs: the contract is only that no page is too large. */
	if (cut_inside)
		testbed_page_size(env, bed, 0);
}

/* Swaps to a table cut there; bed.graph follows. */
static bool cut_at(struct check_env *env, struct testbed *bed, const struct graph *whole,
		   uint64_t cut_bytes, unsigned int flags)
{
	struct testbed as_whole = *bed;
	struct graph cut;
	char *table;
	int rc;

	as_whole.graph = *whole;
	rc = testbed_cut(&as_whole, cut_bytes, &cut);
	table = rc ? NULL : graph_table(&cut, bed->device);
	rc = rc ? rc : graph_reload(&cut, bed->device, flags);
	check_evidence(env, "%s", table ? table : "no memory");
	free(table);
	graph_clear_targets(&bed->graph, bed->device);
	bed->graph = cut;
	return check_errno(env, rc, 0, "swapping to a table with the same bytes");
}

static void same_bytes(struct check_env *env, const void *data)
{
	const struct swapped_members_arg *arg = data;
	const struct testbed_spec spec = {
		.table = "$ linear A 0", .fs = arg->fs, .file_bytes = FILE_BYTES, .direct = true};
	struct worker worker = {0};
	struct testbed bed;
	struct graph whole = {0};
	uint64_t cuts[3], at;
	bool good = testbed_open(env, &bed, &spec) &&
		    testbed_raw_holds(env, &bed, "before the swap", 0, WINDOW_BYTES, 1) &&
		    !workers_start(env, &worker, 1, &bed) &&
		    worker_do(env, &worker, "a store", work_store, work_page(0), PAGE_BYTES,
			      SWAPPED_BEFORE);

	whole = bed.graph;
	whole.devices[bed.device].targets = NULL;
	whole.devices[bed.device].n_targets = 0;
	whole.devices[bed.device].size_sectors = 0;
	if (good)
		good = !graph_add_linear(&whole, bed.device,
					 bed.graph.devices[bed.device].size_sectors, 0, 0);
	at = good ? bed.extents.list[0].physical_bytes : 0;
	cuts[0] = at + WINDOW_BYTES / 2;
	cuts[1] = at + PAGE_BYTES;
	cuts[2] = at + WINDOW_BYTES;
	for (unsigned int i = 0; i < 3 && good && !check_complained(env); i++)
		if (cut_at(env, &bed, &whole, cuts[i], arg->flags))
			look_at_cut(env, &bed, &worker, SWAPPED_BEFORE + i, i < 2);
	workers_end(env, &worker, 1);
	graph_clear_targets(&whole, bed.device);
	testbed_close(env, &bed);
}

/* ---- a smaller device ------------------------------------------------------------------------ */

static const struct access beyond[] = {
	{"a load", work_load, false},
	{"a store", work_store, true},
	{"read(2)", work_read, false},
	{"write(2)", work_write, true},
	{"a read of the device", work_bio_read, false},
	{"a write to the device", work_bio_write, true},
};

enum { BEYOND = sizeof(beyond) / sizeof(beyond[0]) };

/* The device ends end_bytes into the file: accesses past that fail and change nothing. */
static void look_beyond(struct check_env *env, struct testbed *bed, struct worker *workers,
			uint64_t end_bytes)
{
	char text[32];

	for (unsigned int i = 0; i < BEYOND; i++)
		worker_ask(&workers[i], beyond[i].fn, end_bytes + work_page(i), PAGE_BYTES,
			   SWAPPED_AFTER);
	workers_finish(workers, BEYOND, LIMIT_MS);
	for (unsigned int i = 0; i < BEYOND; i++) {
		const char *outcome = worker_outcome(&workers[i], text);

		check_that(env, workers[i].state == WORK_DONE && strcmp(outcome, "done"),
			   "%s past the end of the device fails (got: %s)", beyond[i].what,
			   outcome);
		testbed_raw_holds(env, bed, beyond[i].what, end_bytes + work_page(i), PAGE_BYTES,
				  1);
	}
	testbed_map_holds(env, bed, "before the end of the device", 0, end_bytes, 1);
}

static void smaller(struct check_env *env, const void *data)
{
	const struct swapped_members_arg *arg = data;
	const struct testbed_spec spec = {
		.table = "$ linear A 0", .fs = arg->fs, .file_bytes = FILE_BYTES, .direct = true};
	const uint64_t end_bytes = WINDOW_BYTES + WINDOW_BYTES / 2;
	struct worker workers[BEYOND] = {0};
	struct testbed bed;
	struct graph cut = {0};
	char *table;
	int rc;

	if (!testbed_open(env, &bed, &spec) ||
	    !testbed_raw_holds(env, &bed, "before the swap", 0, WINDOW_BYTES, 1) ||
	    workers_start(env, workers, BEYOND, &bed))
		goto out;
	rc = testbed_cut(&bed, bed.extents.list[0].physical_bytes + end_bytes, &cut);
	table = rc ? NULL : graph_table(&cut, bed.device);
	if (check_own(env, table ? 0 : -ENOMEM, "the table of a smaller device")) {
		*(strchr(table, '\n') + 1) = '\0'; /* the first segment alone */
		rc = dm_device_reload(testbed_dm(&bed), table, arg->flags);
		check_observe(env, "load", json_string(rc ? strerrorname_np(-rc) : "accepted"));
		if (!rc)
			look_beyond(env, &bed, workers, end_bytes);
		rc = graph_reload(&bed.graph, bed.device, arg->flags);
		if (check_errno(env, rc, 0, "swapping back to the full table"))
			testbed_holds(env, &bed, "at full size again", 0, FILE_BYTES, 1);
	}
	free(table);
out:
	workers_end(env, workers, BEYOND);
	graph_clear_targets(&cut, bed.device);
	testbed_close(env, &bed);
}

/* ---- table ----------------------------------------------------------------------------------- */

static const char *const needs_ext4[] = {"device:fsdax:2", "fs:ext4", NULL};
static const char *const needs_xfs[] = {"device:fsdax:2", "fs:xfs", NULL};
static const char *const needs_ext4_huge[] = {"device:fsdax:2", "fs:ext4", "page:2M", NULL};
static const char *const needs_xfs_huge[] = {"device:fsdax:2", "fs:xfs", "page:2M", NULL};

static const struct swapped_members_arg ext4 = {.fs = "ext4"}, xfs = {.fs = "xfs"};
static const struct swapped_members_arg ext4_nolockfs = {.fs = "ext4", .flags = DM_NOLOCKFS};
static const struct swapped_members_arg ext4_neither = {.fs = "ext4",
							.flags = DM_NOFLUSH | DM_NOLOCKFS};
static const struct swapped_members_arg xfs_neither = {.fs = "xfs",
						       .flags = DM_NOFLUSH | DM_NOLOCKFS};
static const struct swapped_members_arg xfs_nolockfs = {.fs = "xfs", .flags = DM_NOLOCKFS};

#define ACTIVE                                                                                 \
	"linux/dm-ioctl.h, DM_SUSPEND: the table of the inactive slot is moved to the active " \
	"slot, the old table is destroyed, finally the device is resumed"
#define ENDS                                                                         \
	"include/linux/mm_types.h: VM_FAULT_NOPAGE: the fault installed the entry; " \
	"VM_FAULT_SIGBUS: it could not; a fault handler does one of both"
#define FSYNC                                                                                    \
	"fsync(2); commit 4b4bb46d00b3 (dax: clear dirty entry tags on cache flush): pages are " \
	"write-protected when they are flushed, so that the next store is noticed"
#define END                                                                                    \
	"include/linux/dm-ioctl.h, DM_SUSPEND: the old table is destroyed; commit \"dm: make " \
	"dm_table_find_target return NULL\": behind the end of a table there is no target"
#define PLANTS (PLANT_VALUE | PLANT_BYTE | PLANT_STACK)

#define ITEM(NAME, NEEDS, RUN, ARG, PROMISE, BY)                                              \
	{                                                                                     \
		.name = NAME, .promise = PROMISE, .by = BY, .needs = NEEDS, .plants = PLANTS, \
		.run = RUN, .arg = ARG                                                        \
	}

/* Its promise is about bytes only. */
#define BYTES(NAME, NEEDS, ARG)                                                           \
	{                                                                                 \
		.name = NAME, .promise = REMOUNT, .by = ACTIVE, .needs = NEEDS,           \
		.plants = PLANTS & ~(unsigned int)PLANT_VALUE, .run = remount, .arg = ARG \
	}

#define NEW_ACCESS                                                                                 \
	"after a table swap every new fault, read and write reaches the new member, and none the " \
	"old one"
#define REMOUNT                                                                                   \
	"after a table swap and a remount every access reaches the new member, and none the old " \
	"one"
#define OLD_ACCESS                                                                             \
	"an access through a mapping made before a table swap ends: it reaches one member or " \
	"raises a signal"

#define SYNC "after a table swap and fsync(2), a store to a page faults again and marks it dirty"
#define SAME_BYTES                                                                              \
	"a swap to other segments of the same bytes keeps every byte and limits page sizes to " \
	"the new table"
#define SMALLER \
	"every new access past the end of a device that was shrunk fails and changes nothing"
#define FAILS(NAME, NEEDS, ARG)                                                                  \
	{                                                                                        \
		.name = NAME,                                                                    \
		.promise = "after a resume that fails the next one resumes the old table, and "  \
			   "every byte is kept",                                                 \
		.by = "linux/dm-ioctl.h, DM_SUSPEND: the table of the inactive slot is moved "   \
		      "to the active slot on resume; dm_calculate_queue_limits(): a table that " \
		      "does not fit its devices does not become live",                           \
		.needs = NEEDS, .plants = PLANTS | PLANT_FRAME, .run = failed_resume, .arg = ARG \
	}
#define SAME(NAME, NEEDS, RUN, ARG, PROMISE, BY)                                    \
	{                                                                           \
		.name = NAME, .promise = PROMISE, .by = BY, .needs = NEEDS,         \
		.plants = PLANTS | PLANT_FRAME | PLANT_SIZE, .run = RUN, .arg = ARG \
	}

#define OLD(NAME, FS, MODE, FLAGS, SET)                                                       \
	ITEM(NAME "." #FS MODE, needs_##FS, old_mapping_accesses,                             \
	     (&(const struct old_mapping_arg){{.fs = #FS, .flags = FLAGS}, SET}), OLD_ACCESS, \
	     ENDS)
/* PMDs map the file. */
#define HUGE(NAME, FS, RUN, PROMISE, BY)                   \
	ITEM("huge." NAME "." #FS, needs_##FS##_huge, RUN, \
	     (&(const struct swapped_members_arg){.fs = #FS, .huge = true}), PROMISE, BY)
#define OLD_HUGE(NAME, FS, SET)                                             \
	ITEM("huge." NAME "." #FS, needs_##FS##_huge, old_mapping_accesses, \
	     (&(const struct old_mapping_arg){{.fs = #FS, .huge = true}, SET}), OLD_ACCESS, ENDS)
#define OLD_MOST(NAME, SET)                                                          \
	OLD(NAME, ext4, "", 0, SET), OLD(NAME, ext4, "_nolockfs", DM_NOLOCKFS, SET), \
		OLD(NAME, xfs, "", 0, SET)

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
	BYTES("remount.ext4", needs_ext4, &ext4),
	BYTES("remount.ext4_nolockfs", needs_ext4, &ext4_nolockfs),
	BYTES("remount.xfs", needs_xfs, &xfs),
	BYTES("remount.xfs_nolockfs", needs_xfs, &xfs_nolockfs),
	OLD_MOST("old_load", OLD_MAPPING_LOADS),
	OLD_MOST("old_writable", OLD_MAPPING_WRITABLE),
	OLD("old_writable", xfs, "_nolockfs", DM_NOLOCKFS, OLD_MAPPING_WRITABLE),
	OLD_MOST("old_readable", OLD_MAPPING_READABLE),
	OLD_MOST("old_remap", OLD_MAPPING_FRESH_STORES),
	ITEM("next_owner.ext4", needs_ext4, old_mapping_next_owner, &ext4_nolockfs,
	     "after a table swap the old member can be opened exclusively, and a store through an "
	     "old mapping ends",
	     ACTIVE),
	ITEM("sync_after.ext4", needs_ext4, sync_after, &ext4, SYNC, FSYNC),
	ITEM("sync_after.xfs", needs_xfs, sync_after, &xfs, SYNC, FSYNC),
	ITEM("known_access.ext4", needs_ext4, known_access, &ext4, NEW_ACCESS, ACTIVE),
	ITEM("known_access.xfs", needs_xfs, known_access, &xfs, NEW_ACCESS, ACTIVE),
	HUGE("new_access", ext4, new_access, NEW_ACCESS, ACTIVE),
	HUGE("known_access", ext4, known_access, NEW_ACCESS, ACTIVE),
	OLD_HUGE("old_load", ext4, OLD_MAPPING_LOADS),
	OLD_HUGE("old_writable", ext4, OLD_MAPPING_WRITABLE),
	OLD_HUGE("old_readable", ext4, OLD_MAPPING_READABLE),
	OLD_HUGE("old_remap", ext4, OLD_MAPPING_FRESH_STORES),
	HUGE("sync_after", ext4, sync_after, SYNC, FSYNC),
	SAME("same_bytes.ext4", needs_ext4_huge, same_bytes, &ext4, SAME_BYTES, ACTIVE),
	SAME("same_bytes.ext4_nolockfs", needs_ext4_huge, same_bytes, &ext4_nolockfs, SAME_BYTES,
	     ACTIVE),
	SAME("same_bytes.xfs", needs_xfs_huge, same_bytes, &xfs, SAME_BYTES, ACTIVE),
	FAILS("resume_fails.ext4", needs_ext4, &ext4),
	FAILS("resume_fails.xfs", needs_xfs, &xfs),
	ITEM("smaller.ext4", needs_ext4, smaller, &ext4_neither, SMALLER, END),
	ITEM("smaller.xfs", needs_xfs, smaller, &xfs_neither, SMALLER, END),
	{0},
};

const struct check_family check_reload = {
	.name = "reload",
	.why = "which member an access reaches after a table swap",
	.items = items,
};

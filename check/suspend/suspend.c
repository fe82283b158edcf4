// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspend: which accesses wait while a DM device is suspended, and that all of them end correctly
 * after the resume.
 *
 * Device-mapper defers bios.  It is not involved in a load or a store through a DAX mapping, and a
 * page fault asks it only for an address.  Those are stopped by the filesystem, which
 * device-mapper freezes (lockfs) unless nolockfs or noflush is given.  A freeze must stop every
 * write: system calls, write faults, and stores into pages that were writable before, which it
 * makes read-only.
 *
 * On the path: __dm_suspend(), lock_fs(), dm_submit_bio(), dm_dax_direct_access() in
 * drivers/md/dm.c; freeze_super() in fs/super.c; dax_writeback_mapping_range() in fs/dax.c.
 *
 * Here: what must wait for a frozen filesystem, and the bio path.  suspend_ops.c: every operation
 * in each mode; writable_pages.c: pages that are dirty when the device is suspended;
 * suspend_stress.c: many at once; create_remove_loop.c: devices that are created and
 * removed.  Left out: suspended devices that get another table (reload.c, tabletype.c).
 */
#include "check/check.h"
#include "check/fixture/testbed.h"
#include "check/fixture/worker.h"
#include "check/suspend/create_remove_loop.h"
#include "check/suspend/freeze_flags.h"
#include "check/suspend/frozen_image.h"
#include "check/suspend/in_flight.h"
#include "check/suspend/suspend_ops.h"
#include "check/suspend/suspend_stress.h"
#include "check/suspend/writable_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FILE_BYTES = 4 * WINDOW_BYTES };

/* ---- operations that a frozen filesystem blocks ---------------------------------------------- */

struct attempt {
	const char *what;
	work_fn *prepare; /* before the suspend; NULL: nothing */
	work_fn *fn;
	bool stores; /* it writes its page */
};

/* While frozen: each must wait, and the bytes of its page must be those of before. */
static void expect_waiting(struct check_env *env, const struct testbed *bed, struct worker *workers,
			   const struct attempt *attempts, unsigned int n, uint32_t generation)
{
	char text[32];

	workers_settle(workers, n, SUSPEND_SETTLE_MS);
	for (unsigned int i = 0; i < n; i++) {
		check_that(env, workers[i].state == WORK_WAITS,
			   "%s blocks while the filesystem is frozen (got: %s)", attempts[i].what,
			   worker_outcome(&workers[i], text));
		if (attempts[i].stores)
			testbed_raw_holds(env, bed, "while frozen", work_page(i), PAGE_BYTES,
					  generation);
	}
}

static void expect_released(struct check_env *env, const struct testbed *bed,
			    struct worker *workers, const struct attempt *attempts, unsigned int n,
			    uint32_t generation)
{
	char text[32];

	workers_finish(workers, n, SUSPEND_RELEASE_MS);
	for (unsigned int i = 0; i < n; i++) {
		const char *outcome = worker_outcome(&workers[i], text);

		check_that(env, !strcmp(outcome, "done"), "%s completes after the resume (got: %s)",
			   attempts[i].what, outcome);
	}
	for (unsigned int i = 0; i < n && !check_complained(env); i++)
		if (attempts[i].stores)
			testbed_holds(env, bed, "after the resume", work_page(i), PAGE_BYTES,
				      generation);
}

/* Prepares with generation 2 where there is something to prepare by storing; tries generation 3. */
static void try_frozen(struct check_env *env, const struct testbed *bed, struct worker *workers,
		       const struct attempt *attempts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (attempts[i].prepare &&
		    !worker_do(env, &workers[i], "preparing", attempts[i].prepare, work_page(i),
			       PAGE_BYTES, 2))
			return;
	if (!testbed_suspend(env, bed, 0))
		return;
	for (unsigned int i = 0; i < n; i++)
		worker_ask(&workers[i], attempts[i].fn, work_page(i), PAGE_BYTES, 3);
	expect_waiting(env, bed, workers, attempts, n, attempts[0].prepare == work_store ? 2 : 1);
	if (testbed_resume(env, bed))
		expect_released(env, bed, workers, attempts, n, 3);
}

enum { ATTEMPTS_MAX = 4 };

static void run_attempts(struct check_env *env, const struct suspend_ops_arg *arg,
			 const struct attempt *attempts, unsigned int n)
{
	struct worker workers[ATTEMPTS_MAX] = {0};
	struct testbed bed;

	if (suspend_ops_open(env, &bed, arg) && !workers_start(env, workers, n, &bed))
		try_frozen(env, &bed, workers, attempts, n);
	workers_end(env, workers, n);
	testbed_close(env, &bed);
}

static void store_blocks(struct check_env *env, const void *arg)
{
	static const struct attempt attempts[] = {
		{"a store to a page that was writable before", work_store, work_store, true},
	};

	run_attempts(env, arg, attempts, 1);
}

static void fault_blocks(struct check_env *env, const void *arg)
{
	static const struct attempt attempts[] = {
		{"a store to an untouched page", NULL, work_store, true},
		{"a store to a page that was read before", work_load, work_store, true},
	};

	run_attempts(env, arg, attempts, 2);
}

static void write_blocks(struct check_env *env, const void *arg)
{
	static const struct attempt attempts[] = {
		{"write(2)", NULL, work_write, true},
		{"write(2) with O_DIRECT", NULL, work_write_direct, true},
		{"making a file", NULL, work_create, false},
		{"extending a file", work_create, work_truncate, false},
	};

	run_attempts(env, arg, attempts, 4);
}

/* ---- the bio path of the device -------------------------------------------------------------- */

static void deferred_once(struct check_env *env, const struct testbed *bed, struct worker *workers,
			  uint32_t generation)
{
	char text[32];

	worker_ask(&workers[0], work_bio_read, 0, PAGE_BYTES, 0);
	worker_ask(&workers[1], work_bio_write, work_page(1), PAGE_BYTES, generation);
	workers_settle(workers, 2, SUSPEND_SETTLE_MS);
	for (unsigned int i = 0; i < 2; i++)
		check_that(env, workers[i].state == WORK_WAITS,
			   "%s of a suspended device blocks (got: %s)", i ? "a write" : "a read",
			   worker_outcome(&workers[i], text));
	testbed_raw_holds(env, bed, "while suspended", work_page(1), PAGE_BYTES, generation - 1);
	if (!testbed_resume(env, bed))
		return;
	if (check_that(env, workers_finish(workers, 2, SUSPEND_RELEASE_MS),
		       "every blocked access to a suspended device completes after the resume"))
		testbed_holds(env, bed, "after the resume", work_page(1), PAGE_BYTES, generation);
}

static void bio_deferred(struct check_env *env, const void *arg)
{
	static const unsigned int flags[] = {0, DM_NOLOCKFS, DM_NOFLUSH, DM_NOFLUSH | DM_NOLOCKFS};
	const struct testbed_spec spec = {
		.table = "2x $/2 linear A +0", .file_bytes = FILE_BYTES, .direct = true};
	struct worker workers[2] = {0};
	struct testbed bed;
	int rc = testbed_open(env, &bed, &spec) ? 0 : -EIO;

	(void)arg;
	if (!rc)
		rc = workers_start(env, workers, 2, &bed);
	for (unsigned int i = 0; i < 4 && !rc && !check_complained(env); i++)
		if (testbed_suspend(env, &bed, flags[i]))
			deferred_once(env, &bed, workers, i + 2);
	workers_end(env, workers, 2);
	testbed_close(env, &bed);
}

/* ---- once is enough -------------------------------------------------------------------------- */

static void resume_again(struct check_env *env, const void *data)
{
	const struct suspend_ops_arg *arg = data;
	struct worker worker = {0};
	struct testbed bed;
	int rc;

	if (suspend_ops_open(env, &bed, arg) && !workers_start(env, &worker, 1, &bed) &&
	    testbed_suspend(env, &bed, 0)) {
		rc = dm_device_suspend(testbed_dm(&bed), 0);
		check_observe(env, "second_suspend", check_errno_json(rc));
		rc = dm_device_resume(testbed_dm(&bed), 0);
		check_errno(env, rc, 0, "the first resume");
		worker_ask(&worker, work_store, 0, PAGE_BYTES, 2);
		check_that(env, workers_finish(&worker, 1, SUSPEND_RELEASE_MS),
			   "one resume is enough after two suspends");
		rc = dm_device_resume(testbed_dm(&bed), 0);
		check_errno(env, rc, 0, "a resume of a device that is not suspended");
		testbed_holds(env, &bed, "after the resumes", 0, PAGE_BYTES, 2);
	}
	workers_end(env, &worker, 1);
	testbed_close(env, &bed);
}

/* ---- a frozen filesystem --------------------------------------------------------------------- */

static void over_freeze(struct check_env *env, const struct testbed *bed, struct worker *worker)
{
	int fd = open(bed->fs.where, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	rc = fd < 0 || ioctl(fd, FIFREEZE, 0) < 0 ? -errno : 0;
	if (!check_setup(env, rc, "freezing %s", bed->fs.where)) {
		close(fd);
		return;
	}
	rc = dm_device_suspend(testbed_dm(bed), 0);
	check_observe(env, "suspend", check_errno_json(rc));
	worker_ask(worker, work_store, 0, PAGE_BYTES, 2);
	workers_settle(worker, 1, SUSPEND_SETTLE_MS);
	if (!rc && testbed_resume(env, bed)) {
		workers_settle(worker, 1, SUSPEND_SETTLE_MS);
		check_observe_suspicious(env, "resume_thaws",
					 json_boolean(worker->state == WORK_DONE));
	}
	rc = ioctl(fd, FITHAW, 0) < 0 ? -errno : 0;
	check_observe(env, "thaw", check_errno_json(rc));
	close(fd);
	if (check_that(env, workers_finish(worker, 1, SUSPEND_RELEASE_MS),
		       "a store completes after the resume of the device and the thaw of the "
		       "filesystem")) {
		testbed_holds(env, bed, "after resume and thaw", 0, PAGE_BYTES, 2);
		testbed_holds(env, bed, "after resume and thaw", PAGE_BYTES,
			      bed->bytes - PAGE_BYTES, 1);
	}
}

static void frozen(struct check_env *env, const void *data)
{
	struct worker worker = {0};
	struct testbed bed;

	if (suspend_ops_open(env, &bed, data) && !workers_start(env, &worker, 1, &bed))
		over_freeze(env, &bed, &worker);
	workers_end(env, &worker, 1);
	testbed_close(env, &bed);
}

/* ---- table ----------------------------------------------------------------------------------- */

static const char *const needs_delay[] = {"device:fsdax", "target:delay", "target:linear", NULL};
static const char *const needs_ext4[] = {"device:fsdax", "fs:ext4", NULL};
static const char *const needs_xfs[] = {"device:fsdax", "fs:xfs", NULL};
static const char *const needs_freeze_ext4[] = {"device:fsdax", "target:linear", "fs:ext4",
						"file:/sys/bus/event_source/devices/kprobe/type",
						NULL};
static const char *const needs_freeze_xfs[] = {"device:fsdax", "target:linear", "fs:xfs",
					       "file:/sys/bus/event_source/devices/kprobe/type",
					       NULL};
static const char *const needs_image_ext4[] = {"device:fsdax:2", "target:linear", "fs:ext4", NULL};
static const char *const needs_image_xfs[] = {"device:fsdax:2", "target:linear", "fs:xfs", NULL};
static const char *const needs_ext4_huge[] = {"device:fsdax", "fs:ext4", "page:2M", NULL};
static const char *const needs_xfs_huge[] = {"device:fsdax", "fs:xfs", "page:2M", NULL};
static const char *const needs_fsdax[] = {"device:fsdax", NULL};

#ifndef MAP_SYNC
#define MAP_SYNC 0x080000
#endif

static const struct suspend_ops_arg ext4 = {.fs = "ext4"}, xfs = {.fs = "xfs"};
static const struct suspend_ops_arg ext4_lower = {.fs = "ext4", .lower = true};
static const struct suspend_ops_arg ext4_huge = {.fs = "ext4", .huge = true};
static const struct suspend_ops_arg xfs_huge = {.fs = "xfs", .huge = true};
static const struct suspend_ops_arg ext4_sync = {.fs = "ext4",
						 .map_flags = MAP_SHARED_VALIDATE | MAP_SYNC};
static const struct suspend_ops_arg xfs_sync = {.fs = "xfs",
						.map_flags = MAP_SHARED_VALIDATE | MAP_SYNC};
static const struct suspend_ops_arg ext4_nolockfs = {.fs = "ext4", .flags = DM_NOLOCKFS};
static const struct suspend_ops_arg ext4_noflush = {.fs = "ext4", .flags = DM_NOFLUSH};
static const struct suspend_ops_arg ext4_neither = {.fs = "ext4",
						    .flags = DM_NOFLUSH | DM_NOLOCKFS};
static const struct suspend_ops_arg xfs_nolockfs = {.fs = "xfs", .flags = DM_NOLOCKFS};
static const struct suspend_ops_arg xfs_noflush = {.fs = "xfs", .flags = DM_NOFLUSH};
static const struct suspend_ops_arg xfs_neither = {.fs = "xfs", .flags = DM_NOFLUSH | DM_NOLOCKFS};

#define FSFREEZE                                                                                  \
	"fsfreeze(8): a stable image on disk, whoever attempts to write will block until the "    \
	"filesystem is unfrozen; dmsetup(8) suspend and DM_SKIP_LOCKFS_FLAG in linux/dm-ioctl.h " \
	"for device-mapper doing it"
#define DM_IOCTL \
	"linux/dm-ioctl.h, DM_SUSPEND: further io will be deferred until the device is resumed"

#define PLANTS (PLANT_VALUE | PLANT_BYTE | PLANT_STACK)

#define ITEM(NAME, FS, NEEDS, RUN, ARG, PROMISE, BY)                               \
	{                                                                          \
		.name = NAME "." FS, .promise = PROMISE, .by = BY, .needs = NEEDS, \
		.plants = PLANTS, .run = RUN, .arg = ARG                           \
	}

/* On ext4 and on xfs. */
#define BOTH(NAME, NEEDS, ARG, RUN, PROMISE, BY)                             \
	ITEM(NAME, "ext4", needs_ext4##NEEDS, RUN, &ext4##ARG, PROMISE, BY), \
		ITEM(NAME, "xfs", needs_xfs##NEEDS, RUN, &xfs##ARG, PROMISE, BY)

#define STRESS(FS, NEEDS)                                                                  \
	{                                                                                  \
		.name = "storm." FS, .promise = SUSPEND_STRESS_PROMISE, .by = DM_IOCTL,    \
		.needs = NEEDS, .plants = PLANT_BYTE | PLANT_VALUE, .run = suspend_stress, \
		.arg = FS                                                                  \
	}

#define STORES                                                                                  \
	"a store to a page that was writable before a suspend with a frozen filesystem blocks " \
	"until the resume"
#define FAULTS                                                                                     \
	"a write fault blocks until the resume while the device is suspended with its filesystem " \
	"frozen"
#define WRITES                                                                                \
	"a write system call blocks until the resume while the device is suspended with its " \
	"filesystem frozen"
#define WRITABLE(NAME, NEEDS, FLAGS, ...)                                                       \
	{                                                                                       \
		.name = NAME,                                                                   \
		.promise = "a store to a page that is dirty and writable when the device is "   \
			   "suspended blocks if the filesystem is frozen, and every access is " \
			   "right after the resume",                                            \
		.by = FSFREEZE, .needs = NEEDS, .flags = FLAGS, .plants = PLANTS,               \
		.run = writable_pages, .arg = (&(const struct suspend_ops_arg){__VA_ARGS__}),   \
	}
#define RELEASED \
	"every blocked access completes after the resume with correct bytes on every access path"
#define FREEZES(NAME, NEEDS, FS)                                                                   \
	{                                                                                          \
		.name = NAME,                                                                      \
		.promise = "a suspend, also as part of a resume with a new table, freezes the "    \
			   "filesystem once, and not with --nolockfs or --noflush",                \
		.by = "dmsetup(8), suspend; linux/dm-ioctl.h, DM_SKIP_LOCKFS_FLAG; "               \
		      "drivers/md/dm.c, __dm_suspend(): noflush takes precedence over do_lockfs",  \
		.needs = NEEDS, .plants = PLANT_VALUE | PLANT_BYTE, .run = freeze_flags, .arg = FS \
	}
#define IMAGE(NAME, NEEDS, FS)                                                                     \
	{                                                                                          \
		.name = NAME,                                                                      \
		.promise = "a copy of a suspended device has all files as they were, without "     \
			   "recovery of its log",                                                  \
		.by = FSFREEZE "; xfs_freeze(8): all dirty data, log information, and metadata "   \
			       "are written",                                                      \
		.needs = NEEDS, .plants = PLANT_VALUE | PLANT_BYTE, .run = frozen_image, .arg = FS \
	}
#define CYCLE "an unused device can be removed after any number of create and use cycles"
#define CYCLE_BY "dmsetup(8) remove; linux/dm-ioctl.h, DM_DEV_REMOVE"

static const struct check_item items[] = {
	{
		.name = "flush.store_blocks.ext4",
		.promise = STORES,
		.by = FSFREEZE,
		.needs = needs_ext4,
		.flags = CHECK_QUICK,
		.plants = PLANTS | PLANT_DMESG,
		.run = store_blocks,
		.arg = &ext4,
	},
	ITEM("flush.store_blocks", "xfs", needs_xfs, store_blocks, &xfs, STORES, FSFREEZE),
	BOTH("flush.store_blocks_huge", _huge, _huge, store_blocks, STORES, FSFREEZE),
	BOTH("flush.store_blocks_sync", , _sync, store_blocks, STORES, FSFREEZE),
	BOTH("flush.fault_blocks", , , fault_blocks, FAULTS, FSFREEZE),
	BOTH("flush.write_blocks", , , write_blocks, WRITES, FSFREEZE),
	{
		.name = "bio_deferred",
		.promise = "a suspended device defers all bios until the resume, in every suspend "
			   "mode",
		.by = DM_IOCTL,
		.needs = needs_fsdax,
		.flags = CHECK_QUICK,
		.plants = PLANTS,
		.run = bio_deferred,
	},
	{
		.name = "bio_deferred.many",
		.promise = "each of many reads, writes and flushes of a suspended device waits, "
			   "and ends after the resume",
		.by = DM_IOCTL,
		.needs = needs_fsdax,
		.plants = PLANT_VALUE | PLANT_BYTE,
		.run = in_flight_deferred,
	},
	{
		.name = "in_flight",
		.promise = "a write that is on its way is done when a suspend returns, in every "
			   "suspend mode",
		.by = "dmsetup(8), suspend: I/O that has been mapped but has not completed is "
		      "flushed",
		.needs = needs_delay,
		.plants = PLANT_VALUE | PLANT_BYTE,
		.run = in_flight,
	},
	{
		.name = "interrupted",
		.promise = "a suspend that a signal ends while it waits for a write returns EINTR, "
			   "and the device is not suspended",
		.by = "drivers/md/dm.c, dm_suspend() and __dm_suspend(): -EINTR, the device is "
		      "unlocked and its queue released",
		.needs = needs_delay,
		.plants = PLANT_VALUE | PLANT_BYTE,
		.run = in_flight_interrupted,
	},
	IMAGE("image.ext4", needs_image_ext4, "ext4"),
	IMAGE("image.xfs", needs_image_xfs, "xfs"),
	FREEZES("freezes.ext4", needs_freeze_ext4, "ext4"),
	FREEZES("freezes.xfs", needs_freeze_xfs, "xfs"),
	BOTH("flush.released", , , suspend_ops_released, RELEASED, DM_IOCTL),
	BOTH("flush_nolockfs.released", , _nolockfs, suspend_ops_released, RELEASED, DM_IOCTL),
	BOTH("noflush.released", , _noflush, suspend_ops_released, RELEASED, DM_IOCTL),
	BOTH("noflush_nolockfs.released", , _neither, suspend_ops_released, RELEASED, DM_IOCTL),
	WRITABLE("writable.flush.ext4", needs_ext4, CHECK_QUICK, .fs = "ext4"),
	WRITABLE("writable.flush.xfs", needs_xfs, 0, .fs = "xfs"),
	WRITABLE("writable.flush_nolockfs.ext4", needs_ext4, 0, .fs = "ext4", .flags = DM_NOLOCKFS),
	WRITABLE("writable.noflush.ext4", needs_ext4, 0, .fs = "ext4", .flags = DM_NOFLUSH),
	WRITABLE("writable.noflush_nolockfs.ext4", needs_ext4, 0, .fs = "ext4",
		 .flags = DM_NOFLUSH | DM_NOLOCKFS),
	WRITABLE("writable.noflush_nolockfs.xfs", needs_xfs, 0, .fs = "xfs",
		 .flags = DM_NOFLUSH | DM_NOLOCKFS),
	WRITABLE("writable.huge.flush.ext4", needs_ext4_huge, 0, .fs = "ext4", .huge = true),
	WRITABLE("writable.huge.noflush_nolockfs.ext4", needs_ext4_huge, 0, .fs = "ext4",
		 .huge = true, .flags = DM_NOFLUSH | DM_NOLOCKFS),
	WRITABLE("writable.sync.flush.xfs", needs_xfs, 0, .fs = "xfs",
		 .map_flags = MAP_SHARED_VALIDATE | MAP_SYNC),
	WRITABLE("writable.sync.noflush_nolockfs.ext4", needs_ext4, 0, .fs = "ext4",
		 .map_flags = MAP_SHARED_VALIDATE | MAP_SYNC, .flags = DM_NOFLUSH | DM_NOLOCKFS),
	ITEM("lower.released", "ext4", needs_ext4, suspend_ops_released, &ext4_lower, RELEASED,
	     DM_IOCTL),
	ITEM("resume_again", "ext4", needs_ext4, resume_again, &ext4,
	     "resuming a device that is not suspended succeeds and changes nothing",
	     "linux/dm-ioctl.h, DM_SUSPEND: it is no longer an error to issue this command on an "
	     "unsuspended device"),
	BOTH("frozen", , , frozen,
	     "a device suspended under an already frozen filesystem works again after resume and "
	     "thaw",
	     "fsfreeze(8), linux/dm-ioctl.h, DM_SUSPEND"),
	STRESS("ext4", needs_ext4),
	STRESS("xfs", needs_xfs),
	{
		.name = "cycle.ext4",
		.promise = CYCLE,
		.by = CYCLE_BY,
		.needs = needs_ext4,
		.flags = CHECK_QUICK,
		.limit_s = 60,
		.plants = PLANT_BYTE | PLANT_VALUE,
		.run = create_remove_loop,
	},
	{0},
};

const struct check_family check_suspend = {
	.name = "suspend",
	.why = "accesses to a suspended device: which of them block, and that all complete after "
	       "the resume",
	.items = items,
};

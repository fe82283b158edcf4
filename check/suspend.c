// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspend: who has to wait while a DM device is suspended, and what becomes of those who waited.
 *
 * Device-mapper defers bios, which it sees.  It does not see a load or a store through a DAX
 * mapping, and a page fault asks it only for an address.  What stops those is the filesystem, which
 * device-mapper freezes on the way (lockfs) unless it is told not to (nolockfs) or not to wait for
 * anything (noflush).  A freeze is a promise about every write: those by system call, those that
 * fault, and those into pages that were writable before, which the freeze has to make read-only.
 *
 * Kernel side: __dm_suspend(), lock_fs(), dm_submit_bio(), dm_dax_direct_access() in
 * drivers/md/dm.c; freeze_super() in fs/super.c; dax_writeback_mapping_range() in fs/dax.c.
 *
 * Not here: suspended devices that are swapped to another table (reload.c, tabletype.c).
 */
#include "check/bio.h"
#include "check/check.h"
#include "check/live.h"
#include "check/storm.h"
#include "check/worker.h"
#include "lib/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	FILE_BYTES = 4 * WINDOW_BYTES,
	/* Apart, so that no two accesses meet in one block of anything. */
	APART_BYTES = 16 * PAGE_BYTES,
	SETTLE_MS = 10000,
	RELEASE_MS = 10000, /* what waited must be gone so long after the resume */
};

struct suspend_arg {
	const char *fs;
	unsigned int flags; /* of the suspend */
	bool huge;
	int map_flags;
};

static bool suspend(struct check_env *env, const struct live *live, unsigned int flags)
{
	int rc = dm_device_suspend(live_name(live), flags);

	return check_setup(env, rc, "suspending %s", live_name(live));
}

/* Returns false after check_fail(): a device that cannot be resumed is lost. */
static bool resume(struct check_env *env, const struct live *live)
{
	int rc = dm_device_resume(live_name(live), 0);

	if (!rc)
		return true;
	check_fail(env, "resuming %s: %s", live_name(live), strerror(-rc));
	return false;
}

static bool open_live(struct check_env *env, struct live *live, const struct suspend_arg *arg)
{
	const struct live_spec spec = {.fs = arg->fs,
				       .file_bytes = FILE_BYTES,
				       .huge = arg->huge,
				       .map_flags = arg->map_flags};

	return !live_linear(env, live, 2, 1, &spec);
}

/* ---- what a frozen filesystem lets nobody do ------------------------------------------------ */

struct attempt {
	const char *what;
	work_fn *prepare; /* before the suspend; NULL: nothing */
	work_fn *fn;
	bool stores; /* it writes its page */
};

static uint64_t page_of(unsigned int i)
{
	return (uint64_t)i * APART_BYTES;
}

/* While frozen: each must wait, and the bytes of its page must be those of before. */
static void expect_waiting(struct check_env *env, const struct live *live, struct worker *workers,
			   const struct attempt *attempts, unsigned int n, uint32_t generation)
{
	char text[32];

	workers_settle(workers, n, SETTLE_MS);
	for (unsigned int i = 0; i < n; i++) {
		check_that(env, workers[i].state == WORK_WAITS,
			   "%s waits while the filesystem is frozen (it is: %s)", attempts[i].what,
			   worker_outcome(&workers[i], text));
		if (attempts[i].stores)
			live_raw_holds(env, live, "while frozen", page_of(i), PAGE_BYTES,
				       generation);
	}
}

static void expect_released(struct check_env *env, const struct live *live, struct worker *workers,
			    const struct attempt *attempts, unsigned int n, uint32_t generation)
{
	char text[32];

	workers_finish(workers, n, RELEASE_MS);
	for (unsigned int i = 0; i < n; i++) {
		const char *outcome = worker_outcome(&workers[i], text);

		check_that(env, !strcmp(outcome, "done"), "%s is done after the resume (it is: %s)",
			   attempts[i].what, outcome);
	}
	for (unsigned int i = 0; i < n && !check_complained(env); i++)
		if (attempts[i].stores)
			live_holds(env, live, "after the resume", page_of(i), PAGE_BYTES,
				   generation);
}

/* Prepares with generation 2 where there is something to prepare by storing; tries generation 3. */
static void try_frozen(struct check_env *env, const struct live *live, struct worker *workers,
		       const struct attempt *attempts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (attempts[i].prepare &&
		    !worker_do(env, &workers[i], "preparing", attempts[i].prepare, page_of(i),
			       PAGE_BYTES, 2))
			return;
	if (!suspend(env, live, 0))
		return;
	for (unsigned int i = 0; i < n; i++)
		worker_ask(&workers[i], attempts[i].fn, page_of(i), PAGE_BYTES, 3);
	expect_waiting(env, live, workers, attempts, n, attempts[0].prepare == work_store ? 2 : 1);
	if (resume(env, live))
		expect_released(env, live, workers, attempts, n, 3);
}

enum { ATTEMPTS_MAX = 4 };

static void run_attempts(struct check_env *env, const struct suspend_arg *arg,
			 const struct attempt *attempts, unsigned int n)
{
	struct worker workers[ATTEMPTS_MAX] = {0};
	struct live live;

	if (open_live(env, &live, arg) && !workers_start(env, workers, n, &live))
		try_frozen(env, &live, workers, attempts, n);
	if (!workers_end(workers, n))
		check_fail(env, "a task that waited for the resume cannot be killed after it");
	live_close(env, &live);
}

static void store_blocks(struct check_env *env, const void *arg)
{
	static const struct attempt attempts[] = {
		{"a store into a page that was writable before", work_store, work_store, true},
	};

	run_attempts(env, arg, attempts, 1);
}

static void fault_blocks(struct check_env *env, const void *arg)
{
	static const struct attempt attempts[] = {
		{"a store into a page that was never touched", NULL, work_store, true},
		{"a store into a page that was read before", work_load, work_store, true},
	};

	run_attempts(env, arg, attempts, 2);
}

static void write_blocks(struct check_env *env, const void *arg)
{
	static const struct attempt attempts[] = {
		{"write(2)", NULL, work_write, true},
		{"write(2) with O_DIRECT", NULL, work_write_direct, true},
		{"making a file", NULL, work_create, false},
		{"making a file longer", work_create, work_truncate, false},
	};

	run_attempts(env, arg, attempts, 4);
}

/* ---- who waits, in each mode; all are released ---------------------------------------------- */

/* stores: writes its page.  killed: gets SIGKILL where it waits.  second: only once the others
 * stand still, for it makes a journal wait and with it whoever comes after. */
struct battery_item {
	const char *name;
	work_fn *prepare, *fn;
	bool stores, killed, second;
};

static const struct battery_item battery[] = {
	{.name = "load_new", .fn = work_load},
	{.name = "load_known", .prepare = work_load, .fn = work_load},
	{.name = "store_new", .fn = work_store, .stores = true},
	{.name = "store_readonly", .prepare = work_load, .fn = work_store, .stores = true},
	{.name = "store_writable", .prepare = work_store, .fn = work_store, .stores = true},
	{.name = "read", .fn = work_read},
	{.name = "read_direct", .fn = work_read_direct},
	{.name = "write", .fn = work_write, .stores = true},
	{.name = "write_direct", .fn = work_write_direct, .stores = true},
	{.name = "bio_read", .fn = work_bio_read},
	{.name = "killed_store", .fn = work_store, .stores = true, .killed = true},
	{.name = "killed_write", .fn = work_write, .stores = true, .killed = true},
	{.name = "killed_bio_read", .fn = work_bio_read, .killed = true},
	{.name = "create", .fn = work_create},
	{.name = "fsync", .fn = work_fsync, .second = true},
};

enum { BATTERY = sizeof(battery) / sizeof(battery[0]) };

static bool battery_prepare(struct check_env *env, const struct live *live, struct worker *workers)
{
	for (unsigned int i = 0; i < BATTERY; i++)
		if (battery[i].prepare && !worker_do(env, &workers[i], battery[i].name,
						     battery[i].prepare, page_of(i), PAGE_BYTES, 2))
			return false;
	/* Nothing of the preparation is still on its way. */
	return check_setup(env, fsync(live->fd) < 0 ? -errno : 0, "syncing the file");
}

static void battery_round(struct worker *workers, bool second)
{
	for (unsigned int i = 0; i < BATTERY; i++)
		if (battery[i].second == second)
			worker_ask(&workers[i], battery[i].fn, page_of(i), PAGE_BYTES, 3);
	workers_settle(workers, BATTERY, SETTLE_MS);
}

/* Sends SIGKILL to those that wait; an observation says which of them died of it. */
static void battery_kill(struct check_env *env, struct worker *workers)
{
	json_t *value = json_object();

	for (unsigned int i = 0; i < BATTERY; i++)
		if (battery[i].killed && workers[i].state == WORK_WAITS)
			kill(workers[i].task.pid, SIGKILL);
	for (unsigned int i = 0; i < BATTERY; i++) {
		bool waits = workers[i].state == WORK_WAITS;

		if (battery[i].killed)
			json_object_set_new(value, battery[i].name + strlen("killed_"),
					    json_string(!waits ? "no need"
							: check_wait(&workers[i].task, 300)
								? "dies"
								: "waits on"));
	}
	check_observe(env, "sigkill", value);
}

static void battery_observe(struct check_env *env, struct worker *workers)
{
	json_t *value = json_object();
	char text[32];

	for (unsigned int i = 0; i < BATTERY; i++)
		if (!battery[i].killed)
			json_object_set_new(value, battery[i].name,
					    json_string(worker_outcome(&workers[i], text)));
	check_observe(env, "who_waits", value);
}

/* The page of a store that was killed while it waited keeps what it had. */
static uint32_t battery_generation(const struct battery_item *item, const struct worker *worker)
{
	if (item->stores && worker->state == WORK_DONE)
		return 3;
	return item->prepare == work_store ? 2 : 1;
}

/* Whether a write(2) that was killed where it waited is done is nobody's promise. */
static bool battery_known(const struct battery_item *item, const struct worker *worker)
{
	return item->fn != work_write || worker->state == WORK_DONE;
}

static void battery_released(struct check_env *env, const struct live *live, struct worker *workers)
{
	char text[32];

	workers_finish(workers, BATTERY, RELEASE_MS);
	for (unsigned int i = 0; i < BATTERY; i++) {
		const char *outcome = worker_outcome(&workers[i], text);

		check_that(env,
			   !strcmp(outcome, "done") ||
				   (battery[i].killed && !strcmp(outcome, "dies")),
			   "%s is over after the resume (it is: %s)", battery[i].name, outcome);
	}
	for (unsigned int i = 0; i < BATTERY && !check_complained(env); i++)
		if (battery_known(&battery[i], &workers[i]))
			live_holds(env, live, battery[i].name, page_of(i), PAGE_BYTES,
				   battery_generation(&battery[i], &workers[i]));
}

static void released(struct check_env *env, const void *data)
{
	const struct suspend_arg *arg = data;
	struct worker workers[BATTERY] = {0};
	struct live live;

	if (open_live(env, &live, arg) && !workers_start(env, workers, BATTERY, &live) &&
	    battery_prepare(env, &live, workers) && suspend(env, &live, arg->flags)) {
		battery_round(workers, false);
		battery_round(workers, true);
		battery_observe(env, workers);
		battery_kill(env, workers);
		if (resume(env, &live))
			battery_released(env, &live, workers);
	}
	if (!workers_end(workers, BATTERY))
		check_fail(env, "a task that waited for the resume cannot be killed after it");
	live_close(env, &live);
}

/* ---- the bio path of the device -------------------------------------------------------------- */

static void deferred_once(struct check_env *env, const struct live *live, struct worker *workers,
			  uint32_t generation)
{
	char text[32];

	worker_ask(&workers[0], work_bio_read, 0, PAGE_BYTES, 0);
	worker_ask(&workers[1], work_bio_write, page_of(1), PAGE_BYTES, generation);
	workers_settle(workers, 2, SETTLE_MS);
	for (unsigned int i = 0; i < 2; i++)
		check_that(env, workers[i].state == WORK_WAITS,
			   "%s of a suspended device waits (it is: %s)", i ? "a write" : "a read",
			   worker_outcome(&workers[i], text));
	live_raw_holds(env, live, "while suspended", page_of(1), PAGE_BYTES, generation - 1);
	if (!resume(env, live))
		return;
	if (check_that(env, workers_finish(workers, 2, RELEASE_MS),
		       "what waited for a suspended device is done after the resume"))
		live_holds(env, live, "after the resume", page_of(1), PAGE_BYTES, generation);
}

static void bio_deferred(struct check_env *env, const void *arg)
{
	static const unsigned int flags[] = {0, DM_NOLOCKFS, DM_NOFLUSH, DM_NOFLUSH | DM_NOLOCKFS};
	const struct live_spec spec = {.file_bytes = FILE_BYTES};
	struct worker workers[2] = {0};
	struct live live;
	int rc = live_linear(env, &live, 2, 1, &spec);

	(void)arg;
	if (!rc)
		rc = workers_start(env, workers, 2, &live);
	for (unsigned int i = 0; i < 4 && !rc && !check_complained(env); i++)
		if (suspend(env, &live, flags[i]))
			deferred_once(env, &live, workers, i + 2);
	workers_end(workers, 2);
	live_close(env, &live);
}

/* ---- once is enough ---------------------------------------------------------------------------
 */

static void resume_again(struct check_env *env, const void *data)
{
	const struct suspend_arg *arg = data;
	struct worker worker = {0};
	struct live live;
	int rc;

	if (open_live(env, &live, arg) && !workers_start(env, &worker, 1, &live) &&
	    suspend(env, &live, 0)) {
		rc = dm_device_suspend(live_name(&live), 0);
		check_observe(env, "second_suspend",
			      json_string(rc ? strerrorname_np(-rc) : "success"));
		rc = dm_device_resume(live_name(&live), 0);
		check_errno(env, rc, 0, "the first resume");
		worker_ask(&worker, work_store, 0, PAGE_BYTES, 2);
		check_that(env, workers_finish(&worker, 1, RELEASE_MS),
			   "one resume is enough after two suspends");
		rc = dm_device_resume(live_name(&live), 0);
		check_errno(env, rc, 0, "a resume of a device that is not suspended");
		live_holds(env, &live, "after the resumes", 0, PAGE_BYTES, 2);
	}
	workers_end(&worker, 1);
	live_close(env, &live);
}

/* ---- a frozen filesystem ----------------------------------------------------------------------
 */

static void over_freeze(struct check_env *env, const struct live *live, struct worker *worker)
{
	int fd = open(live->fs.where, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	rc = fd < 0 || ioctl(fd, FIFREEZE, 0) < 0 ? -errno : 0;
	if (!check_setup(env, rc, "freezing %s", live->fs.where)) {
		close(fd);
		return;
	}
	rc = dm_device_suspend(live_name(live), 0);
	check_observe(env, "suspend", json_string(rc ? strerrorname_np(-rc) : "success"));
	worker_ask(worker, work_store, 0, PAGE_BYTES, 2);
	workers_settle(worker, 1, SETTLE_MS);
	if (!rc && resume(env, live)) {
		workers_settle(worker, 1, SETTLE_MS);
		check_observe(env, "resume_thaws", json_boolean(worker->state == WORK_DONE));
	}
	rc = ioctl(fd, FITHAW, 0) < 0 ? -errno : 0;
	check_observe(env, "thaw", json_string(rc ? strerrorname_np(-rc) : "success"));
	close(fd);
	if (check_that(env, workers_finish(worker, 1, RELEASE_MS),
		       "a store is done once the device is resumed and the filesystem thawed"))
		live_holds(env, live, "after resume and thaw", 0, PAGE_BYTES, 2);
}

static void frozen(struct check_env *env, const void *data)
{
	struct worker worker = {0};
	struct live live;

	if (open_live(env, &live, data) && !workers_start(env, &worker, 1, &live))
		over_freeze(env, &live, &worker);
	workers_end(&worker, 1);
	live_close(env, &live);
}

/* ---- the lower of two -------------------------------------------------------------------------
 */

/* What the lower device is larger than the upper one, half of it before, half behind. */
enum { LOWER_MORE_SECTORS = 2 * WINDOW_BYTES / SECTOR_BYTES };

/* graph: namespace, lower, upper; live on the upper.  Returns the lower's name or NULL. */
static const char *open_two(struct check_env *env, struct live *live, const struct suspend_arg *arg)
{
	const struct live_spec spec = {.fs = arg->fs, .file_bytes = FILE_BYTES};
	uint64_t sectors = live_device_bytes(arg->fs) / SECTOR_BYTES;
	char name[64];
	int lower, upper, rc;

	*live = (struct live){.fd = -1, .direct_fd = -1, .node_fd = -1};
	graph_add_namespace(&live->graph, check_device(env, NAMESPACE_FSDAX, 0));
	lower = graph_add_dm(&live->graph, check_name(env, "lower", name));
	graph_add_linear(&live->graph, (unsigned int)lower, sectors + LOWER_MORE_SECTORS, 0, 0);
	upper = graph_add_dm(&live->graph, check_name(env, "upper", name));
	graph_add_linear(&live->graph, (unsigned int)upper, sectors, (unsigned int)lower,
			 LOWER_MORE_SECTORS / 2);
	live->device = (unsigned int)upper;
	rc = check_create(env, &live->graph);
	if (!check_setup(env, rc, "making two devices (%s)", dm_complaint()))
		return NULL;
	return live_open(env, live, &spec) ? NULL : live->graph.devices[lower].name;
}

static void lower_released(struct check_env *env, const void *data)
{
	struct worker workers[BATTERY] = {0};
	struct live live;
	const char *lower = open_two(env, &live, data);
	int rc;

	if (lower && !workers_start(env, workers, BATTERY, &live) &&
	    battery_prepare(env, &live, workers) &&
	    check_setup(env, dm_device_suspend(lower, 0), "suspending the lower device")) {
		battery_round(workers, false);
		battery_round(workers, true);
		battery_observe(env, workers);
		battery_kill(env, workers);
		rc = dm_device_resume(lower, 0);
		if (check_errno(env, rc, 0, "resuming the lower device"))
			battery_released(env, &live, workers);
	}
	if (!workers_end(workers, BATTERY))
		check_fail(env, "a task that waited for the resume cannot be killed after it");
	live_close(env, &live);
}

/* ---- create, use, remove ----------------------------------------------------------------------
 */

/*
 * Several at a time, each on bytes of its own: to take a device down is mostly waiting for RCU, and
 * devices that come and go beside each other are what a busy host has.
 */
enum {
	CYCLERS = 5,
	CYCLES = 20, /* of each */
	CYCLES_QUICK = 2,
	CYCLER_BYTES = 12 * WINDOW_BYTES,
	REMOVE_MS = 5000,
	CYCLES_MS = 45000,
};

struct cycler {
	struct check_env *env;
	unsigned int number, cycles;
	struct live live;
	struct check_task task;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The page holds the generation of the cycle before; stores its own.  Returns false if not. */
static bool use(struct check_env *env, const struct live *live, uint32_t cycle)
{
	char bytes[PAGE_BYTES], when[32];

	snprintf(when, sizeof(when), "in cycle %u", cycle);
	if (!live_map_holds(env, live, when, 0, PAGE_BYTES, cycle))
		return false;
	stamp_fill(bytes, sizeof(bytes), LIVE_FILE, 0, cycle + 1);
	check_copy(live->map.base, bytes, sizeof(bytes));
	return true;
}

static bool remove_in_time(struct check_env *env, const char *name, uint32_t cycle)
{
	int64_t since_ms = now_ms();
	int rc = dm_device_remove(name, 0);

	if (!check_errno(env, rc, 0, "removing the device in cycle %u (%s)", cycle, dm_complaint()))
		return false;
	return check_that(env, now_ms() - since_ms < REMOVE_MS,
			  "removing the device ends within %d s", REMOVE_MS / 1000);
}

/* Leaves the device and the filesystem there. */
static bool cycle_on(struct cycler *c, const char *table)
{
	struct check_env *env = c->env;
	struct live *live = &c->live;

	for (uint32_t i = 1; i <= c->cycles; i++) {
		int rc;

		if (!use(env, live, i) || live_detach(env, live) ||
		    !remove_in_time(env, live_name(live), i))
			return false;
		rc = dm_device_create(live_name(live), table, 0);
		if (!check_setup(env, rc, "creating the device again (%s)", dm_complaint()) ||
		    live_attach(env, live))
			return false;
	}
	return live_raw_holds(env, live, "after all cycles", 0, PAGE_BYTES, c->cycles + 1);
}

static int cycler_main(void *arg)
{
	const struct live_spec spec = {.fs = "ext4", .file_bytes = WINDOW_BYTES};
	struct cycler *c = arg;
	char directory[256], *table = graph_table(&c->live.graph, c->live.device);
	bool good;

	/* A copy of our own: so are the mount points. */
	snprintf(directory, sizeof(directory), "%s/%u", c->env->directory, c->number);
	mkdir(directory, 0700);
	c->env->directory = directory;
	good = table && !live_open(c->env, &c->live, &spec);
	/* An open device cannot be removed. */
	if (c->live.node_fd >= 0)
		close(c->live.node_fd);
	c->live.node_fd = -1;
	good = good && cycle_on(c, table);
	free(table);
	live_close(c->env, &c->live);
	return !good;
}

static bool start_cycler(struct check_env *env, struct cycler *c)
{
	struct live *live = &c->live;
	uint64_t sectors = CYCLER_BYTES / SECTOR_BYTES;
	char word[32], name[64];
	int rc;

	c->env = env;
	c->cycles = env->quick ? CYCLES_QUICK : CYCLES;
	snprintf(word, sizeof(word), "cycle%u", c->number);
	graph_add_namespace(&live->graph, check_device(env, NAMESPACE_FSDAX, 0));
	live->device = (unsigned int)graph_add_dm(&live->graph, check_name(env, word, name));
	rc = graph_add_linear(&live->graph, live->device, sectors, 0, c->number * sectors);
	if (!rc)
		rc = check_create(env, &live->graph);
	return check_setup(env, rc, "making a device (%s)", dm_complaint()) &&
	       !check_start(env, &c->task, cycler_main, c);
}

static void cycle(struct check_env *env, const void *arg)
{
	struct cycler cyclers[CYCLERS];
	int64_t until_ms = now_ms() + CYCLES_MS;
	bool good = true;

	(void)arg;
	for (unsigned int i = 0; i < CYCLERS; i++) {
		cyclers[i] = (struct cycler){.number = i,
					     .live = {.fd = -1, .direct_fd = -1, .node_fd = -1}};
		good = good && start_cycler(env, &cyclers[i]);
	}
	for (unsigned int i = 0; i < CYCLERS; i++) {
		int64_t left_ms = until_ms - now_ms();

		if (!check_wait(&cyclers[i].task, left_ms > 0 ? (unsigned int)left_ms : 0))
			check_fail(env, "device %u is not through its cycles after %d s", i,
				   CYCLES_MS / 1000);
		else if (cyclers[i].task.pid)
			check_equal(env, cyclers[i].task.status, 0,
				    "status of the task of device %u", i);
		check_kill(&cyclers[i].task);
		if (cyclers[i].task.pid) /* the task took its device down */
			cyclers[i].live.graph.devices[cyclers[i].live.device].numbers[0] = '\0';
		live_close(env, &cyclers[i].live);
	}
}

/* ---- table ------------------------------------------------------------------------------------
 */

static const char *const needs_ext4[] = {"device:fsdax", "fs:ext4", NULL};
static const char *const needs_xfs[] = {"device:fsdax", "fs:xfs", NULL};
static const char *const needs_fsdax[] = {"device:fsdax", NULL};

#ifndef MAP_SYNC
#define MAP_SYNC 0x080000
#endif

static const struct suspend_arg ext4 = {.fs = "ext4"}, xfs = {.fs = "xfs"};
static const struct suspend_arg ext4_huge = {.fs = "ext4", .huge = true};
static const struct suspend_arg xfs_huge = {.fs = "xfs", .huge = true};
static const struct suspend_arg ext4_sync = {.fs = "ext4",
					     .map_flags = MAP_SHARED_VALIDATE | MAP_SYNC};
static const struct suspend_arg xfs_sync = {.fs = "xfs",
					    .map_flags = MAP_SHARED_VALIDATE | MAP_SYNC};
static const struct suspend_arg ext4_nolockfs = {.fs = "ext4", .flags = DM_NOLOCKFS};
static const struct suspend_arg ext4_noflush = {.fs = "ext4", .flags = DM_NOFLUSH};
static const struct suspend_arg ext4_neither = {.fs = "ext4", .flags = DM_NOFLUSH | DM_NOLOCKFS};
static const struct suspend_arg xfs_nolockfs = {.fs = "xfs", .flags = DM_NOLOCKFS};
static const struct suspend_arg xfs_noflush = {.fs = "xfs", .flags = DM_NOFLUSH};
static const struct suspend_arg xfs_neither = {.fs = "xfs", .flags = DM_NOFLUSH | DM_NOLOCKFS};
static const struct storm_arg storm_ext4 = {.fs = "ext4"}, storm_xfs = {.fs = "xfs"};

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

#define STORES                                                                                   \
	"a store into a page that was writable before waits while the device is suspended with " \
	"its filesystem frozen, and the medium keeps its bytes"
#define FAULTS                                                                               \
	"a write fault waits while the device is suspended with its filesystem frozen, and " \
	"the medium keeps its bytes"
#define WRITES                                                                            \
	"system calls that write wait while the device is suspended with its filesystem " \
	"frozen, and the medium keeps its bytes"
#define RELEASED                                                                                \
	"whatever waited for a suspended device ends after the resume, and every byte is what " \
	"was written, on every path"
#define CYCLE \
	"a device that nobody uses any more can be removed, however often it was made and used"
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
	ITEM("flush.store_blocks_huge", "ext4", needs_ext4, store_blocks, &ext4_huge, STORES,
	     FSFREEZE),
	ITEM("flush.store_blocks_huge", "xfs", needs_xfs, store_blocks, &xfs_huge, STORES,
	     FSFREEZE),
	ITEM("flush.store_blocks_sync", "ext4", needs_ext4, store_blocks, &ext4_sync, STORES,
	     FSFREEZE),
	ITEM("flush.store_blocks_sync", "xfs", needs_xfs, store_blocks, &xfs_sync, STORES,
	     FSFREEZE),
	ITEM("flush.fault_blocks", "ext4", needs_ext4, fault_blocks, &ext4, FAULTS, FSFREEZE),
	ITEM("flush.fault_blocks", "xfs", needs_xfs, fault_blocks, &xfs, FAULTS, FSFREEZE),
	ITEM("flush.write_blocks", "ext4", needs_ext4, write_blocks, &ext4, WRITES, FSFREEZE),
	ITEM("flush.write_blocks", "xfs", needs_xfs, write_blocks, &xfs, WRITES, FSFREEZE),
	{
		.name = "bio_deferred",
		.promise = "a suspended device takes no I/O on the bio path, in no mode of "
			   "suspend, and does what it was asked after the resume",
		.by = DM_IOCTL,
		.needs = needs_fsdax,
		.plants = PLANTS,
		.run = bio_deferred,
	},
	ITEM("flush.released", "ext4", needs_ext4, released, &ext4, RELEASED, DM_IOCTL),
	ITEM("flush.released", "xfs", needs_xfs, released, &xfs, RELEASED, DM_IOCTL),
	ITEM("flush_nolockfs.released", "ext4", needs_ext4, released, &ext4_nolockfs, RELEASED,
	     DM_IOCTL),
	ITEM("flush_nolockfs.released", "xfs", needs_xfs, released, &xfs_nolockfs, RELEASED,
	     DM_IOCTL),
	ITEM("noflush.released", "ext4", needs_ext4, released, &ext4_noflush, RELEASED, DM_IOCTL),
	ITEM("noflush.released", "xfs", needs_xfs, released, &xfs_noflush, RELEASED, DM_IOCTL),
	ITEM("noflush_nolockfs.released", "ext4", needs_ext4, released, &ext4_neither, RELEASED,
	     DM_IOCTL),
	ITEM("noflush_nolockfs.released", "xfs", needs_xfs, released, &xfs_neither, RELEASED,
	     DM_IOCTL),
	ITEM("lower.released", "ext4", needs_ext4, lower_released, &ext4, RELEASED, DM_IOCTL),
	ITEM("resume_again", "ext4", needs_ext4, resume_again, &ext4,
	     "to resume a device that is not suspended is no error and changes nothing",
	     "linux/dm-ioctl.h, DM_SUSPEND: it is no longer an error to issue this command on an "
	     "unsuspended device"),
	ITEM("frozen", "ext4", needs_ext4, frozen, &ext4,
	     "a device suspended over a filesystem that was frozen already comes back with "
	     "resume and thaw",
	     "fsfreeze(8), linux/dm-ioctl.h, DM_SUSPEND"),
	ITEM("frozen", "xfs", needs_xfs, frozen, &xfs,
	     "a device suspended over a filesystem that was frozen already comes back with "
	     "resume and thaw",
	     "fsfreeze(8), linux/dm-ioctl.h, DM_SUSPEND"),
	{
		.name = "storm.ext4",
		.promise = STORM_PROMISE,
		.by = DM_IOCTL,
		.needs = needs_ext4,
		.plants = PLANT_BYTE | PLANT_VALUE,
		.run = storm,
		.arg = &storm_ext4,
	},
	{
		.name = "storm.xfs",
		.promise = STORM_PROMISE,
		.by = DM_IOCTL,
		.needs = needs_xfs,
		.plants = PLANT_BYTE | PLANT_VALUE,
		.run = storm,
		.arg = &storm_xfs,
	},
	{
		.name = "cycle.ext4",
		.promise = CYCLE,
		.by = CYCLE_BY,
		.needs = needs_ext4,
		.flags = CHECK_QUICK,
		.limit_s = 60,
		.plants = PLANT_BYTE | PLANT_VALUE,
		.run = cycle,
	},
	{0},
};

const struct check_family check_suspend = {
	.name = "suspend",
	.why = "who waits for a suspended device, and that all are released whole",
	.items = items,
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Races: two processes load from and store into a file, on two CPUs, while a third one suspends the
 * device, replaces its table, cuts the file, punches holes into it, gives its blocks to another
 * file, flushes it, or unbinds the pmem driver (unbind_slow: which takes long to translate).
 *
 * Each worker has pages of its own, whose content it knows at any time.  Other pages are common:
 * each of their bytes is the one of the file or, where blocks are taken from it, zero; a load may
 * raise SIGBUS where the file ends.  Anything else is a failure, as are a process that does not
 * end, and a line of the kernel's log: lockdep and KASAN find more, if the kernel has them
 * (doc/emulated-host.md has the recipe).  At the end the pages of the workers are read by every
 * path.
 *
 * On the path: dax_iomap_fault(), dax_layout_busy_page() and dax_delete_mapping_range() in
 * fs/dax.c; the invalidate lock of ext4, the mmap lock of xfs; dm_get_live_table() and
 * dm_swap_table() in drivers/md/dm.c; kill_dax() in drivers/dax/super.c.
 *
 * workers.c: who loads and stores; change.c: who changes something.  Which accesses meet which
 * change depends on the scheduler: the seed determines the accesses of each process, not their
 * order.  Left out: unbinding the driver of a mapped file, after which the mapping is known to oops
 * (check/unbind/).
 *
 * Each makes 100 changes; some thousand take a minute: ./run.sh check --check race --rounds 5000
 */
#include "check/race/race.h"

#include "lib/base/limit_clock.h"
#include "lib/trace/bpf_complaint.h"
#include "lib/trace/delay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	CHANGES = 100,
	QUICK_CHANGES = 30,
	GONE_CHANGES = 400, /* few meet an access */
	/* The clock for limits may run slowly on a host with other work, so that the number of
	 * changes is the bound; this one is for a race that makes no progress, and for --rounds. */
	LIMIT_S = 90,
	RACE_MS = 60000,
	END_MS = 10000, /* for a process to see that the race is over */
	END_AFTER_OOPS_MS = 1000,
	LOOK_MS = 20,
};

static uint64_t changes_wanted(const struct check_env *env, enum race_change change)
{
	if (env->rounds)
		return env->rounds;
	return env->quick ? QUICK_CHANGES : change == RACE_GONE ? GONE_CHANGES : CHANGES;
}

static void end_process(struct check_env *env, struct check_task *task, const char *who,
			bool *killed)
{
	if (!task->pid)
		return;
	if (check_wait(task, check_oopsed() ? END_AFTER_OOPS_MS : END_MS)) {
		check_equal(env, task->status, 0, "status of %s", who);
		return;
	}
	check_evidence_stack(env, task);
	if (check_oopsed()) /* an entry of check/known/ explains this, and no other hang */
		check_fail(env, "%s did not end after the kernel oopsed", who);
	else
		check_fail(env, "%s did not end within %d s after the race", who, END_MS / 1000);
	*killed = check_kill(task) && *killed;
}

/* Returns false if a process cannot be killed. */
static bool run_race(struct check_env *env, struct race *r)
{
	struct check_task tasks[RACE_WORKERS] = {0}, changer = {0};
	struct race_worker_arg args[RACE_WORKERS];
	bool good = true, killed = true;
	int64_t until_ms;

	for (unsigned int i = 0; i < RACE_WORKERS && good; i++) {
		args[i] = (struct race_worker_arg){r, i};
		good = !check_start(env, &tasks[i], race_worker_main, &args[i]);
	}
	good = good && !check_start(env, &changer, race_change_main, r);
	until_ms = limit_clock_ms() + RACE_MS;
	while (good && !check_wait(&changer, LOOK_MS) && limit_clock_ms() < until_ms &&
	       !r->workers[0].why[0] && !r->workers[1].why[0] && !check_oopsed())
		;
	r->stop = true;
	end_process(env, &changer, "the process that changes something", &killed);
	end_process(env, &tasks[0], "the first worker", &killed);
	end_process(env, &tasks[1], "the second worker", &killed);
	return killed;
}

/* ---- what holds afterwards ------------------------------------------------------------------- */

/* The pages of a worker, which were read in one go. */
static bool own_pages_hold(struct check_env *env, const struct race *r, unsigned int worker,
			   const char *path, int rc, char *bytes)
{
	const uint64_t from = (uint64_t)worker * RACE_OWN * PAGE_BYTES;

	if (!check_errno(env, rc, 0, "reading the file %s after the race", path))
		return false;
	for (uint64_t p = 0; p < RACE_OWN; p++)
		if (!check_bytes(env, path, bytes + p * PAGE_BYTES, PAGE_BYTES, TESTBED_FILE,
				 from + p * PAGE_BYTES, r->workers[worker].generation[p]))
			return false;
	return true;
}

static void every_path_holds(struct check_env *env, const struct race *r, unsigned int worker)
{
	const uint64_t from = (uint64_t)worker * RACE_OWN * PAGE_BYTES;
	const size_t len = RACE_OWN * PAGE_BYTES;
	const struct testbed *bed = r->bed;
	char *bytes = malloc(len);
	int rc;

	if (!check_own(env, bytes ? 0 : -ENOMEM, "memory"))
		return;
	rc = pread(bed->fd, bytes, len, (off_t)from) == (ssize_t)len ? 0 : -EIO;
	if (own_pages_hold(env, r, worker, "by read(2)", rc, bytes)) {
		rc = check_copy(bytes, bed->map.base + from, len).signal ? -EFAULT : 0;
		if (own_pages_hold(env, r, worker, "by the mapping", rc, bytes))
			own_pages_hold(env, r, worker, "by bios to the namespace",
				       testbed_raw_read(bed, &bed->graph, from, bytes, len), bytes);
	}
	free(bytes);
}

static void judge(struct check_env *env, const struct race *r)
{
	const bool unbound = race_unbinds(r->how);

	if (r->why[0])
		check_fail(env, "%s", r->why);
	for (unsigned int i = 0; i < RACE_WORKERS; i++) {
		const struct race_worker *w = &r->workers[i];

		if (w->why[0])
			check_fail(env, "worker %u: %s", i, w->why);
		if (unbound)
			check_that(env, w->error,
				   "a system call of worker %u on the file fails by the unbind", i);
		else
			check_that(env, w->accesses > 1, "worker %u accessed the file", i);
	}
	check_that(env, r->changes, "the third process changed something");
	check_evidence(
		env, "seed %" PRIu64 ": %" PRIu64 " changes, %" PRIu64 " and %" PRIu64 " accesses",
		env->seed, r->changes, r->workers[0].accesses, r->workers[1].accesses);
	if (r->how->change == RACE_REUSE)
		check_own(env, r->reused || r->why[0] ? 0 : -ENODATA,
			  "another file with blocks that the first one gave up");
	for (unsigned int i = 0; i < RACE_WORKERS && !unbound && !check_complained(env); i++)
		every_path_holds(env, r, i);
}

/* Returns false after check_skip(). */
static bool slow_driver(struct check_env *env, struct delay **out)
{
	const char *function = "pmem_dax_direct_access";
	int rc = delay_open(out, function);

	if (rc < 0)
		check_skip(env, "a kernel with BPF and kprobes",
			   "%s() cannot be made slow: %s (%s)", function, strerror(-rc),
			   bpf_complaint());
	return !rc;
}

static void race(struct check_env *env, const void *arg)
{
	const struct race_case *how = arg;
	const struct testbed_spec spec = {.table = how->table ? how->table : TESTBED_LINEAR,
					  .fs = how->fs,
					  .file_bytes = RACE_BYTES,
					  .small_pages = how->small_pages,
					  .direct = true};
	struct race *r = check_shared(env, sizeof(*r));
	struct delay *delay = NULL;
	struct testbed bed;
	bool ended = true;

	if (!r || (how->change == RACE_UNBIND_SLOW && !slow_driver(env, &delay)))
		return;
	if (!testbed_open(env, &bed, &spec)) {
		delay_close(delay);
		return;
	}
	r->how = how;
	r->bed = &bed;
	r->changes_wanted = changes_wanted(env, how->change);
	for (unsigned int i = 0; i < RACE_WORKERS; i++) {
		r->workers[i].seed = env->seed * 77 + i + 1;
		for (unsigned int p = 0; p < RACE_OWN; p++)
			r->workers[i].generation[p] = TESTBED_GENERATION;
	}
	if (check_setup(env, race_prepare_change(r), "preparing the changes")) {
		ended = run_race(env, r);
		if (ended)
			judge(env, r);
	}
	if (how->change == RACE_RELOAD)
		graph_clear_targets(&r->other, bed.device);
	if (r->other_fd >= 0)
		close(r->other_fd);
	/* After an unbind, or with a process that is stuck, the host is discarded. */
	if (ended && !race_unbinds(how))
		testbed_close(env, &bed);
	delay_close(delay);
}

/* ---- the table ------------------------------------------------------------------------------- */

static const char *const needs_ext4[] = {"device:fsdax", "target:linear", "fs:ext4", NULL};
static const char *const needs_xfs[] = {"device:fsdax", "target:linear", "fs:xfs", NULL};

#define RACE(NAME, FS, CHANGE, SMALL, WHILE, BY, ...)                                          \
	{                                                                                      \
		.name = NAME "." #FS,                                                          \
		.promise = "two processes that load from and store into a file see their own " \
			   "bytes, and no other file's, while " WHILE,                         \
		.by = BY, .needs = needs_##FS, .limit_s = LIMIT_S, .run = race,                \
		.arg = (&(const struct race_case){#FS, CHANGE, SMALL, NULL}), __VA_ARGS__      \
	}
/* On ext4 with small pages and on xfs with large ones where possible, or the other way round. */
#define RACES(NAME, CHANGE, EXT4_SMALL, ...)               \
	RACE(NAME, ext4, CHANGE, EXT4_SMALL, __VA_ARGS__), \
		RACE(NAME, xfs, CHANGE, !(EXT4_SMALL), __VA_ARGS__)

#define SLOW_UNBIND(NAME, TABLE, ...)                                                            \
	{                                                                                        \
		.name = NAME,                                                                    \
		.promise = "the pmem driver is unbound while it translates for two processes: "  \
			   "their read(2) fails, and every process ends",                        \
		.by = "kernel-doc of kill_dax() and dax_direct_access() in drivers/dax/super.c", \
		.needs = (const char *const[]){"device:fsdax", "fs:ext4", __VA_ARGS__, NULL},    \
		.limit_s = LIMIT_S, .run = race,                                                 \
		.arg = (&(const struct race_case){"ext4", RACE_UNBIND_SLOW, true, TABLE}),       \
		.plants = PLANT_VALUE, .flags = CHECK_SPOILS | CHECK_EMULATED                    \
	}

static const struct check_item items[] = {
	RACES("suspend", RACE_SUSPEND, false, "the device is suspended and resumed in all modes",
	      "dmsetup(8), suspend; mmap(2)", .plants = PLANT_VALUE | PLANT_BYTE),
	RACES("reload", RACE_RELOAD, true,
	      "the table is replaced by another one for the same bytes",
	      "dmsetup(8), load; mmap(2)", .plants = PLANT_VALUE | PLANT_BYTE),
	RACES("truncate", RACE_TRUNCATE, true, "the file is cut behind their pages and made longer",
	      "ftruncate(2), mmap(2)", .plants = PLANT_VALUE | PLANT_BYTE),
	RACE("drop", ext4, RACE_DROP, false,
	     "the last page is cut off again and again, and they drop their page tables",
	     "ftruncate(2), madvise(2)", .plants = PLANT_VALUE | PLANT_BYTE),
	RACE("drop", xfs, RACE_DROP, false,
	     "the last page is cut off again and again, and they drop their page tables",
	     "ftruncate(2), madvise(2)", .plants = PLANT_VALUE | PLANT_BYTE),
	RACES("punch", RACE_PUNCH, false, "holes are punched behind their pages",
	      "fallocate(2), mmap(2)", .plants = PLANT_VALUE | PLANT_BYTE, .flags = CHECK_QUICK),
	RACES("gone", RACE_GONE, true,
	      "blocks are freed by holes and truncation; once the call has returned, no process "
	      "sees what they held",
	      "kernel-doc of dax_layout_busy_page_range() in fs/dax.c; fallocate(2), ftruncate(2)",
	      .plants = PLANT_VALUE | PLANT_BYTE),
	RACES("reuse", RACE_REUSE, false, "blocks behind their pages become another file's",
	      "kernel-doc of dax_layout_busy_page_range() in fs/dax.c: no new access to a block "
	      "that is truncated",
	      .plants = PLANT_VALUE | PLANT_BYTE),
	RACES("fsync", RACE_FSYNC, false, "fsync(2) and msync(2) flush it", "fsync(2), msync(2)",
	      .plants = PLANT_VALUE | PLANT_BYTE),
	RACES("unbind", RACE_UNBIND, true,
	      "the pmem driver is unbound, after which system calls fail",
	      "kernel-doc of kill_dax() and dax_direct_access() in drivers/dax/super.c",
	      .plants = PLANT_VALUE, .flags = CHECK_SPOILS | CHECK_EMULATED),
	SLOW_UNBIND("unbind_slow.raw_ext4", TESTBED_RAW, NULL),
	SLOW_UNBIND("unbind_slow.linear_ext4", TESTBED_LINEAR, "target:linear"),
	{0},
};

const struct check_family check_race = {
	.name = "race",
	.why = "accesses on two CPUs while the device or the file is changed",
	.items = items,
};

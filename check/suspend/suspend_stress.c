// SPDX-License-Identifier: GPL-2.0-only
#include "check/suspend/suspend_stress.h"

#include "check/fixture/bio.h"
#include "check/fixture/testbed.h"
#include "lib/base/limit_clock.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum {
	STRESS_MS = 2000,
	STRESS_QUICK_MS = 700,
	PAUSE_US = 4000, /* at most, between two changes */
	END_MS = 10000,	 /* the tasks must be at the end of their round */
	REGION_BYTES = WINDOW_BYTES,
	/* The bytes of one round: few, so that there are many rounds. */
	ROUND_BYTES = 64 * PAGE_BYTES,
	SLOW_BYTES = 16 * PAGE_BYTES, /* of tasks whose every access is a system call */
	CUTS = 3,
};

/* What a task tells the check. */
struct stress_state {
	atomic_uint generation; /* of the last whole round; of readers: how many rounds */
	char why[200];		/* what a reader found */
};

struct stress_task {
	const char *name;
	bool (*round)(struct stress_task *task); /* false: something was wrong, see why */
	bool writes;
	size_t len;
	/* set at the start */
	struct testbed *bed;
	uint64_t offset_bytes; /* of its region */
	struct stress_state *state;
	atomic_bool *stop;
	uint32_t generation;
	struct check_task task;
};

/* ---- rounds ---------------------------------------------------------------------------------- */

static char scratch[ROUND_BYTES] __attribute__((aligned(4096)));

static bool wrong(struct stress_task *t, const char *how, int error)
{
	snprintf(t->state->why, sizeof(t->state->why), "%s: %s", how, strerror(error));
	return false;
}

static bool holds(struct stress_task *t, const char *how, const void *bytes, size_t len,
		  uint32_t generation)
{
	char found[160];
	size_t at = stamp_check(bytes, len, TESTBED_FILE, t->offset_bytes, generation, found);

	if (at == len)
		return true;
	snprintf(t->state->why, sizeof(t->state->why),
		 "%s: %zu bytes into its region it read %.100s, expected generation %u", how, at,
		 found, generation);
	return false;
}

/* Stores, a page at a time; sometimes syncs, sometimes has to fault anew. */
static bool round_store(struct stress_task *t)
{
	char *p = t->bed->map.base + t->offset_bytes;

	if (!holds(t, "a load of stored bytes", p, t->len, t->generation))
		return false;
	stamp_fill(scratch, t->len, TESTBED_FILE, t->offset_bytes, t->generation + 1);
	for (size_t at = 0; at < t->len; at += PAGE_BYTES)
		memcpy(p + at, scratch + at, PAGE_BYTES);
	if (t->generation % 4 == 1 && madvise(p, t->len, MADV_DONTNEED) < 0)
		return wrong(t, "madvise(2)", errno);
	if (t->generation % 8 == 3 && msync(p, t->len, MS_SYNC) < 0)
		return wrong(t, "msync(2)", errno);
	return true;
}

static bool round_write(struct stress_task *t)
{
	ssize_t n = pread(t->bed->fd, scratch, t->len, (off_t)t->offset_bytes);

	if (n != (ssize_t)t->len)
		return wrong(t, "read(2)", n < 0 ? errno : EIO);
	if (!holds(t, "a read(2) of written bytes", scratch, t->len, t->generation))
		return false;
	stamp_fill(scratch, t->len, TESTBED_FILE, t->offset_bytes, t->generation + 1);
	/* Pieces that begin and end inside sectors, pages and what came before. */
	for (size_t at = 0; at < t->len;) {
		size_t piece = 1500 + at % 7000;

		if (piece > t->len - at)
			piece = t->len - at;
		n = pwrite(t->bed->fd, scratch + at, piece, (off_t)(t->offset_bytes + at));
		if (n <= 0)
			return wrong(t, "write(2)", n < 0 ? errno : EIO);
		at += (size_t)n;
	}
	return t->generation % 16 || !fdatasync(t->bed->fd) || wrong(t, "fdatasync(2)", errno);
}

static bool round_load(struct stress_task *t)
{
	char *p = t->bed->map.base + t->offset_bytes;

	if (!holds(t, "a load", p, t->len, 1))
		return false;
	return !madvise(p, t->len, MADV_DONTNEED) || wrong(t, "madvise(2)", errno);
}

/* By the bio path of the device, which is suspended under it. */
static bool round_bio(struct stress_task *t)
{
	const struct extent *e = extents_find(&t->bed->extents, t->offset_bytes);
	uint64_t at = e->physical_bytes + t->offset_bytes - e->logical_bytes;
	int rc = bio_read_fd(t->bed->node_fd, at, scratch, t->len);

	if (rc < 0)
		return wrong(t, "reading the device", -rc);
	return holds(t, "the bio path", scratch, t->len, 1);
}

static const struct stress_task kinds[] = {
	{.name = "the task that stores", .round = round_store, .writes = true, .len = ROUND_BYTES},
	{.name = "the task that writes", .round = round_write, .writes = true, .len = SLOW_BYTES},
	{.name = "the task that loads", .round = round_load, .len = ROUND_BYTES},
	{.name = "the task that reads the device", .round = round_bio, .len = SLOW_BYTES},
};

enum { TASKS = sizeof(kinds) / sizeof(kinds[0]) };

static int task_main(void *arg)
{
	struct stress_task *t = arg;

	while (!atomic_load(t->stop)) {
		if (!t->round(t))
			return 1;
		t->generation++;
		atomic_store(&t->state->generation, t->generation);
	}
	return 0;
}

/* ---- changes of the table -------------------------------------------------------------------- */

/* The same bytes in two segments; the table as text, to be freed. */
static char *cut_table(const struct testbed *bed, uint64_t cut_bytes)
{
	struct graph cut;
	char *text = testbed_cut(bed, cut_bytes, &cut) ? NULL : graph_table(&cut, bed->device);

	graph_clear_targets(&cut, bed->device);
	return text;
}

static void pause_randomly(uint64_t *random)
{
	struct timespec pause;

	*random = *random * 6364136223846793005u + 1442695040888963407u;
	pause = (struct timespec){.tv_nsec = (long)(*random >> 33) % PAUSE_US * 1000};
	nanosleep(&pause, NULL);
}

/* One change: suspended in the i-th mode, every other time with another table, resumed. */
static bool change_table(struct check_env *env, const struct testbed *bed, char *const tables[CUTS],
			 unsigned int i, uint64_t *random)
{
	static const unsigned int flags[] = {0, DM_NOLOCKFS, DM_NOFLUSH, DM_NOFLUSH | DM_NOLOCKFS};
	const char *name = testbed_dm(bed);
	int rc = dm_device_suspend(name, flags[i % 4]);

	if (!check_errno(env, rc, 0, "suspend %u, flags %u", i, flags[i % 4]))
		return false;
	pause_randomly(random);
	/* 4 and 3 have no common factor: each table meets each mode. */
	rc = i % 8 < 5 ? dm_device_load(name, tables[i % CUTS], 0) : 0;
	if (!check_errno(env, rc, 0, "load %u (%s)", i, dm_last_error()))
		check_evidence(env, "%s", tables[i % CUTS]);
	rc = dm_device_resume(name, 0);
	check_errno(env, rc, 0, "resume %u", i);
	pause_randomly(random);
	return !check_complained(env);
}

static void change_tables(struct check_env *env, const struct testbed *bed)
{
	/* One where a 2 MiB page of the file may lie across it, one at a page, one at the end. */
	const uint64_t cuts[CUTS] = {16 * (uint64_t)WINDOW_BYTES + WINDOW_BYTES / 2,
				     8 * (uint64_t)WINDOW_BYTES + PAGE_BYTES,
				     bed->graph.devices[bed->device].size_sectors * SECTOR_BYTES -
					     PAGE_BYTES};
	int64_t until_ms = limit_clock_ms() + (env->quick ? STRESS_QUICK_MS : STRESS_MS);
	uint64_t random = env->seed;
	char *tables[CUTS];
	bool good = true;

	for (unsigned int i = 0; i < CUTS; i++) {
		tables[i] = cut_table(bed, cuts[i]);
		good = good && tables[i];
	}
	if (!good)
		check_broken(env, "no memory for a table");
	for (unsigned int i = 0; good && limit_clock_ms() < until_ms; i++)
		good = change_table(env, bed, tables, i, &random);
	for (unsigned int i = 0; i < CUTS; i++)
		free(tables[i]);
}

/* ---- the check ------------------------------------------------------------------------------- */

static bool start_tasks(struct check_env *env, struct stress_task *tasks, struct testbed *bed,
			struct stress_state *states, atomic_bool *stop)
{
	for (unsigned int i = 0; i < TASKS; i++) {
		struct stress_task *t = &tasks[i];

		*t = kinds[i];
		t->bed = bed;
		t->offset_bytes = (uint64_t)i * REGION_BYTES;
		t->state = &states[i];
		t->stop = stop;
		t->generation = 1;
		if (check_start(env, &t->task, task_main, t))
			return false;
	}
	return true;
}

static void judge(struct check_env *env, struct testbed *bed, struct stress_task *t)
{
	uint32_t generation;

	if (!check_wait(&t->task, END_MS)) {
		check_fail(env, "%s has not completed its round %d s after the last reload",
			   t->name, END_MS / 1000);
		return;
	}
	generation = atomic_load(&t->state->generation);
	if (t->state->why[0])
		check_fail(env, "%s: %s", t->name, t->state->why);
	else
		check_equal(env, t->task.status, 0, "status of %s", t->name);
	check_that(env, generation > 2, "%s made progress during the reloads", t->name);
	if (!t->task.status)
		testbed_holds(env, bed, "after the last reload", t->offset_bytes, t->len,
			      t->writes ? generation : 1);
}

void suspend_stress(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = {.table = "$ linear A 0",
					  .fs = arg,
					  .file_bytes = TASKS * (uint64_t)REGION_BYTES,
					  .direct = true};
	struct stress_task tasks[TASKS] = {0};
	struct stress_state *states = check_shared(env, sizeof(*states) * TASKS);
	atomic_bool *stop = check_shared(env, sizeof(*stop));
	struct testbed bed;

	if (testbed_open(env, &bed, &spec) && states && stop) {
		if (start_tasks(env, tasks, &bed, states, stop))
			change_tables(env, &bed);
		atomic_store(stop, true);
		for (unsigned int i = 0; i < TASKS; i++)
			if (tasks[i].task.pid)
				judge(env, &bed, &tasks[i]);
	}
	for (unsigned int i = 0; i < TASKS; i++)
		check_kill(&tasks[i].task);
	testbed_close(env, &bed);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "check/tabletype/swap_to_error.h"

#include "check/fixture/dax_capability.h"
#include "check/fixture/worker.h"
#include "check/tabletype/substitute.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LIMIT_MS = 10000,
	BEFORE = 2,
	AFTER = 3,
};

struct access {
	const char *name;
	work_fn *before, *fn;
	bool stores, old; /* old: it needs nothing of the kernel, so nothing is promised */
	bool bio;
};

static const struct access accesses[] = {
	{.name = "load", .fn = work_load},
	{.name = "store", .fn = work_store, .stores = true},
	{.name = "read", .fn = work_read},
	{.name = "write", .fn = work_write, .stores = true},
	{.name = "bio_read", .fn = work_bio_read, .bio = true},
	{.name = "bio_write", .fn = work_bio_write, .stores = true, .bio = true},
	{.name = "old_load", .before = work_load, .fn = work_load, .old = true},
	{.name = "old_store", .before = work_store, .fn = work_store, .stores = true, .old = true},
};

enum { ACCESSES = sizeof(accesses) / sizeof(accesses[0]) };

static bool raw_is(const struct testbed *bed, uint64_t offset, uint32_t generation)
{
	char bytes[PAGE_BYTES];

	return !testbed_raw_read(bed, &bed->graph, offset, bytes, sizeof(bytes)) &&
	       stamp_check(bytes, sizeof(bytes), TESTBED_FILE, offset, generation, NULL) ==
		       sizeof(bytes);
}

/* Which memory a load from an old page read, or a store to it wrote. */
static const char *old_outcome(const struct testbed *bed, const struct worker *worker,
			       const struct access *access, uint64_t offset, char text[32])
{
	const char *outcome = worker_outcome(worker, text);

	if (strcmp(outcome, "done"))
		return outcome;
	if (access->stores)
		return raw_is(bed, offset, AFTER) ? "reaches the old member" : "is lost";
	return stamp_check(worker_work(worker)->bytes, PAGE_BYTES, TESTBED_FILE, offset, 1, NULL) ==
			       PAGE_BYTES
		       ? "reads the old member"
		       : "reads something else";
}

/* serves: the bio path of the table gives and takes. */
static void judge_access(struct check_env *env, const struct testbed *bed, struct worker *worker,
			 const struct access *access, uint64_t offset, bool serves, json_t *seen)
{
	char text[32];
	const char *outcome = worker_outcome(worker, text);

	if (access->old)
		outcome = old_outcome(bed, worker, access, offset, text);
	json_object_set_new(seen, access->name, json_string(outcome));
	check_that(env, worker->state == WORK_DONE, "%s ends (got: %s)", access->name, outcome);
	if (access->old)
		return;
	if (serves && access->bio)
		check_that(env, !strcmp(outcome, "done"), "%s succeeds (got: %s)", access->name,
			   outcome);
	else
		check_that(env, strcmp(outcome, "done"),
			   "%s fails on a table without memory (got: %s)", access->name, outcome);
	if (access->stores)
		testbed_raw_holds(env, bed, access->name, offset, PAGE_BYTES, 1);
}

static bool prepare_accesses(struct check_env *env, struct testbed *bed, struct worker *workers)
{
	for (unsigned int i = 0; i < ACCESSES; i++)
		if (accesses[i].before &&
		    !worker_do(env, &workers[i], accesses[i].name, accesses[i].before, work_page(i),
			       PAGE_BYTES, BEFORE))
			return false;
	/* Not fsync(), which would make the stored page read-only. */
	return testbed_raw_holds(env, bed, "before the swap", 0, PAGE_BYTES, 1);
}

static void try_accesses(struct check_env *env, struct testbed *bed, struct worker *workers,
			 bool serves)
{
	json_t *seen = json_object();

	for (unsigned int i = 0; i < ACCESSES; i++)
		worker_ask(&workers[i], accesses[i].fn, work_page(i), PAGE_BYTES, AFTER);
	workers_finish(workers, ACCESSES, LIMIT_MS);
	for (unsigned int i = 0; i < ACCESSES; i++)
		judge_access(env, bed, &workers[i], &accesses[i], work_page(i), serves, seen);
	if (accesses[ACCESSES - 1].old && workers[ACCESSES - 1].state == WORK_DONE &&
	    raw_is(bed, work_page(ACCESSES - 1), AFTER))
		check_evidence(env, "leak: a store through a mapping made before the swap reached "
				    "a member that the live table no longer has");
	check_observe_suspicious(env, "accesses", seen);
}

/* What the swapped device may report, and which members it may hold, while its table has none. */
static void judge_device(struct check_env *env, const struct testbed *bed, unsigned int swapped)
{
	int dax = dax_capability_queue(bed->graph.devices[swapped].node);

	check_equal(env, dax, 0, "queue/dax of a device without memory");
	if (swapped != bed->device)
		check_observe_suspicious(
			env, "upper_says_dax",
			json_integer(dax_capability_queue(bed->graph.devices[bed->device].node)));
}

static void judge_member(struct check_env *env, const struct testbed *bed)
{
	int fd = open(bed->graph.devices[0].node, O_RDWR | O_EXCL | O_CLOEXEC);

	check_errno(env, fd < 0 ? -errno : 0, 0, "opening the member that was released");
	if (fd >= 0)
		close(fd);
}

static void restored(struct check_env *env, struct testbed *bed, struct worker *workers)
{
	const struct access *last = &accesses[ACCESSES - 1];

	workers_finish(workers, ACCESSES, LIMIT_MS);
	for (unsigned int i = 0; i < ACCESSES; i++)
		if (&accesses[i] != last)
			testbed_holds(env, bed, "back on the old table", work_page(i), PAGE_BYTES,
				      1);
	testbed_holds(env, bed, "back on the old table", work_page(ACCESSES - 1), PAGE_BYTES,
		      raw_is(bed, work_page(ACCESSES - 1), AFTER) ? AFTER : BEFORE);
}

/* error_table: a table without memory where the file is.  serves: its bio path reads and writes. */
static void swap_table(struct check_env *env, struct testbed *bed, unsigned int swapped,
		       struct worker *workers, const char *error_table, bool serves)
{
	const struct graph_device *d = &bed->graph.devices[swapped];
	char *table = graph_table(&bed->graph, swapped);
	int rc = substitute_swap(d->name, error_table);

	check_evidence(env, "%s", error_table);
	check_observe(env, "load", json_string(substitute_outcome(rc)));
	if (!rc) {
		judge_device(env, bed, swapped);
		if (!serves)
			judge_member(env, bed);
		try_accesses(env, bed, workers, serves);
		rc = substitute_swap(d->name, table);
		check_errno(env, rc, 0, "swapping back to the old table (%s)", dm_last_error());
	}
	if (!check_complained(env))
		restored(env, bed, workers);
	free(table);
}

/* Returns the index of the device that is swapped, or -1. */
static int open_stack(struct check_env *env, struct testbed *bed, const struct substitute_arg *arg)
{
	const struct testbed_spec spec = {.table = arg->lower ? TESTBED_DEPTH : TESTBED_LINEAR,
					  .fs = arg->fs,
					  .file_bytes = SUBSTITUTE_FILE_BYTES,
					  .small_pages = true,
					  .direct = true};

	return testbed_open(env, bed, &spec) ? 1 : -1; /* the lowest DM device */
}

void swap_to_error(struct check_env *env, const void *data)
{
	const struct substitute_arg *arg = data;
	struct worker workers[ACCESSES] = {0};
	struct testbed bed;
	int swapped = open_stack(env, &bed, arg);
	char error_table[64];

	if (swapped >= 0 && !workers_start(env, workers, ACCESSES, &bed) &&
	    prepare_accesses(env, &bed, workers)) {
		snprintf(error_table, sizeof(error_table), "0 %" PRIu64 " %s",
			 bed.graph.devices[swapped].size_sectors,
			 arg->instead == SUBSTITUTE_ZERO ? "zero" : "error");
		swap_table(env, &bed, (unsigned int)swapped, workers, error_table,
			   arg->instead == SUBSTITUTE_ZERO);
	}
	workers_end(env, workers, ACCESSES);
	testbed_close(env, &bed);
}

void swap_to_error_upgraded(struct check_env *env, const void *data)
{
	const struct substitute_arg *arg = data;
	struct substitute begin = {.loop_fd = -1};
	struct worker workers[ACCESSES] = {0};
	struct testbed bed;
	char *table;

	if (substitute_upgrade(env, &bed, arg, &begin) && testbed_use(env, &bed) &&
	    !workers_start(env, workers, ACCESSES, &bed) && prepare_accesses(env, &bed, workers)) {
		table = substitute_table(&bed.graph, bed.device, begin.what,
					 bed.extents.list[0].physical_bytes / SECTOR_BYTES,
					 bed.extents.list[0].len_bytes / SECTOR_BYTES);
		swap_table(env, &bed, bed.device, workers, table ? table : "", true);
		free(table);
	}
	workers_end(env, workers, ACCESSES);
	testbed_close(env, &bed);
	substitute_drop(&begin);
}

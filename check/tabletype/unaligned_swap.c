// SPDX-License-Identifier: GPL-2.0-only
#include "check/tabletype/unaligned_swap.h"

#include "check/fixture/bio.h"
#include "check/fixture/testbed.h"
#include "check/fixture/worker.h"
#include "check/tabletype/substitute.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LIMIT_MS = 10000,
	PAGE_AT = WINDOW_BYTES + WINDOW_BYTES / 2, /* in the file: the page in question */
	SEGMENT_BYTES = WINDOW_BYTES / 4,
	/* On the second namespace. */
	SHIFTED_BYTES = 2 * WINDOW_BYTES + SECTOR_BYTES,
};

static const struct access {
	const char *what;
	work_fn *fn;
	bool stores;
} accesses[] = {
	{"a load", work_load, false},
	{"a store", work_store, true},
	{"read(2)", work_read, false},
	{"read(2) with O_DIRECT", work_read_direct, false},
	{"write(2)", work_write, true},
	{"write(2) with O_DIRECT", work_write_direct, true},
	{"a read of the device", work_bio_read, false},
	{"a write to the device", work_bio_write, true},
};

enum { ACCESSES = sizeof(accesses) / sizeof(accesses[0]) };

/* Where the page is by the new table. */
struct place {
	const char *node;
	uint64_t byte;
};

/* Each access, one after the other, sees what the last one that succeeded wrote.  Returns the
 * generation of the page at the end. */
static uint32_t try_accesses(struct check_env *env, struct worker *worker,
			     const struct place *place)
{
	uint32_t now = TESTBED_GENERATION;

	for (unsigned int i = 0; i < ACCESSES; i++) {
		const struct access *a = &accesses[i];
		char text[32], bytes[PAGE_BYTES], said[96];
		const char *outcome;

		worker_ask(worker, a->fn, PAGE_AT, PAGE_BYTES, now + 1);
		workers_finish(worker, 1, LIMIT_MS);
		outcome = worker_outcome(worker, text);
		check_that(env, !strcmp(outcome, "done"), "%s succeeds (got: %s)", a->what,
			   outcome);
		if (worker->state != WORK_DONE)
			break;
		if (!strcmp(outcome, "done")) {
			memcpy(bytes, worker_work(worker)->bytes, sizeof(bytes));
			if (a->stores)
				now++;
			else
				check_bytes(env, a->what, bytes, sizeof(bytes), TESTBED_FILE,
					    PAGE_AT, now);
		}
		snprintf(said, sizeof(said), "after %s, on the member", a->what);
		if (check_setup(env, bio_read(place->node, place->byte, bytes, sizeof(bytes)),
				"reading the member"))
			check_bytes(env, said, bytes, sizeof(bytes), TESTBED_FILE, PAGE_AT, now);
	}
	return now;
}

/* The sector before the shifted segment is of nobody: zeroes before, zeroes afterwards. */
static bool guard_zero(struct check_env *env, const char *node, bool make)
{
	char sector[SECTOR_BYTES] = {0};
	const uint64_t at = SHIFTED_BYTES - SECTOR_BYTES;
	int rc = make ? bio_write(node, at, sector, sizeof(sector))
		      : bio_read(node, at, sector, sizeof(sector));

	if (!check_setup(env, rc, "the sector before the segment"))
		return false;
	for (unsigned int i = 0; i < SECTOR_BYTES; i++)
		if (sector[i])
			return check_that(env, false,
					  "the sector before the segment, which is outside the "
					  "device, is unchanged");
	return true;
}

/* The new table is live: the page, then back, then all. */
static void judge_accepted(struct check_env *env, struct testbed *bed, struct worker *worker,
			   const struct place *place, bool torn)
{
	struct graph_place old;
	uint32_t now = try_accesses(env, worker, place);
	int rc = testbed_place(bed, &bed->graph, PAGE_AT, &old);

	if (!torn)
		guard_zero(env, place->node, false);
	if (!torn && !rc)
		rc = bio_copy(place->node, place->byte, old.ns->node, old.offset_bytes,
			      SEGMENT_BYTES);
	check_setup(env, rc, "copying the segment back");
	rc = graph_reload(&bed->graph, bed->device, 0);
	if (!check_errno(env, rc, 0, "swapping back to the first table") || check_complained(env))
		return;
	testbed_holds(env, bed, "after the swap back", 0, PAGE_AT, TESTBED_GENERATION);
	testbed_holds(env, bed, "after the swap back", PAGE_AT, PAGE_BYTES, now);
	testbed_frames(env, bed, 0, SUBSTITUTE_FILE_BYTES);
}

/* The segment's target, and where the page is then.  Returns 0 or -errno. */
static int choose(const struct testbed *bed, bool torn, char *what, size_t size, uint64_t *from,
		  struct place *place)
{
	const struct graph *g = &bed->graph;
	const struct graph_member *m = &g->devices[bed->device].targets[0].members[0];
	unsigned int member = torn ? m->device : 1;
	uint64_t start;
	int rc = testbed_device_byte(bed, PAGE_AT, from);

	*from = *from / SECTOR_BYTES + torn;
	start = torn ? m->offset_sectors + *from : SHIFTED_BYTES / SECTOR_BYTES;
	snprintf(what, size, "linear %s %" PRIu64, g->devices[member].numbers, start);
	*place = (struct place){g->devices[member].node, (start - torn) * SECTOR_BYTES};
	return rc;
}

static void swap(struct check_env *env, struct testbed *bed, struct worker *worker,
		 const char *table, const struct place *place, bool torn)
{
	const char *name = testbed_dm(bed);
	char *before = dm_device_table(name, false), *after;
	int rc = dm_device_load(name, table, 0);

	check_observe_suspicious(env, "load", json_string(substitute_outcome(rc)));
	if (rc < 0) {
		after = dm_device_table(name, false);
		check_that(env, before && after && !strcmp(before, after),
			   "after the refusal the live table is unchanged");
		free(after);
		testbed_holds(env, bed, "after the refusal", 0, SUBSTITUTE_FILE_BYTES,
			      TESTBED_GENERATION);
		testbed_frames(env, bed, 0, SUBSTITUTE_FILE_BYTES);
	} else {
		rc = dm_device_suspend(name, 0);
		rc = rc ? rc : dm_device_resume(name, 0);
		if (check_errno(env, rc, 0, "the resume with the new table"))
			judge_accepted(env, bed, worker, place, torn);
	}
	free(before);
}

void unaligned_swap(struct check_env *env, const void *data)
{
	const struct unaligned_swap_arg *arg = data;
	const struct testbed_spec spec = {.table = "AB: $ linear A 4096",
					  .fs = arg->fs,
					  .file_bytes = SUBSTITUTE_FILE_BYTES,
					  .direct = true};
	struct worker worker = {0};
	struct testbed bed;
	struct graph_place old;
	struct place place;
	char what[80], *table = NULL;
	uint64_t from;
	int rc;

	if (!testbed_open(env, &bed, &spec))
		return;
	rc = choose(&bed, arg->torn, what, sizeof(what), &from, &place);
	rc = rc ? rc : testbed_place(&bed, &bed.graph, PAGE_AT, &old);
	if (!rc && !arg->torn)
		rc = bio_copy(old.ns->node, old.offset_bytes, place.node, place.byte,
			      SEGMENT_BYTES);
	table = rc ? NULL
		   : substitute_table(&bed.graph, bed.device, what, from,
				      SEGMENT_BYTES / SECTOR_BYTES);
	check_evidence(env, "%s", table ? table : "no table");
	if (check_setup(env, table ? 0 : -ENOMEM, "making the other table") &&
	    (arg->torn || guard_zero(env, place.node, true)) &&
	    testbed_raw_holds(env, &bed, "before the swap", 0, WINDOW_BYTES, 1) &&
	    !workers_start(env, &worker, 1, &bed))
		swap(env, &bed, &worker, table, &place, arg->torn);
	workers_end(env, &worker, 1);
	free(table);
	testbed_close(env, &bed);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "check/suspend/writable_pages.h"

#include "check/fixture/testbed.h"
#include "check/fixture/worker.h"
#include "check/suspend/suspend_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { BEFORE = 2, MEANWHILE = 3 };

/* Makes the page unwritten: a store to it has to allocate. */
static void work_unwritten(struct testbed *bed, struct work *work)
{
	int rc = fallocate(bed->fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
			   (off_t)work->offset_bytes, PAGE_BYTES);

	work->rc = rc < 0 ? -errno : 0;
}

/* Blocks past the end of the file: no byte of it changes. */
static void work_preallocate(struct testbed *bed, struct work *work)
{
	int rc = fallocate(bed->fd, FALLOC_FL_KEEP_SIZE, (off_t)bed->bytes, WINDOW_BYTES / 2);

	work->rc = rc < 0 ? -errno : 0;
}

/* What a frozen filesystem must stop, and what the page holds meanwhile; 0: it is not looked at. */
static const struct op {
	const char *name;
	work_fn *prepare, *fn;
	bool waits, stores;
	uint32_t holds;
} ops[] = {
	{"store", work_store, work_store, true, true, BEFORE},
	{"store_unwritten", work_unwritten, work_store, true, true, 0},
	{"msync", work_store, work_msync, false, false, BEFORE},
	{"fallocate", work_load, work_preallocate, true, false, TESTBED_GENERATION},
};

enum { OPS = sizeof(ops) / sizeof(ops[0]) };

/* Where PMDs map the file, each in a window of its own. */
static uint64_t page_of(const struct testbed *bed, unsigned int i)
{
	return bed->spec.small_pages ? work_page(i) : i * (uint64_t)WINDOW_BYTES + i * PAGE_BYTES;
}

/* Returns whether a store went on while the device was suspended. */
static bool look_suspended(struct check_env *env, const struct testbed *bed, struct worker *workers,
			   bool frozen)
{
	json_t *seen = json_object();
	bool proceeds = false;

	for (unsigned int i = 0; i < OPS; i++)
		worker_ask(&workers[i], ops[i].fn, page_of(bed, i), PAGE_BYTES, MEANWHILE);
	workers_settle(workers, OPS, SUSPEND_SETTLE_MS);
	for (unsigned int i = 0; i < OPS; i++) {
		char text[32];
		const char *outcome = worker_outcome(&workers[i], text);

		json_object_set_new(seen, ops[i].name, json_string(outcome));
		proceeds = proceeds || (ops[i].stores && !strcmp(outcome, "done"));
		if (!frozen || !ops[i].waits)
			continue;
		check_that(env, workers[i].state == WORK_WAITS,
			   "%s blocks while the filesystem is frozen (got: %s)", ops[i].name,
			   outcome);
		if (ops[i].holds)
			testbed_raw_holds(env, bed, "while frozen", page_of(bed, i), PAGE_BYTES,
					  ops[i].holds);
	}
	check_observe_suspicious(env, "meanwhile", seen);
	return proceeds;
}

static void look_resumed(struct check_env *env, const struct testbed *bed, struct worker *workers)
{
	workers_finish(workers, OPS, SUSPEND_RELEASE_MS);
	for (unsigned int i = 0; i < OPS; i++) {
		char text[32];
		const char *outcome = worker_outcome(&workers[i], text);

		check_that(env, !strcmp(outcome, "done"), "%s succeeds after the resume (got: %s)",
			   ops[i].name, outcome);
	}
	for (unsigned int i = 0; i < OPS && !check_complained(env); i++)
		testbed_holds(env, bed, "after the resume", page_of(bed, i), PAGE_BYTES,
			      ops[i].stores ? MEANWHILE : ops[i].holds);
}

void writable_pages(struct check_env *env, const void *data)
{
	const struct suspend_ops_arg *arg = data;
	const bool frozen = !(arg->flags & (DM_NOLOCKFS | DM_NOFLUSH));
	struct worker workers[OPS] = {0};
	struct testbed bed;
	bool good = suspend_ops_open(env, &bed, arg) && !workers_start(env, workers, OPS, &bed),
	     proceeds;

	/* Unwritten pages first, and durable: an fsync makes the others read-only. */
	for (unsigned int i = 0; i < OPS && good; i++)
		if (ops[i].prepare == work_unwritten)
			good = worker_do(env, &workers[i], ops[i].name, ops[i].prepare,
					 page_of(&bed, i), PAGE_BYTES, 0) &&
			       worker_do(env, &workers[i], "fsync", work_fsync, 0, 0, 0);
	/* xfs gives the page another block. */
	good = good && testbed_read_extents(env, &bed);
	for (unsigned int i = 0; i < OPS && good; i++)
		if (ops[i].prepare != work_unwritten)
			good = worker_do(env, &workers[i], ops[i].name, ops[i].prepare,
					 page_of(&bed, i), PAGE_BYTES, BEFORE);
	if (good && testbed_suspend(env, &bed, arg->flags)) {
		proceeds = look_suspended(env, &bed, workers, frozen);
		check_observe(env, "verdict",
			      json_string(proceeds ? "leak: a store through a mapping proceeds "
						     "while the device is suspended"
						   : "no leak: no store through a mapping proceeds "
						     "while the device is suspended"));
		if (testbed_resume(env, &bed))
			look_resumed(env, &bed, workers);
	}
	workers_end(env, workers, OPS);
	testbed_close(env, &bed);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "check/tabletype/zeroing.h"

#include "check/fixture/extend_file.h"
#include "check/fixture/worker.h"
#include "check/tabletype/substitute.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIMIT_MS = 10000 };

/* The task keeps the file open: xfs frees blocks past the end of file on close. */
static int extended_fd = -1;

/* Stores the device sector of its last block in work->bytes. */
static void create_file(struct testbed *bed, struct work *work)
{
	const uint64_t last = EXTEND_FILE_BYTES - PAGE_BYTES;
	char path[sizeof(bed->fs.where) + 16];
	struct extents extents;
	const struct extent *e;
	uint64_t sector;

	snprintf(path, sizeof(path), "%s/extended", bed->fs.where);
	extended_fd = extend_file_create(path, work->bytes, &extents);
	work->rc = extended_fd < 0 ? extended_fd : 0;
	if (work->rc)
		return;
	e = extents_find(&extents, last);
	sector = (e->physical_bytes + last - e->logical_bytes) / SECTOR_BYTES;
	memcpy(work->bytes, &sector, sizeof(sector));
	extents_free(&extents);
}

static void extend(struct testbed *bed, struct work *work)
{
	(void)bed;
	work->rc = ftruncate(extended_fd, EXTEND_FILE_BYTES) < 0 ? -errno : 0;
}

static void zero_without_memory(struct check_env *env, struct testbed *bed, struct worker *worker,
				const char *what)
{
	uint64_t at, len = PAGE_BYTES / SECTOR_BYTES;
	uint64_t sectors = bed->graph.devices[bed->device].size_sectors;
	bool whole = !strcmp(what, "error") || !strcmp(what, "zero");
	char *table = graph_table(&bed->graph, bed->device), *error_table, text[32];
	int rc;

	memcpy(&at, worker_work(worker)->bytes, sizeof(at));
	error_table = substitute_table(&bed->graph, bed->device, what, whole ? 0 : at,
				       whole ? sectors : len);
	rc = substitute_swap(testbed_dm(bed), error_table);
	check_evidence(env, "%s", error_table);
	check_observe(env, "load", json_string(substitute_outcome(rc)));
	if (!rc) {
		worker_ask(worker, extend, 0, 0, 0);
		workers_finish(worker, 1, LIMIT_MS);
		check_that(env, worker->state == WORK_DONE && worker_work(worker)->rc < 0,
			   "zeroing fails on a table without memory (got: %s)",
			   worker_outcome(worker, text));
		check_observe(env, "ftruncate", json_string(worker_outcome(worker, text)));
	}
	/* A task that died in the kernel holds its locks for ever: a later operation on the device
	 * or the filesystem would not end. */
	if (!rc && worker->state == WORK_DONE) {
		rc = substitute_swap(testbed_dm(bed), table);
		if (check_errno(env, rc, 0, "swapping back to the old table"))
			testbed_holds(env, bed, "back on the old table", 0, WINDOW_BYTES, 1);
	}
	free(table);
	free(error_table);
}

void zeroing(struct check_env *env, const void *data)
{
	const struct substitute_arg *arg = data;
	const struct testbed_spec spec = {.table = TESTBED_LINEAR,
					  .fs = arg->fs,
					  .file_bytes = SUBSTITUTE_FILE_BYTES,
					  .small_pages = true,
					  .direct = true};
	struct substitute instead = {.loop_fd = -1};
	struct worker worker = {0};
	struct testbed bed = TESTBED_NONE;
	bool good;

	if (arg->instead == SUBSTITUTE_ZERO || arg->instead == SUBSTITUTE_ERROR)
		good = substitute_find(env, arg->instead, &instead) &&
		       testbed_open(env, &bed, &spec);
	else
		good = substitute_upgrade(env, &bed, arg, &instead) && testbed_use(env, &bed);
	if (good && !workers_start(env, &worker, 1, &bed) &&
	    worker_do(env, &worker, "preparing a file", create_file, 0, 0, 0))
		zero_without_memory(env, &bed, &worker, instead.what);
	if (!worker.shared || worker.state == WORK_DONE) {
		workers_end(env, &worker, 1);
		testbed_close(env, &bed);
	}
	substitute_drop(&instead);
}

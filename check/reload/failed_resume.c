// SPDX-License-Identifier: GPL-2.0-only
#include "check/reload/failed_resume.h"

#include "check/fixture/testbed.h"
#include "check/fixture/worker.h"
#include "check/reload/swapped_members.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { STORED = 2, LIMIT_MS = 10000, SETTLE_MS = 2000 };

/* Loads a table on a device of the second namespace, which then shrinks.  Returns 0 or -errno. */
static int load_what_shrinks(const struct testbed *bed, const char *name)
{
	const uint64_t sectors = bed->graph.devices[bed->device].size_sectors;
	const char *numbers = bed->graph.devices[1].numbers;
	struct dm_device_info info;
	char table[128];
	int rc;

	snprintf(table, sizeof(table), "0 %" PRIu64 " linear %s 0", sectors, numbers);
	rc = dm_device_create(name, table, 0);
	rc = rc ? rc : dm_device_info(name, &info);
	if (rc < 0)
		return rc;
	snprintf(table, sizeof(table), "0 %" PRIu64 " linear %u:%u 0", sectors, info.major,
		 info.minor);
	rc = dm_device_load(testbed_dm(bed), table, 0);
	snprintf(table, sizeof(table), "0 %" PRIu64 " linear %s 0", sectors / 2, numbers);
	return rc ? rc : dm_device_reload(name, table, 0);
}

/* A task stores to a page that is not mapped while the device is what the failed resume left. */
static void look_after_failure(struct check_env *env, struct testbed *bed, struct worker *worker)
{
	const char *name = testbed_dm(bed);
	struct dm_device_info info = {0};
	char text[32];

	dm_device_info(name, &info);
	check_that(env, info.live_table, "after the failed resume the old table is still live");
	check_observe(env, "suspended", json_boolean(info.suspended));
	worker_ask(worker, work_store, work_page(1), PAGE_BYTES, STORED);
	workers_settle(worker, 1, SETTLE_MS);
	check_observe_suspicious(env, "store_after_failure",
				 json_string(worker_outcome(worker, text)));
	check_errno(env, dm_device_resume(name, 0), 0, "the resume after the failed one");
	workers_finish(worker, 1, LIMIT_MS);
	check_that(env, !strcmp(worker_outcome(worker, text), "done"),
		   "a store to the mapped file succeeds after the second resume (got: %s)", text);
	for (unsigned int i = 0; i < 2; i++)
		testbed_holds(env, bed, "after the second resume", work_page(i), PAGE_BYTES,
			      STORED);
	testbed_holds(env, bed, "after the second resume", WINDOW_BYTES, WINDOW_BYTES,
		      TESTBED_GENERATION);
	testbed_frames(env, bed, 0, SWAPPED_FILE_BYTES);
}

void failed_resume(struct check_env *env, const void *data)
{
	const struct swapped_members_arg *arg = data;
	const struct testbed_spec spec = {.table = "AB: $ linear A 4096",
					  .fs = arg->fs,
					  .file_bytes = SWAPPED_FILE_BYTES,
					  .small_pages = true,
					  .direct = true};
	struct worker worker = {0};
	struct testbed bed;
	char name[64];
	int rc;

	if (!testbed_open(env, &bed, &spec))
		return;
	check_name(env, "shrinks", name);
	if (!workers_start(env, &worker, 1, &bed) &&
	    worker_do(env, &worker, "a store", work_store, work_page(0), PAGE_BYTES, STORED) &&
	    check_setup(env, load_what_shrinks(&bed, name), "loading a table (%s)",
			dm_last_error())) {
		rc = dm_device_resume(testbed_dm(&bed), 0);
		check_observe(env, "resume", check_errno_json(rc));
		if (check_that(env, rc < 0,
			       "a resume with a table that ends past the end of its member fails"))
			look_after_failure(env, &bed, &worker);
	}
	workers_end(env, &worker, 1);
	testbed_close(env, &bed);
	check_errno(env, dm_device_remove(name, 0), 0,
		    "removing the device of the table that did not become live");
}

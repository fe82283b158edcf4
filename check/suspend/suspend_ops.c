// SPDX-License-Identifier: GPL-2.0-only
#include "check/suspend/suspend_ops.h"

#include "check/fixture/worker.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { FILE_BYTES = 4 * WINDOW_BYTES };

bool suspend_ops_open(struct check_env *env, struct testbed *bed, const struct suspend_ops_arg *arg)
{
	const struct testbed_spec spec = {
		.table = arg->lower ? TESTBED_DEPTH : "2x $/2 linear A +0",
		.fs = arg->fs,
		.file_bytes = FILE_BYTES,
		.small_pages = !arg->huge,
		.map_flags = arg->map_flags,
		.direct = true,
	};

	return testbed_open(env, bed, &spec);
}

/* ---- operations that wait, in each mode; all are released ------------------------------------ */

/* stores: writes its page.  killed: gets SIGKILL while it waits.  second: starts once the others
 * wait, because it makes a journal wait, and with it all later operations. */
struct op {
	const char *name;
	work_fn *prepare, *fn;
	bool stores, killed, second;
};

static const struct op ops[] = {
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

enum { OPS = sizeof(ops) / sizeof(ops[0]) };

static bool prepare(struct check_env *env, const struct testbed *bed, struct worker *workers)
{
	for (unsigned int i = 0; i < OPS; i++)
		if (ops[i].prepare && !worker_do(env, &workers[i], ops[i].name, ops[i].prepare,
						 work_page(i), PAGE_BYTES, 2))
			return false;
	/* Nothing of the preparation is still on its way. */
	return check_setup(env, fsync(bed->fd) < 0 ? -errno : 0, "syncing the file");
}

static void start_round(struct worker *workers, bool second)
{
	for (unsigned int i = 0; i < OPS; i++)
		if (ops[i].second == second)
			worker_ask(&workers[i], ops[i].fn, work_page(i), PAGE_BYTES, 3);
	workers_settle(workers, OPS, SUSPEND_SETTLE_MS);
}

/* Sends SIGKILL to those that wait; observes which of them died of it. */
static void kill_waiting(struct check_env *env, struct worker *workers)
{
	json_t *value = json_object();

	for (unsigned int i = 0; i < OPS; i++)
		if (ops[i].killed && workers[i].state == WORK_WAITS)
			kill(workers[i].task.pid, SIGKILL);
	for (unsigned int i = 0; i < OPS; i++) {
		bool waits = workers[i].state == WORK_WAITS;

		if (ops[i].killed)
			json_object_set_new(value, ops[i].name + strlen("killed_"),
					    json_string(!waits ? "no need"
							: check_wait(&workers[i].task, 300)
								? "dies"
								: "waits on"));
	}
	check_observe(env, "sigkill", value);
}

static void observe(struct check_env *env, struct worker *workers)
{
	json_t *value = json_object();
	char text[32];

	for (unsigned int i = 0; i < OPS; i++)
		if (!ops[i].killed)
			json_object_set_new(value, ops[i].name,
					    json_string(worker_outcome(&workers[i], text)));
	check_observe_suspicious(env, "who_waits", value);
}

/* The page of a store that was killed while it waited keeps what it had. */
static uint32_t expected_generation(const struct op *item, const struct worker *worker)
{
	if (item->stores && worker->state == WORK_DONE)
		return 3;
	return item->prepare == work_store ? 2 : 1;
}

/* No contract covers whether a write(2) that was killed while it waited is done. */
static bool is_known(const struct op *item, const struct worker *worker)
{
	return item->fn != work_write || worker->state == WORK_DONE;
}

static void judge_released(struct check_env *env, const struct testbed *bed, struct worker *workers)
{
	char text[32];

	workers_finish(workers, OPS, SUSPEND_RELEASE_MS);
	for (unsigned int i = 0; i < OPS; i++) {
		const char *outcome = worker_outcome(&workers[i], text);

		check_that(env,
			   !strcmp(outcome, "done") || (ops[i].killed && !strcmp(outcome, "dies")),
			   "%s ends after the resume (got: %s)", ops[i].name, outcome);
	}
	for (unsigned int i = 0; i < OPS && !check_complained(env); i++)
		if (is_known(&ops[i], &workers[i]))
			testbed_holds(env, bed, ops[i].name, work_page(i), PAGE_BYTES,
				      expected_generation(&ops[i], &workers[i]));
}

/* Which operations wait, and which of them SIGKILL ends. */
static void run_ops(struct check_env *env, struct worker *workers)
{
	start_round(workers, false);
	start_round(workers, true);
	observe(env, workers);
	kill_waiting(env, workers);
}

void suspend_ops_released(struct check_env *env, const void *data)
{
	const struct suspend_ops_arg *arg = data;
	struct worker workers[OPS] = {0};
	struct testbed bed;
	const char *name = NULL;

	if (suspend_ops_open(env, &bed, arg))
		name = bed.graph.devices[arg->lower ? 1 : bed.device].name;
	if (name && !workers_start(env, workers, OPS, &bed) && prepare(env, &bed, workers) &&
	    check_setup(env, dm_device_suspend(name, arg->flags), "suspending %s", name)) {
		run_ops(env, workers);
		if (check_errno(env, dm_device_resume(name, 0), 0, "resuming %s", name))
			judge_released(env, &bed, workers);
	}
	workers_end(env, workers, OPS);
	testbed_close(env, &bed);
}

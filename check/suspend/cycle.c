// SPDX-License-Identifier: GPL-2.0-only
#include "check/suspend/cycle.h"

#include "check/fixture/live.h"
#include "lib/base/limit_clock.h"
#include "lib/file/stamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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
	int64_t since_ms = limit_clock_ms();
	int rc = dm_device_remove(name, 0);

	if (!check_errno(env, rc, 0, "removing the device in cycle %u (%s)", cycle, dm_complaint()))
		return false;
	return check_that(env, limit_clock_ms() - since_ms < REMOVE_MS,
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

void cycle(struct check_env *env, const void *arg)
{
	struct cycler cyclers[CYCLERS];
	int64_t until_ms = limit_clock_ms() + CYCLES_MS;
	bool good = true;

	(void)arg;
	for (unsigned int i = 0; i < CYCLERS; i++) {
		cyclers[i] = (struct cycler){.number = i, .live = LIVE_NONE};
		good = good && start_cycler(env, &cyclers[i]);
	}
	for (unsigned int i = 0; i < CYCLERS; i++) {
		int64_t left_ms = until_ms - limit_clock_ms();

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

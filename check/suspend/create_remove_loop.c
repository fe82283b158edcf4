// SPDX-License-Identifier: GPL-2.0-only
#include "check/suspend/create_remove_loop.h"

#include "check/fixture/testbed.h"
#include "lib/base/limit_clock.h"
#include "lib/file/stamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/*
 * Several at a time, each on its own bytes: removing a device mostly waits for RCU, and devices are
 * created and removed concurrently on a busy host.
 */
enum {
	LOOPS = 5,
	CYCLES = 20, /* of each */
	CYCLES_QUICK = 2,
	LOOP_SECTORS = 12 * WINDOW_BYTES / SECTOR_BYTES,
	REMOVE_MS = 5000,
	CYCLES_MS = 45000,
};

struct loop {
	struct check_env *env;
	unsigned int number, cycles;
	char table[48];
	struct testbed bed;
	struct check_task task;
};

/* The page holds the generation of the cycle before; stores its own.  Returns false if not. */
static bool use(struct check_env *env, const struct testbed *bed, uint32_t cycle)
{
	char bytes[PAGE_BYTES], when[32];

	snprintf(when, sizeof(when), "in cycle %u", cycle);
	if (!testbed_map_holds(env, bed, when, 0, PAGE_BYTES, cycle))
		return false;
	stamp_fill(bytes, sizeof(bytes), TESTBED_FILE, 0, cycle + 1);
	check_copy(bed->map.base, bytes, sizeof(bytes));
	return true;
}

static bool remove_in_time(struct check_env *env, const char *name, uint32_t cycle)
{
	int64_t since_ms = limit_clock_ms();
	int rc = dm_device_remove(name, 0);

	if (!check_errno(env, rc, 0, "removing the device in cycle %u (%s)", cycle,
			 dm_last_error()))
		return false;
	return check_that(env, limit_clock_ms() - since_ms < REMOVE_MS,
			  "removing the device ends within %d s", REMOVE_MS / 1000);
}

/* Leaves the device and the filesystem there. */
static bool cycle_on(struct loop *c, const char *table)
{
	struct check_env *env = c->env;
	struct testbed *bed = &c->bed;

	for (uint32_t i = 1; i <= c->cycles; i++) {
		int rc;

		if (!use(env, bed, i) || !testbed_detach(env, bed) ||
		    !remove_in_time(env, testbed_dm(bed), i))
			return false;
		rc = dm_device_create(testbed_dm(bed), table, 0);
		if (!check_setup(env, rc, "creating the device again (%s)", dm_last_error()) ||
		    !testbed_attach(env, bed))
			return false;
	}
	return testbed_raw_holds(env, bed, "after all cycles", 0, PAGE_BYTES, c->cycles + 1);
}

static int loop_main(void *arg)
{
	struct loop *c = arg;
	char directory[256], *table = graph_table(&c->bed.graph, c->bed.device);
	bool good;

	/* A copy of our own: so are the mount points. */
	snprintf(directory, sizeof(directory), "%s/%u", c->env->directory, c->number);
	mkdir(directory, 0700);
	c->env->directory = directory;
	good = table && testbed_use(c->env, &c->bed) && cycle_on(c, table);
	free(table);
	testbed_close(c->env, &c->bed);
	return !good;
}

static bool start_loop(struct check_env *env, struct loop *c)
{
	const struct testbed_spec spec = {
		.table = c->table, .fs = "ext4", .file_bytes = WINDOW_BYTES, .small_pages = true};

	c->env = env;
	c->cycles = env->quick ? CYCLES_QUICK : CYCLES;
	snprintf(c->table, sizeof(c->table), "%d linear A %u", LOOP_SECTORS,
		 c->number * LOOP_SECTORS);
	return testbed_devices(env, &c->bed, &spec) && !check_start(env, &c->task, loop_main, c);
}

void create_remove_loop(struct check_env *env, const void *arg)
{
	struct loop loops[LOOPS];
	int64_t until_ms = limit_clock_ms() + CYCLES_MS;
	bool good = true;

	(void)arg;
	for (unsigned int i = 0; i < LOOPS; i++) {
		loops[i] = (struct loop){.number = i, .bed = TESTBED_NONE};
		good = good && start_loop(env, &loops[i]);
	}
	for (unsigned int i = 0; i < LOOPS; i++) {
		int64_t left_ms = until_ms - limit_clock_ms();

		if (!check_wait(&loops[i].task, left_ms > 0 ? (unsigned int)left_ms : 0))
			check_fail(env, "device %u has not completed its cycles after %d s", i,
				   CYCLES_MS / 1000);
		else if (loops[i].task.pid)
			check_equal(env, loops[i].task.status, 0, "status of the task of device %u",
				    i);
		check_kill(&loops[i].task);
		if (loops[i].task.pid) /* the task took its device down */
			loops[i].bed.graph.devices[loops[i].bed.device].numbers[0] = '\0';
		testbed_close(env, &loops[i].bed);
	}
}

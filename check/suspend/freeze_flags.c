// SPDX-License-Identifier: GPL-2.0-only
#include "check/suspend/freeze_flags.h"

#include "check/fixture/calls.h"
#include "check/fixture/testbed.h"
#include "lib/dev/dm.h"

#include <errno.h>
#include <stdlib.h>

enum { FREEZE, THAW };

static const char *const functions[] = {"bdev_freeze|freeze_bdev", "bdev_thaw|thaw_bdev", NULL};

static const struct {
	unsigned int flags;
	const char *name;
} modes[] = {{0, "suspend"},
	     {DM_NOLOCKFS, "suspend --nolockfs"},
	     {DM_NOFLUSH, "suspend --noflush"},
	     {DM_NOFLUSH | DM_NOLOCKFS, "suspend --noflush --nolockfs"}};
enum { MODES = sizeof(modes) / sizeof(modes[0]) };

/* Without noflush and nolockfs the filesystem is frozen once and thawed once. */
static void judge(struct check_env *env, const struct calls *calls, unsigned int mode,
		  const char *how)
{
	int64_t want = !modes[mode].flags;

	check_equal(env, (int64_t)calls_count(calls, FREEZE), want,
		    "times that the filesystem is frozen by %s%s", modes[mode].name, how);
	check_equal(env, (int64_t)calls_count(calls, THAW), want,
		    "times that the filesystem is thawed after %s%s", modes[mode].name, how);
}

/* Suspend and resume; then a new table, for which the resume suspends the device. */
static void each_way(struct check_env *env, const struct testbed *bed, struct calls *calls,
		     unsigned int mode)
{
	const char *name = testbed_dm(bed);
	char *table = dm_device_table(name, false);
	int rc;

	calls_start(calls);
	rc = dm_device_suspend(name, modes[mode].flags);
	if (!rc)
		rc = dm_device_resume(name, 0);
	if (calls_stop(env, calls) && check_setup(env, rc, "%s and resume", modes[mode].name))
		judge(env, calls, mode, "");
	rc = table ? dm_device_load(name, table, 0) : -ENOMEM;
	calls_start(calls);
	if (!rc)
		rc = dm_device_resume(name, modes[mode].flags);
	if (calls_stop(env, calls) &&
	    check_setup(env, rc, "a resume with a new table (%s)", dm_last_error()))
		judge(env, calls, mode, ", as part of a resume with a new table");
	free(table);
}

void freeze_flags(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = {.table = "2x $/2 linear A +0",
					  .fs = arg,
					  .file_bytes = WINDOW_BYTES,
					  .direct = true};
	struct testbed bed = TESTBED_NONE;
	struct calls calls;

	if (calls_open(env, &calls, functions) && testbed_open(env, &bed, &spec)) {
		for (unsigned int mode = 0; mode < MODES; mode++)
			each_way(env, &bed, &calls, mode);
		testbed_holds(env, &bed, "after the resumes", 0, bed.bytes, TESTBED_GENERATION);
	}
	testbed_close(env, &bed);
	calls_close(&calls);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A battery: everything that a process may ask of a file and of its device, each by a task of its
 * own, while the device is suspended.  Who waits and whom SIGKILL ends is observed; after the
 * resume all must be over, and every byte right.
 */
#ifndef DAXDM_BATTERY_H
#define DAXDM_BATTERY_H

#include "check/check.h"
#include "check/fixture/testbed.h"

struct suspend_arg {
	const char *table; /* check/fixture/testbed.h; NULL: two segments */
	const char *fs;
	unsigned int flags; /* of the suspend */
	bool huge;
	int map_flags; /* 0: MAP_SHARED */
};

enum {
	SUSPEND_SETTLE_MS = 10000,  /* who waits, waits by then */
	SUSPEND_RELEASE_MS = 10000, /* what waited must be gone so long after the resume */
};

/* A testbed as arg says.  Returns true, or false after check_broken();
 * testbed_close() in either case. */
bool suspend_open(struct check_env *env, struct testbed *bed, const struct suspend_arg *arg);

/* Run functions; arg is a const struct suspend_arg.  The one suspends the device that is mounted,
 * the other the one
 * below it, the second of its table (with no flags). */
void battery_released(struct check_env *env, const void *arg);
void battery_lower_released(struct check_env *env, const void *arg);

#endif

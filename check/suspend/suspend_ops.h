/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every operation on a file and on its device, each by a task of its own, while the device is
 * suspended.  Which of them wait and which SIGKILL ends is observed; after the resume all must have
 * ended, and every byte must be right.
 */
#ifndef DAXDM_SUSPEND_OPS_H
#define DAXDM_SUSPEND_OPS_H

#include "check/check.h"
#include "check/fixture/testbed.h"

struct suspend_ops_arg {
	const char *fs;
	bool lower;	    /* the suspended device is the one below the mounted one */
	unsigned int flags; /* of the suspend */
	bool huge;
	int map_flags; /* 0: MAP_SHARED */
};

enum {
	SUSPEND_SETTLE_MS = 10000,  /* what waits is asleep by then */
	SUSPEND_RELEASE_MS = 10000, /* for a waiting task to end after the resume */
};

/* A device of two segments, or of two levels, in use as arg says.  Returns true, or false after
 * check_broken(); testbed_close() in either case. */
bool suspend_ops_open(struct check_env *env, struct testbed *bed,
		      const struct suspend_ops_arg *arg);

/* A run function; arg is a const struct suspend_ops_arg. */
void suspend_ops_released(struct check_env *env, const void *arg);

#endif

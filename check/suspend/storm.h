/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A storm: tasks that store, fault, write and read without a pause, while the device below them is
 * suspended in every mode and reloaded with tables that cut the same bytes into other segments.
 */
#ifndef DAXDM_STORM_H
#define DAXDM_STORM_H

#include "check/check.h"

struct storm_arg {
	const char *fs;
};

#define STORM_PROMISE                                                                             \
	"through any number of suspends, reloads of the same bytes and resumes, everybody reads " \
	"what was written, and at the end every sector holds what was written last"

/* A check's run function; arg is a struct storm_arg. */
void storm(struct check_env *env, const void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Power cuts that take the CPU caches: see crash.c. */
#ifndef DAXDM_LINES_H
#define DAXDM_LINES_H

#include "check/fixture/testbed.h"

struct crash_lines {
	struct testbed_spec bed;
	unsigned int ways; /* of operations.h */
	bool bio;	   /* mounted with dax=never */
	bool lost;	   /* the counter-case: what was acknowledged is lost */
};

/* A check: writes, makes the worst legal image of env->rounds moments, and verifies each. */
void crash_lines(struct check_env *env, const void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Power cuts: see crash.c. */
#ifndef DAXDM_CUT_H
#define DAXDM_CUT_H

#include "check/fixture/testbed.h"

struct crash_cut {
	struct testbed_spec bed;
	unsigned int ways; /* of operations.h */
};

/* A check: makes a filesystem and files, or, after a cut, verifies them; then writes until the
 * driver cuts the power, env->rounds times. */
void crash_cut(struct check_env *env, const void *arg);

/* Mounts the filesystem of a device with DAX, as *fs describes it, below env->directory.  Returns
 * true, or false after check_fail(). */
bool crash_mount(struct check_env *env, struct check_fs *fs, const char *type, const char *node,
		 const char *when);

/* e2fsck -f -n, xfs_repair -n.  Returns true, or false after check_fail(). */
bool crash_fsck(struct check_env *env, const char *type, const char *node, const char *when);

#endif

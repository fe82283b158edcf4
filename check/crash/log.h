/* SPDX-License-Identifier: GPL-2.0-only */
/* Prefixes of a log of dm-log-writes: see crash.c. */
#ifndef DAXDM_LOG_H
#define DAXDM_LOG_H

#include "check/fixture/testbed.h"

/* A check; arg is the name of a filesystem.  Writes by bios, with a mark in the log as
 * acknowledgement, and verifies the filesystem of 3 * env->rounds prefixes, of all if there are not
 * so many. */
void crash_log(struct check_env *env, const void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks that store, fault, write and read without a pause, while the device below them is
 * suspended in every mode and reloaded with tables that cut the same bytes into other segments.
 */
#ifndef DAXDM_SUSPEND_STRESS_H
#define DAXDM_SUSPEND_STRESS_H

#include "check/check.h"

#define SUSPEND_STRESS_PROMISE \
	"readers and writers get correct bytes during repeated suspends, reloads and resumes"

/* A check's run function; arg is the filesystem. */
void suspend_stress(struct check_env *env, const void *arg);

#endif

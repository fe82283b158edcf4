/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests each named device before any check uses it. */
#ifndef DAXDM_DEVICE_HEALTH_H
#define DAXDM_DEVICE_HEALTH_H

#include "check/check.h"

/*
 * Writes the last 4 KiB of a block device or file with fsync(2), reads them back past the page
 * cache, and puts back what was there.  Returns 0, or -errno with a sentence in why: "fsync:
 * Input/output error"; -EBADMSG if other bytes come back.
 */
int device_try(const char *node, char why[DEVICE_SICK_MAX]);

/*
 * Tests each named device in a process of its own, for at most 30 s of the limit clock each, and
 * fills env->sick.  Returns how many devices failed.
 */
unsigned int devices_try(struct check_env *env);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices of terabytes, and requests of single sectors. */
#ifndef DAXDM_FAR_H
#define DAXDM_FAR_H

#include "check/check.h"

/*
 * Files of xfs on a device of 4 TiB: allocation groups of 1 TiB whose first part has memory of its
 * own, and whose rest is the same memory many times.  A run function; arg is NULL.
 */
void far_files(struct check_env *env, const void *arg);

/* O_DIRECT requests of a few sectors in several pieces of memory around each end of a segment or
 * chunk.  A run function; arg is a table as check/fixture/testbed.h explains. */
void far_sectors(struct check_env *env, const void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Bios that are on their way, and many that are deferred, when a device is suspended. */
#ifndef DAXDM_IN_FLIGHT_H
#define DAXDM_IN_FLIGHT_H

#include "check/check.h"

/* A run function; arg is NULL.  A write that a dm-delay below holds back is done when the suspend
 * returns, in each mode. */
void in_flight(struct check_env *env, const void *arg);

/* A run function; arg is NULL.  A suspend that waits for such a write gets a signal. */
void in_flight_interrupted(struct check_env *env, const void *arg);

/* A run function; arg is NULL.  Many reads, writes and a flush of a suspended device end after the
 * resume. */
void in_flight_deferred(struct check_env *env, const void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices that are created, used and removed again and again, several beside each other. */
#ifndef DAXDM_CYCLE_H
#define DAXDM_CYCLE_H

#include "check/check.h"

/* A run function; arg does not count. */
void cycle(struct check_env *env, const void *arg);

#endif

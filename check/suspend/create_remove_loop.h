/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices that are created, used and removed repeatedly, several at a time. */
#ifndef DAXDM_CREATE_REMOVE_LOOP_H
#define DAXDM_CREATE_REMOVE_LOOP_H

#include "check/check.h"

/* A run function; arg does not count. */
void create_remove_loop(struct check_env *env, const void *arg);

#endif

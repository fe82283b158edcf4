/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices that are created, used and removed again and again, several beside each other. */
#ifndef DAXDM_CREATE_REMOVE_LOOP_H
#define DAXDM_CREATE_REMOVE_LOOP_H

#include "check/check.h"

/* A run function; arg does not count. */
void create_remove_loop(struct check_env *env, const void *arg);

#endif

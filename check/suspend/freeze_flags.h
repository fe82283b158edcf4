/* SPDX-License-Identifier: GPL-2.0-only */
/* When device-mapper freezes the filesystem. */
#ifndef DAXDM_FREEZE_FLAGS_H
#define DAXDM_FREEZE_FLAGS_H

#include "check/check.h"

/* A run function; arg is the filesystem. */
void freeze_flags(struct check_env *env, const void *arg);

#endif

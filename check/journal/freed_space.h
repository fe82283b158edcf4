/* SPDX-License-Identifier: GPL-2.0-only */
/* Blocks that a removed file frees, on a filesystem that is full. */
#ifndef DAXDM_FREED_SPACE_H
#define DAXDM_FREED_SPACE_H

#include "check/check.h"

/* A run function; arg is the filesystem. */
void freed_space(struct check_env *env, const void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Swapping to a file of a filesystem with DAX. */
#ifndef DAXDM_SWAPFILE_H
#define DAXDM_SWAPFILE_H

#include "check/check.h"

/* A run function; arg is the type of a filesystem, "ext4". */
void swapfile(struct check_env *env, const void *arg);

#endif

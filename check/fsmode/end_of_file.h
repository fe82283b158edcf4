/* SPDX-License-Identifier: GPL-2.0-only */
/* A file that is cut at many offsets, and made longer again in every way. */
#ifndef DAXDM_END_OF_FILE_H
#define DAXDM_END_OF_FILE_H

#include "check/check.h"

/* A run function; arg is the type of the filesystem. */
void end_of_file(struct check_env *env, const void *arg);

#endif

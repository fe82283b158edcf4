/* SPDX-License-Identifier: GPL-2.0-only */
/* The times of a file that is accessed through a DAX mapping. */
#ifndef DAXDM_TIMES_H
#define DAXDM_TIMES_H

#include "check/check.h"

/* A run function; arg is the type of the filesystem. */
void times_of_mapped_file(struct check_env *env, const void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Bad memory that a machine check reports: which sectors become bad blocks. */
#ifndef DAXDM_BAD_RANGES_H
#define DAXDM_BAD_RANGES_H

#include "check/check.h"

/* A run function; arg is NULL.  The namespaces keep their bad blocks. */
void bad_ranges(struct check_env *env, const void *arg);

#endif

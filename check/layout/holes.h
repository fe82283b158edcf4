/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of many short extents and holes. */
#ifndef DAXDM_HOLES_H
#define DAXDM_HOLES_H

#include "check/check.h"

/* A run function; arg is a const struct testbed_spec. */
void holes(struct check_env *env, const void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Zeroing through DAX where the table cannot; where it can: check/fixture/extend_file.h. */
#ifndef DAXDM_ZEROING_H
#define DAXDM_ZEROING_H

#include "check/check.h"

/* A run function; arg is a const struct substitute_arg (check/tabletype/substitute.h), its fs is
 * xfs. */
void zeroing(struct check_env *env, const void *arg);

#endif

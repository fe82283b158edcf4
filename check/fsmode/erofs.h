/* SPDX-License-Identifier: GPL-2.0-only */
/* erofs, which cannot be written to. */
#ifndef DAXDM_EROFS_H
#define DAXDM_EROFS_H

#include "check/check.h"

/* A run function; arg is a table of check/fixture/testbed.h. */
void erofs_image(struct check_env *env, const void *arg);

#endif

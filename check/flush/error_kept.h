/* SPDX-License-Identifier: GPL-2.0-only */
/* An error of write-back that nobody has been told of. */
#ifndef DAXDM_ERROR_KEPT_H
#define DAXDM_ERROR_KEPT_H

#include "check/check.h"

/* A run function; arg is the filesystem.  On a device without DAX: an error of write-back is kept
 * in the file's mapping, until each open file has reported it. */
void error_kept(struct check_env *env, const void *arg);

#endif

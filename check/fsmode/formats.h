/* SPDX-License-Identifier: GPL-2.0-only */
/* Formats of ext4 that daxdm does not make otherwise. */
#ifndef DAXDM_FORMATS_H
#define DAXDM_FORMATS_H

#include "check/check.h"

/* Run functions; arg is NULL.  A file that is mapped by indirect blocks, without a journal, as on
 * ext2; a file with fs-verity. */
void formats_indirect(struct check_env *env, const void *arg);
void formats_verity(struct check_env *env, const void *arg);

#endif

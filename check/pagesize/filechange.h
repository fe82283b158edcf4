/* SPDX-License-Identifier: GPL-2.0-only */
/* A file that changes while it is mapped by PMDs. */
#ifndef DAXDM_FILECHANGE_H
#define DAXDM_FILECHANGE_H

#include "check/check.h"

/* Run functions; arg is the filesystem, a string. */
void filechange_punch_page(struct check_env *env, const void *arg);
void filechange_punch_window(struct check_env *env, const void *arg);
void filechange_truncate(struct check_env *env, const void *arg);

/* The last window has all its blocks, in one aligned extent, but the file ends inside. */
void filechange_end(struct check_env *env, const void *arg);

/* Blocks that are allocated but not written: one extent, one PMD. */
void filechange_unwritten(struct check_env *env, const void *arg);

#endif

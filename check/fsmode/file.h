/* SPDX-License-Identifier: GPL-2.0-only */
/* A file that is not DAX where DAX was asked for. */
#ifndef DAXDM_FSMODE_FILE_H
#define DAXDM_FSMODE_FILE_H

#include "check/check.h"

/* Sets or clears FS_XFLAG_DAX and the like of a file or directory.  Returns 0 or -errno.
 * Source: ioctl_xfs_fsgetxattr(2). */
int file_set_flag(int fd, uint32_t xflag, bool on);

/* Writes an empty file, stores to its first page through a mapping, and reads it: neither is DAX,
 * and the bytes are right.  The file then has the stamps of TESTBED_FILE but for its first byte. */
void file_is_not_dax(struct check_env *env, int fd, uint64_t bytes);

#endif

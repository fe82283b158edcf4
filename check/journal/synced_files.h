/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that are changed in one way each, and made durable by one call: appended, cut, punched,
 * stored into, renamed, removed.  What they hold is computed a second time to look at them.
 */
#ifndef DAXDM_SYNCED_FILES_H
#define DAXDM_SYNCED_FILES_H

#include "check/check.h"

/* Returns true, or false after a complaint. */
bool synced_files_write(struct check_env *env, const struct check_fs *fs);

/* Whether each is there, as long as it was, with its bytes.  on: "a device", for messages. */
void synced_files_hold(struct check_env *env, const struct check_fs *fs, const char *on);

#endif

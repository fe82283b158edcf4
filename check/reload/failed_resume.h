/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A resume that fails: the device that the new table is on became smaller after the table was
 * loaded.  The old table stays, and the next resume is one of the old table.
 */
#ifndef DAXDM_FAILED_RESUME_H
#define DAXDM_FAILED_RESUME_H

#include "check/check.h"

/* The run function; arg is a const struct swapped_members_arg, of which only fs counts. */
void failed_resume(struct check_env *env, const void *arg);

#endif

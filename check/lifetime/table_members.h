/* SPDX-License-Identifier: GPL-2.0-only */
/* Members of a table: held as long as the table is there, and not longer. */
#ifndef DAXDM_TABLE_MEMBERS_H
#define DAXDM_TABLE_MEMBERS_H

#include "check/check.h"

/* Run functions; arg is NULL. */
void table_members_released(struct check_env *env, const void *arg);
void table_members_swapped(struct check_env *env, const void *arg);
void table_members_twice(struct check_env *env, const void *arg);
void table_members_end(struct check_env *env, const void *arg);

#endif

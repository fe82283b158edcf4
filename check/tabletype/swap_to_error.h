/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table that has no memory where the file is: every access to the file, by a task of its own,
 * while that table is live, and the file once the old table is back.
 */
#ifndef DAXDM_SWAP_TO_ERROR_H
#define DAXDM_SWAP_TO_ERROR_H

#include "check/check.h"

/* Run functions; arg is a const struct substitute_arg (check/tabletype/substitute.h).  The first
 * swaps a table without any member in; the second a device without DAX, under a
 * device that became DAX: if the kernel accepts that table, no access may be direct over it. */
void swap_to_error(struct check_env *env, const void *arg);
void swap_to_error_upgraded(struct check_env *env, const void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A live DAX device is given a table that DAX cannot serve, with the same bytes: a segment that
 * begins within a page, or one whose member begins a sector past a page.  The table must be
 * refused, or every access to the page in question must be right.
 */
#ifndef DAXDM_UNALIGNED_SWAP_H
#define DAXDM_UNALIGNED_SWAP_H

#include "check/check.h"

struct unaligned_swap_arg {
	const char *fs;
	bool torn; /* else the member is shifted */
};

/* The run function; arg is a const struct unaligned_swap_arg. */
void unaligned_swap(struct check_env *env, const void *arg);

#endif

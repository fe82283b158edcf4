/* SPDX-License-Identifier: GPL-2.0-only */
/* fallocate(2) of ranges that begin or end within a block, under a mapping. */
#ifndef DAXDM_EDGES_H
#define DAXDM_EDGES_H

#include "check/check.h"

struct edges_case {
	const char *fs;
	int mode; /* of fallocate(2) */
};

/* A run function; arg is a const struct edges_case. */
void edges_of_range(struct check_env *env, const void *arg);

#endif

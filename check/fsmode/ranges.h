/* SPDX-License-Identifier: GPL-2.0-only */
/* fallocate(2) operations that move or replace blocks of a file under its mapping. */
#ifndef DAXDM_RANGES_H
#define DAXDM_RANGES_H

#include "check/check.h"

struct range_case {
	const char *fs;
	int mode; /* of fallocate(2) */
	uint64_t at_bytes, len_bytes;
};

/* A run function; arg is a const struct range_case. */
void range_under_mapping(struct check_env *env, const void *arg);

#endif

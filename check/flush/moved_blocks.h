/* SPDX-License-Identifier: GPL-2.0-only */
/* What fsync(2) writes back of a mapped file whose blocks fallocate(2) moved, or freed some of. */
#ifndef DAXDM_MOVED_BLOCKS_H
#define DAXDM_MOVED_BLOCKS_H

#include "check/fixture/testbed.h"

struct moved_case {
	struct testbed_spec spec;
	int mode; /* of fallocate(2) */
};

/* A run function; arg is a const struct moved_case. */
void moved_blocks_written_back(struct check_env *env, const void *arg);

/* The same of pages whose blocks were taken by a hole and given to another file, and that got other
 * blocks by stores; arg is a const struct testbed_spec. */
void refilled_written_back(struct check_env *env, const void *arg);

#endif

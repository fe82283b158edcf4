/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What MAP_SYNC promises: once a store into a hole is done, the block is in the file of a copy of
 * the device that is made while the filesystem is mounted.
 */
#ifndef DAXDM_DURABLE_H
#define DAXDM_DURABLE_H

#include "check/fixture/testbed.h"

struct durable {
	struct testbed_spec bed; /* without a file */
	enum { DURABLE_HOLE, DURABLE_UNWRITTEN } file;
};

/* A run function; arg is a const struct durable. */
void durable(struct check_env *env, const void *arg);

#endif

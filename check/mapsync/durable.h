/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What MAP_SYNC gives: the moment a store into a hole has come back, a copy of the device, made
 * under the mounted filesystem, has the block in the file.
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

/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a flush reaches every member of a device, and the hypervisor of virtio-pmem. */
#ifndef DAXDM_MEMBERS_H
#define DAXDM_MEMBERS_H

#include "check/fixture/testbed.h"

enum members_how { MEMBERS_BY_FSYNC, MEMBERS_BY_DSYNC_WRITE, MEMBERS_BY_BLOCK_DEVICE };

struct members {
	struct testbed_spec bed;
	enum members_how how;
};

/* A run function; arg is a const struct members, of two. */
void members_flushed(struct check_env *env, const void *arg);

/* A run function; arg is a const struct testbed_spec on virtio-pmem. */
void members_hypervisor(struct check_env *env, const void *arg);

#endif

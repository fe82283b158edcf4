/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a flush reaches every member of a device, and the hypervisor of virtio-pmem. */
#ifndef DAXDM_MEMBER_FLUSH_H
#define DAXDM_MEMBER_FLUSH_H

#include "check/fixture/calls.h"
#include "check/fixture/testbed.h"

enum member_flush_how {
	MEMBER_FLUSH_BY_FSYNC,
	MEMBER_FLUSH_BY_DSYNC_WRITE,
	MEMBER_FLUSH_BY_BLOCK_DEVICE
};

struct member_flush {
	struct testbed_spec bed;
	enum member_flush_how how;
};

/* The nd_region that a flush of the namespace itself reaches.  calls: opened with nvdimm_flush() as
 * WRITEBACK_FLUSH.  0 after a complaint. */
uint64_t member_flush_region(struct check_env *env, const struct namespace *ns,
			     struct calls *calls);

/* A run function; arg is a const struct member_flush, of two. */
void member_flush_all(struct check_env *env, const void *arg);

/* A run function; arg is a const struct testbed_spec on virtio-pmem. */
void member_flush_hypervisor(struct check_env *env, const void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Each call that promises durability, one after the other on one device: what it flushes. */
#ifndef DAXDM_EVERY_WAY_H
#define DAXDM_EVERY_WAY_H

#include "check/fixture/testbed.h"

/* Run functions; arg is a const struct testbed_spec.  Every member is flushed by each call. */
void every_way_members(struct check_env *env, const void *arg);

/* A range that msync(2) is given: pages in it are written back, those around it by the next fsync.
 */
void every_way_ranges(struct check_env *env, const void *arg);

/* On virtio-pmem: each call sends the hypervisor requests, and returns after it answered. */
void every_way_requests(struct check_env *env, const void *arg);

/* A run function; arg is a const struct testbed_spec of one namespace.  The commit of a journal, a
 * write with REQ_FUA, is followed by a flush. */
void every_way_forced(struct check_env *env, const void *arg);

#endif

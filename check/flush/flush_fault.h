/* SPDX-License-Identifier: GPL-2.0-only */
/* A flush of virtio-pmem that the hypervisor reports as failed, or answers late. */
#ifndef DAXDM_FLUSH_FAULT_CHECK_H
#define DAXDM_FLUSH_FAULT_CHECK_H

#include "check/fixture/testbed.h"

/* Run functions; arg is a const struct testbed_spec with a member on virtio-pmem.  Without a file
 * the device is flushed, else a file of it is made durable. */
void flush_fault_reported(struct check_env *env, const void *arg);
void flush_fault_awaited(struct check_env *env, const void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults of a flush of virtio-pmem.  QEMU answers each request by fsync(2) of the backing file and
 * has no option that makes it fail or wait.  emu/preload/flush_fault.c takes the place of its
 * fsync(2) and obeys this structure in the last sector of the file, which is the last sector of the
 * guest's device: a check writes it there.
 */
#ifndef DAXDM_FLUSH_FAULT_H
#define DAXDM_FLUSH_FAULT_H

#include <stdint.h>

#define FLUSH_FAULT_MAGIC "daxdm flush", sizeof("daxdm flush")

enum { FLUSH_FAULT_BYTES = 512, FLUSH_FAULT_HOLD_MS = 20000 };

struct flush_fault {
	char magic[16];
	uint32_t seen; /* written by the hypervisor: requests since it was armed */
	uint32_t pass; /* so many requests are answered as usual, */
	uint32_t fail; /* and so many after them fail with EIO */
	uint32_t hold; /* not 0: requests wait until it is 0, at most FLUSH_FAULT_HOLD_MS */
};

#endif

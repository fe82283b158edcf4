/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two halves of lib/trace/kmem.c, in the kernel and in user space, have in common. */
#ifndef DAXDM_KMEM_STATE_H
#define DAXDM_KMEM_STATE_H

#include <linux/types.h>

enum { KMEM_OBJECTS_MAX = 65536 };

struct kmem_state {
	__u64 thread; /* as bpf_get_current_pid_tgid() gives it: what it allocates is counted */
	__u64 taking; /* allocations are counted; what is freed again meanwhile is not held */
	__u64 returned_bytes; /* of what was held when taking ended, by whomever */
	__u64 missed;	      /* allocations that found no room here */
};

#endif

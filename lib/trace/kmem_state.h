/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by lib/trace/kmem.c and its BPF programs. */
#ifndef DAXDM_KMEM_STATE_H
#define DAXDM_KMEM_STATE_H

#include <linux/types.h>

enum { KMEM_OBJECTS_MAX = 65536 };

struct kmem_state {
	__u64 thread;	      /* as from bpf_get_current_pid_tgid(): its allocations are counted */
	__u64 taking;	      /* allocations are counted; objects freed meanwhile are not held */
	__u64 returned_bytes; /* of the memory held when taking ended, by any thread */
	__u64 missed;	      /* allocations that did not fit into the map */
};

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by lib/trace/durable.c and its BPF programs. */
#ifndef DAXDM_DURABLE_STATE_H
#define DAXDM_DURABLE_STATE_H

#include <linux/types.h>

enum {
	DURABLE_CPUS_MAX = 8 /* a power of two */,
	DURABLE_PAGE_BYTES = 4096,
	DURABLE_LINE_BYTES = 64
};

enum durable_kind {
	DURABLE_WRITTEN_BACK, /* cache lines: arch_wb_cache_pmem() */
	DURABLE_COPIED, /* bytes past the cache: memcpy_flushcache(), copy_user_flushcache() */
	DURABLE_FENCE,	/* nvdimm_flush(): what came before is durable */
};

struct durable_record {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u64 address; /* physical */
	__u32 len_bytes, kind;
	char bytes[DURABLE_PAGE_BYTES];
};

struct durable_cpu {
	__u32 n;			     /* records of this processor */
	__u32 no_room, unreadable, too_long; /* what was missed, and why */
};

struct durable_state {
	__u64 base; /* where the kernel maps physical address 0 */
	__u32 on, records_per_cpu;
	__u64 n, n_fenced; /* records but for fences: all, and those before the last fence */
	__u64 n_copying;   /* copies from user space that have not returned */
	struct durable_cpu cpus[DURABLE_CPUS_MAX];
};

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two halves of lib/trace/tracer.c, in the kernel and in user space, have in common. */
#ifndef DAXDM_TRACER_LOG_H
#define DAXDM_TRACER_LOG_H

#include <linux/types.h>

/* The functions that can be traced.  The first five take the number of pages as third argument.
 * The others calibrate: three of the kernel's own for tests of tracing, with as many arguments, and
 * a system call that does next to nothing. */
/* clang-format off */
#define TRACER_FUNCTIONS(function)         \
	function(dax_direct_access)        \
	function(dm_dax_direct_access)     \
	function(linear_dax_direct_access) \
	function(stripe_dax_direct_access) \
	function(pmem_dax_direct_access)   \
	function(bpf_fentry_test1)         \
	function(bpf_fentry_test5)         \
	function(bpf_fentry_test6)         \
	function(__x64_sys_getpid)
/* clang-format on */

#define TRACER_ID(name) TRACER_##name,
enum tracer_function { TRACER_FUNCTIONS(TRACER_ID) TRACER_N };
#undef TRACER_ID

enum { TRACER_STAMPS_MAX = 8192 };

/* One reading of the time-stamp counter. */
struct stamp {
	__u64 ticks;
	__u64 pages;	/* that the call asks for; of an entry only */
	__u32 function; /* enum tracer_function */
	__u32 leaves;	/* 0: an entry, 1: an exit */
};

struct tracer_log {
	__u64 thread; /* as bpf_get_current_pid_tgid() gives it: only this one is logged */
	__u64 n;      /* stamps; also those that found no room */
	struct stamp stamps[TRACER_STAMPS_MAX];
};

#endif

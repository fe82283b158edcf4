/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by lib/trace/tracer.c and its BPF programs. */
#ifndef DAXDM_TRACER_LOG_H
#define DAXDM_TRACER_LOG_H

#include <linux/types.h>

/*
 * The functions that can be traced.  The first five have the number of pages as third argument. The
 * others are for calibration: three test functions of the kernel with the same numbers of
 * arguments, and a trivial system call.
 */
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
	__u64 pages;	/* requested by the call; entries only */
	__u32 function; /* enum tracer_function */
	__u32 leaves;	/* 0: an entry, 1: an exit */
};

struct tracer_log {
	__u64 thread; /* as from bpf_get_current_pid_tgid(): only this one is logged */
	__u64 n;      /* stamps, including those that did not fit */
	struct stamp stamps[TRACER_STAMPS_MAX];
};

#endif

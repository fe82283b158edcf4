// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BPF programs of lib/trace/tracer.c: at entry and exit of a function they log a reading of the
 * time-stamp counter.  The counter is read last at entry and first at exit, so that little of the
 * programs lies between the two readings; that part is the same for all calls.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lib/trace/tracer_log.h"

char LICENSE[] SEC("license") = "GPL";

/* The counter: the tsc event of the msr PMU, opened for the thread. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, int);
} counter SEC(".maps");

/* Not mapped into user space: the VMAs of a process are part of the cost of its faults. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tracer_log);
} records SEC(".maps");

static __always_inline struct stamp *new_stamp(void)
{
	__u32 zero = 0;
	struct tracer_log *log = bpf_map_lookup_elem(&records, &zero);
	__u64 i;

	if (!log || bpf_get_current_pid_tgid() != log->thread)
		return 0;
	i = log->n++;
	return i < TRACER_STAMPS_MAX ? &log->stamps[i] : 0;
}

static __always_inline void note_enter(__u32 function, __u64 pages)
{
	struct stamp *stamp = new_stamp();

	if (!stamp)
		return;
	stamp->function = function;
	stamp->leaves = 0;
	stamp->pages = pages;
	stamp->ticks = bpf_perf_event_read(&counter, 0);
}

static __always_inline void note_leave(__u32 function)
{
	__u64 ticks = bpf_perf_event_read(&counter, 0);
	struct stamp *stamp = new_stamp();

	if (!stamp)
		return;
	stamp->function = function;
	stamp->leaves = 1;
	stamp->ticks = ticks;
}

/* For trampolines, if the kernel has BTF of the function; lib/trace/tracer.c attaches them. */
#define TRACED(function, pages, pages_by_kprobe)                               \
	SEC("entry/" #function) int enter_##function(__u64 *ctx)               \
	{                                                                      \
		note_enter(TRACER_##function, pages);                          \
		return 0;                                                      \
	}                                                                      \
	SEC("exit/" #function) int leave_##function(__u64 *ctx)                \
	{                                                                      \
		note_leave(TRACER_##function);                                 \
		return 0;                                                      \
	}                                                                      \
	SEC("kprobe/" #function) int kenter_##function(struct pt_regs *ctx)    \
	{                                                                      \
		note_enter(TRACER_##function, pages_by_kprobe);                \
		return 0;                                                      \
	}                                                                      \
	SEC("kretprobe/" #function) int kleave_##function(struct pt_regs *ctx) \
	{                                                                      \
		note_leave(TRACER_##function);                                 \
		return 0;                                                      \
	}

#define TRACED_PAGES(function) TRACED(function, ctx[2], PT_REGS_PARM3(ctx))

TRACED_PAGES(dax_direct_access)
TRACED_PAGES(dm_dax_direct_access)
TRACED_PAGES(linear_dax_direct_access)
TRACED_PAGES(stripe_dax_direct_access)
TRACED_PAGES(pmem_dax_direct_access)
TRACED(bpf_fentry_test1, ctx[0], PT_REGS_PARM1(ctx))
/* The same programs for kprobes. */
TRACED_PAGES(bpf_fentry_test5)
TRACED_PAGES(bpf_fentry_test6)
TRACED_PAGES(__x64_sys_getpid)

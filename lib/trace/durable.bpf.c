// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BPF programs of lib/trace/durable.c: each call that writes cache lines back, copies past the
 * cache or flushes a region becomes a record, with the bytes.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lib/trace/durable_state.h"

char LICENSE[] SEC("license") = "GPL";

/* Of one call.  The verifier follows each round of a loop, on an emulated host slowly. */
enum { PAGES_MAX = 16 };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* set by durable.c */
	__type(key, __u32);
	__type(value, struct durable_record);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct durable_state);
} states SEC(".maps");

/* A copy from user space that a task is in. */
struct copying {
	__u64 to, len_bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u64); /* the task */
	__type(value, struct copying);
} copies SEC(".maps");

static __always_inline struct durable_state *get_state(void)
{
	__u32 zero = 0;
	struct durable_state *s = bpf_map_lookup_elem(&states, &zero);

	return s && s->on ? s : 0;
}

/* durable.c refuses a machine with more. */
static __always_inline __u32 this_cpu(void)
{
	return bpf_get_smp_processor_id() & (DURABLE_CPUS_MAX - 1);
}

/* A new record of this processor, or 0. */
static __always_inline struct durable_record *next_record(struct durable_state *s)
{
	__u32 cpu = this_cpu(), key;
	struct durable_record *r = 0;

	if (s->cpus[cpu].n < s->records_per_cpu) {
		key = cpu * s->records_per_cpu + s->cpus[cpu].n;
		r = bpf_map_lookup_elem(&records, &key);
	}
	if (!r) {
		s->cpus[cpu].no_room++;
		return 0;
	}
	s->cpus[cpu].n++;
	r->time_ns = bpf_ktime_get_ns();
	return r;
}

/* n bytes, at most a page, at `from` reach the memory at physical address `to`.  Returns 0, or -1
 * if they were missed. */
static __always_inline int take_page(struct durable_state *s, __u32 kind, __u64 to, __u64 from,
				     __u32 n)
{
	struct durable_record *r = next_record(s);
	long rc;

	if (!r)
		return -1;
	r->kind = kind;
	r->address = to;
	r->len_bytes = n;
	rc = bpf_probe_read_kernel(r->bytes, n, (void *)from);
	if (rc)
		s->cpus[this_cpu()].unreadable++;
	/* Last: a fence that finds this number is later than the record. */
	__sync_fetch_and_add(&s->n, 1);
	return rc ? -1 : 0;
}

/* len bytes at `from` reach the memory at the kernel's address `to`. */
static __always_inline int take(__u32 kind, __u64 to, __u64 from, __u64 len)
{
	__u64 pages = len / DURABLE_PAGE_BYTES;
	struct durable_state *s = get_state();

	if (!s)
		return 0;
	if (pages > PAGES_MAX) {
		s->cpus[this_cpu()].too_long++;
		return 0;
	}
	if (to < s->base) {
		s->cpus[this_cpu()].unreadable++;
		return 0;
	}
	for (__u64 i = 0; i < PAGES_MAX && i < pages; i++)
		if (take_page(s, kind, to - s->base + i * DURABLE_PAGE_BYTES,
			      from + i * DURABLE_PAGE_BYTES, DURABLE_PAGE_BYTES))
			return 0;
	/* In this form the verifier knows the limits of the length. */
	if (len & (DURABLE_PAGE_BYTES - 1))
		take_page(s, kind, to - s->base + pages * DURABLE_PAGE_BYTES,
			  from + pages * DURABLE_PAGE_BYTES, len & (DURABLE_PAGE_BYTES - 1));
	return 0;
}

SEC("kprobe") int write_back(struct pt_regs *ctx)
{
	__u64 at = PT_REGS_PARM1(ctx), end = at + PT_REGS_PARM2(ctx);

	at &= ~(__u64)(DURABLE_LINE_BYTES - 1);
	end = (end + DURABLE_LINE_BYTES - 1) & ~(__u64)(DURABLE_LINE_BYTES - 1);
	return take(DURABLE_WRITTEN_BACK, at, at, end - at);
}

SEC("kprobe") int copy(struct pt_regs *ctx)
{
	return take(DURABLE_COPIED, PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx));
}

/*
 * A page of user space may not be there before the copy has faulted it in, nor while the kernel
 * moves it: the bytes are read where they were copied to, when the copy returns.
 */
SEC("kprobe") int copy_user(struct pt_regs *ctx)
{
	struct copying c = {.to = PT_REGS_PARM1(ctx), .len_bytes = (__u32)PT_REGS_PARM3(ctx)};
	__u64 task = bpf_get_current_pid_tgid();
	struct durable_state *s = get_state();

	if (!s)
		return 0;
	__sync_fetch_and_add(&s->n_copying, 1);
	bpf_map_update_elem(&copies, &task, &c, BPF_ANY);
	return 0;
}

SEC("kretprobe") int copied_user(struct pt_regs *ctx)
{
	__u64 task = bpf_get_current_pid_tgid(), left = PT_REGS_RC(ctx);
	struct copying *in = bpf_map_lookup_elem(&copies, &task), c;
	struct durable_state *s = get_state();

	if (!in || !s)
		return 0;
	c = *in;
	bpf_map_delete_elem(&copies, &task);
	__sync_fetch_and_add(&s->n_copying, -1);
	return left < c.len_bytes ? take(DURABLE_COPIED, c.to, c.to, c.len_bytes - left) : 0;
}

/* A flush reaches a region once for each target: only the first fence after a record is kept. */
SEC("kprobe") int fence(struct pt_regs *ctx)
{
	struct durable_state *s = get_state();
	struct durable_record *r;
	__u64 n;

	if (!s || s->n == s->n_fenced)
		return 0;
	n = s->n;
	r = next_record(s);
	if (r) {
		r->kind = DURABLE_FENCE;
		r->len_bytes = 0;
		s->n_fenced = n;
	}
	return 0;
}

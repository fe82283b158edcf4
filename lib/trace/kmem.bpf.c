// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BPF programs of lib/trace/kmem.c: each allocation by the thread stores its size by its
 * address, each release removes it.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "lib/trace/kmem_state.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KMEM_OBJECTS_MAX);
	__type(key, __u64);   /* address */
	__type(value, __u64); /* bytes */
} objects SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kmem_state);
} states SEC(".maps");

/* The layout of the tracepoints since 5.10.  Since 7.x some have a name before the sizes;
 * lib/trace/kmem.c selects the programs that match this kernel. */
struct allocation_32 {
	__u64 common, call_site, address, bytes_asked, bytes;
};

struct allocation_40 {
	__u64 common, call_site, address, name, bytes_asked, bytes;
};

struct release {
	__u64 common, call_site, address;
};

static __always_inline int take(__u64 address, __u64 bytes)
{
	__u32 zero = 0;
	struct kmem_state *s = bpf_map_lookup_elem(&states, &zero);

	if (!s || !s->taking || !address || bpf_get_current_pid_tgid() != s->thread)
		return 0;
	/* Some kernels report a large allocation twice. */
	if (bpf_map_update_elem(&objects, &address, &bytes, BPF_ANY))
		s->missed++;
	return 0;
}

static __always_inline int give_back(const struct release *r)
{
	__u32 zero = 0;
	struct kmem_state *s = bpf_map_lookup_elem(&states, &zero);
	__u64 address = r->address, *found = bpf_map_lookup_elem(&objects, &address), bytes;

	if (!s || !found)
		return 0;
	bytes = *found;
	bpf_map_delete_elem(&objects, &address);
	if (!s->taking)
		s->returned_bytes += bytes;
	return 0;
}

#define TAKES_AT(event, offset)                                                        \
	SEC("tp/kmem/" #event) int at##offset##_##event(struct allocation_##offset *a) \
	{                                                                              \
		return take(a->address, a->bytes);                                     \
	}
#define TAKES(event) TAKES_AT(event, 32) TAKES_AT(event, 40)
#define GIVES_BACK(event)                                          \
	SEC("tp/kmem/" #event) int free_##event(struct release *r) \
	{                                                          \
		return give_back(r);                               \
	}

TAKES(kmalloc)
TAKES(kmalloc_node)
TAKES(kmem_cache_alloc)
TAKES(kmem_cache_alloc_node)
GIVES_BACK(kfree)
GIVES_BACK(kmem_cache_free)

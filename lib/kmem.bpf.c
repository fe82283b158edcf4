// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's half of lib/kmem.c: at each allocation by the thread its size is kept by its
 * address, at each release it is taken off again.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "lib/kmem_state.h"

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

/* As all kernels since 5.10 have them; lib/kmem.c looks whether this one does. */
struct allocation {
	__u64 common, call_site, address, bytes_asked, bytes;
};

struct release {
	__u64 common, call_site, address;
};

static __always_inline int take(const struct allocation *a)
{
	__u32 zero = 0;
	struct kmem_state *s = bpf_map_lookup_elem(&states, &zero);
	__u64 address = a->address, bytes = a->bytes;

	if (!s || !s->taking || !address || bpf_get_current_pid_tgid() != s->thread)
		return 0;
	if (bpf_map_update_elem(&objects, &address, &bytes, BPF_ANY)) {
		s->missed++;
		return 0;
	}
	s->held_bytes += bytes;
	s->held_objects++;
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
	if (s->taking) {
		s->held_bytes -= bytes;
		s->held_objects--;
	} else {
		s->returned_bytes += bytes;
		s->returned_objects++;
	}
	return 0;
}

#define TAKES(event)                                                \
	SEC("tp/kmem/" #event) int on_##event(struct allocation *a) \
	{                                                           \
		return take(a);                                     \
	}
#define GIVES_BACK(event)                                        \
	SEC("tp/kmem/" #event) int on_##event(struct release *r) \
	{                                                        \
		return give_back(r);                             \
	}

TAKES(kmalloc)
TAKES(kmalloc_node)
TAKES(kmem_cache_alloc)
TAKES(kmem_cache_alloc_node)
GIVES_BACK(kfree)
GIVES_BACK(kmem_cache_free)

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much kernel memory something holds, exactly: every allocation of the calling thread is seen
 * by BPF programs at the tracepoints of the allocators, every release too, and what lies between is
 * held.  Memory by vmalloc is what /proc/vmallocinfo adds up to.
 *
 * Not seen: whole pages taken from the page allocator otherwise (page tables of vmalloc's area).
 */
#ifndef DAXDM_KMEM_H
#define DAXDM_KMEM_H

#include "lib/trace/kmem_state.h"

#include <stdbool.h>
#include <stdint.h>

struct kmem;

/* Objects of the allocators' caches by their size, the padding included. */
struct kmem_size {
	uint64_t bytes, objects;
};

enum { KMEM_SIZES_MAX = 32 };

struct kmem_held {
	uint64_t slab_bytes, slab_objects;
	int64_t vmalloc_bytes;
	struct kmem_size sizes[KMEM_SIZES_MAX]; /* ascending */
	unsigned int n_sizes;
};

/*
 * Loads and attaches the programs; owner is borrowed.  Returns 0, -ENOTSUP where the tracepoints
 * have other fields, or -errno.  Source: include/trace/events/kmem.h; bpf(2).
 */
int kmem_open(struct kmem **out, const char *owner);
/* What was in the way of the last kmem_open(), "" if that is not known. */
const char *kmem_last_error(void);
void kmem_close(struct kmem *kmem); /* NULL is fine */

/* From now on allocations count.  Returns 0 or -errno. */
int kmem_start(struct kmem *kmem);

/* No longer: what is held.  Returns 0, -EOVERFLOW if it is more than is kept track of, or -errno.
 */
int kmem_held(struct kmem *kmem, struct kmem_held *out);

/* What of it was given back since.  Returns 0 or -errno. */
int kmem_returned(struct kmem *kmem, uint64_t *slab_bytes, int64_t *vmalloc_bytes);

/* The bytes of the areas of a text like /proc/vmallocinfo whose lines name owner.  Pure. */
int64_t kmem_vmalloc_bytes(const char *text, const char *owner);

/* Adds objects of one size.  Returns 0, or -ENOSPC.  Pure. */
int kmem_add_size(struct kmem_held *held, uint64_t bytes);

#endif

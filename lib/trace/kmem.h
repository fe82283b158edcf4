/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Measures exactly how much kernel memory an object holds.  BPF programs at the tracepoints of the
 * allocators record every allocation of the calling thread and every release; memory allocated and
 * not yet released is held.  vmalloc memory is the sum of /proc/vmallocinfo.
 *
 * Not included: whole pages from the page allocator (page tables of the vmalloc area).
 */
#ifndef DAXDM_KMEM_H
#define DAXDM_KMEM_H

#include "lib/trace/kmem_state.h"

#include <stdbool.h>
#include <stdint.h>

struct kmem;

/* Slab objects by size, padding included. */
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
 * Loads and attaches the programs; owner is borrowed.  Returns 0, -ENOTSUP if the tracepoints have
 * unknown fields, or -errno; bpf_complaint() has the reason.  Source: include/trace/events/kmem.h;
 * bpf(2).
 */
int kmem_open(struct kmem **out, const char *owner);
void kmem_close(struct kmem *kmem); /* NULL is fine */

/* Starts to record allocations.  Returns 0 or -errno. */
int kmem_start(struct kmem *kmem);

/* Stops recording and returns the memory held.  Returns 0, -EOVERFLOW if there are more than
 * KMEM_OBJECTS_MAX objects, or -errno. */
int kmem_held(struct kmem *kmem, struct kmem_held *out);

/* The part of it that was released since.  Returns 0 or -errno. */
int kmem_returned(struct kmem *kmem, uint64_t *slab_bytes, int64_t *vmalloc_bytes);

/* The sum of the bytes of lines that name owner, in text of the format of /proc/vmallocinfo.
 * Pure. */
int64_t kmem_vmalloc_bytes(const char *text, const char *owner);

/* Adds objects of one size.  Returns 0, or -ENOSPC.  Pure. */
int kmem_add_size(struct kmem_held *held, uint64_t bytes);

#endif

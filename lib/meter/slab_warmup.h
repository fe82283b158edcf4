/* SPDX-License-Identifier: GPL-2.0-only */
/* Brings the slab cache radix_tree_node, from which the page cache and the DAX index allocate, into
 * a known state. */
#ifndef DAXDM_SLAB_WARMUP_H
#define DAXDM_SLAB_WARMUP_H

/*
 * The number of free objects in a slab depends on all earlier allocations.  The fault that takes
 * the last free object allocates the next slab: 154 instructions on 6.1.  If each pass starts with
 * a new slab, the same faults of each pass allocate slabs.
 */
struct slab_warmup {
	int fd;		     /* a memfd; -1: /sys/kernel/slab is missing, and nothing is done */
	int slabs_fd;	     /* of the number of slabs in the cache */
	unsigned long taken; /* pages of the file that were written */
};

void slab_warmup_open(struct slab_warmup *warmup);

/* Allocates nodes until the cache has just begun a new slab, and keeps them.  Later allocations
 * come from that slab and from new ones. */
void slab_warmup_align(struct slab_warmup *warmup);

/* Frees the nodes. */
void slab_warmup_close(struct slab_warmup *warmup);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The nodes of page-cache and DAX indices, as the slab allocator has them in stock. */
#ifndef DAXDM_NODE_H
#define DAXDM_NODE_H

/*
 * Keeps the allocator's past out of a pass.  Where the free objects of the cache radix_tree_node
 * lie differs with every number that the kernel ever drew at random (CONFIG_SLAB_FREELIST_RANDOM),
 * and so does which fault uses up the last one of a slab and pays for turning to the next: 154
 * instructions on 6.1.
 */
struct node_stock {
	int fd;	      /* of a file in memory; -1: the kernel does not tell, nothing is done */
	int slabs_fd; /* how many slabs the cache has */
	unsigned long taken; /* pages of the file so far */
};

void node_stock_open(struct node_stock *stock);

/* Takes free nodes, and keeps them, until the allocator has just begun a new slab: whatever the
 * pass allocates then comes from that and from others as new. */
void node_stock_settle(struct node_stock *stock);

/* Gives them back. */
void node_stock_close(struct node_stock *stock);

#endif

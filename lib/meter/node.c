// SPDX-License-Identifier: GPL-2.0-only
#include "lib/meter/node.h"

#include "lib/file/file.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	SLOTS = 64,	     /* XA_CHUNK_SIZE: pages that one node of the lowest level knows */
	STEPS_MAX = 1 << 13, /* for a cache that never grows: 32 MiB */
};

/* Source: Documentation/ABI/testing/sysfs-kernel-slab.  Returns -1 if it cannot be read. */
static long slabs(const struct node_stock *stock)
{
	char text[64];
	ssize_t n = pread(stock->slabs_fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return -1;
	text[n] = '\0';
	return strtol(text, NULL, 10);
}

void node_stock_open(struct node_stock *stock)
{
	*stock = (struct node_stock){.fd = -1};
	stock->slabs_fd = open("/sys/kernel/slab/radix_tree_node/slabs", O_RDONLY | O_CLOEXEC);
	if (stock->slabs_fd >= 0)
		stock->fd = memfd_create("nodes", MFD_CLOEXEC);
}

void node_stock_settle(struct node_stock *stock)
{
	long before, now;

	if (stock->fd < 0)
		return; /* not needed to be right, only to be exact */
	before = slabs(stock);
	for (int i = 0; i < STEPS_MAX; i++, before = now) {
		/*
		 * So far from the page before that it takes a node of its own.  Nodes of higher
		 * levels come with the first of SLOTS pages, in a new file with the second.
		 */
		unsigned long page = stock->taken++;
		bool one_node = page % SLOTS > 1;

		if (pwrite(stock->fd, "", 1, (off_t)(page * SLOTS * PAGE_BYTES)) != 1)
			return;
		now = slabs(stock);
		/* Of two nodes either may have been the first of the slab. */
		if (now < 0 || (now > before && one_node))
			return;
	}
}

void node_stock_close(struct node_stock *stock)
{
	if (stock->fd >= 0)
		close(stock->fd);
	if (stock->slabs_fd >= 0)
		close(stock->slabs_fd);
	*stock = (struct node_stock){.fd = -1, .slabs_fd = -1};
}

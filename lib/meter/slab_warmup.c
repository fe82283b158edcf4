// SPDX-License-Identifier: GPL-2.0-only
#include "lib/meter/slab_warmup.h"

#include "lib/file/extents.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	SLOTS = 64,	     /* XA_CHUNK_SIZE: pages per node of the lowest level */
	STEPS_MAX = 1 << 13, /* for a cache that never grows: 32 MiB */
};

/* Source: Documentation/ABI/testing/sysfs-kernel-slab.  Returns -1 if it cannot be read. */
static long slabs(const struct slab_warmup *warmup)
{
	char text[64];
	ssize_t n = pread(warmup->slabs_fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return -1;
	text[n] = '\0';
	return strtol(text, NULL, 10);
}

void slab_warmup_open(struct slab_warmup *warmup)
{
	*warmup = (struct slab_warmup){.fd = -1};
	warmup->slabs_fd = open("/sys/kernel/slab/radix_tree_node/slabs", O_RDONLY | O_CLOEXEC);
	if (warmup->slabs_fd >= 0)
		warmup->fd = memfd_create("nodes", MFD_CLOEXEC);
}

void slab_warmup_align(struct slab_warmup *warmup)
{
	long before, now;

	if (warmup->fd < 0)
		return; /* medians may then differ by a few instructions */
	before = slabs(warmup);
	for (int i = 0; i < STEPS_MAX; i++, before = now) {
		/*
		 * Each page is far enough from the previous one to need a new node.  The first of
		 * SLOTS pages also allocates nodes of higher levels, in a new file the second.
		 */
		unsigned long page = warmup->taken++;
		bool one_node = page % SLOTS > 1;

		if (pwrite(warmup->fd, "", 1, (off_t)(page * SLOTS * PAGE_BYTES)) != 1)
			return;
		now = slabs(warmup);
		/* Of two new nodes either may be the first of the slab. */
		if (now < 0 || (now > before && one_node))
			return;
	}
}

void slab_warmup_close(struct slab_warmup *warmup)
{
	if (warmup->fd >= 0)
		close(warmup->fd);
	if (warmup->slabs_fd >= 0)
		close(warmup->slabs_fd);
	*warmup = (struct slab_warmup){.fd = -1, .slabs_fd = -1};
}

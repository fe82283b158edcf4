/* SPDX-License-Identifier: GPL-2.0-only */
/* Graphs at random, and the smallest of them that still does what the first did.  Pure. */
#ifndef DAXDM_GENERATE_H
#define DAXDM_GENERATE_H

#include "lib/dev/graph.h"

struct generate_rules {
	/* All starts, lengths and chunks are multiples of this: 8 makes whole pages, 1 makes
	 * everything that device-mapper accepts. */
	uint64_t grain_sectors;
	uint64_t min_sectors, max_sectors; /* of the last device */
	unsigned int targets_max;	   /* of each device */
	unsigned int depth_max;
	bool partitions;
};

/*
 * Adds partitions and DM devices, named prefix and a number, to a graph that holds nothing but
 * namespaces.  The same seed gives the same graph.  No byte of a namespace is used twice, for a
 * filesystem on such a table would overwrite itself on any path; there are no zero and error
 * targets; else nothing is spared.  Returns the index of the last device, -ENOSPC if the dice gave
 * none of that size, or -ENOMEM; the graph may then hold a part.
 */
int graph_generate(struct graph *g, const char *prefix, uint64_t seed,
		   const struct generate_rules *rules);

/* A copy that is not real yet; graph_destroy() frees it.  Returns 0 or -ENOMEM, nothing left. */
int graph_copy(const struct graph *g, struct graph *out);

/*
 * Makes a graph smaller as long as the last device still fails: fewer targets, members and devices,
 * simpler offsets, never a byte used twice.  still_fails() gets a copy to make real and destroy as
 * it likes; it decides when to stop looking, by answering false.  Returns 0, or -ENOMEM with what
 * was reached.
 */
int graph_shrink(struct graph *g, bool (*still_fails)(struct graph *candidate, void *arg),
		 void *arg);

#endif

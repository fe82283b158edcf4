/* SPDX-License-Identifier: GPL-2.0-only */
/* Random graphs.  Pure. */
#ifndef DAXDM_GRAPH_RANDOM_H
#define DAXDM_GRAPH_RANDOM_H

#include "lib/dev/graph.h"

struct graph_random_rules {
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
 * namespaces.  The same seed gives the same graph.  No byte of a namespace is used twice, because a
 * filesystem on such a table would overwrite itself on any path; there are no zero and error
 * targets.  Anything else may occur.  Returns the index of the last device, -ENOSPC if the seed
 * gives none of that size, or -ENOMEM; the graph may then hold a part.
 */
int graph_random(struct graph *g, const char *prefix, uint64_t seed,
		 const struct graph_random_rules *rules);

#endif

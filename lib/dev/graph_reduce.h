/* SPDX-License-Identifier: GPL-2.0-only */
/* The smallest graph with a property of a given one (test case reduction).  Pure. */
#ifndef DAXDM_GRAPH_REDUCE_H
#define DAXDM_GRAPH_REDUCE_H

#include "lib/dev/graph.h"

/*
 * Makes a graph smaller as long as its last device still fails: fewer targets, members and devices,
 * simpler offsets, never a byte used twice.  still_fails() gets a copy to create and destroy as it
 * likes; it ends the search by answering false.  Returns 0, or -ENOMEM with what was reached.
 */
int graph_reduce(struct graph *g, bool (*still_fails)(struct graph *candidate, void *arg),
		 void *arg);

#endif

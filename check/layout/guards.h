/* SPDX-License-Identifier: GPL-2.0-only */
/* Guards: stamps on the bytes of namespaces around the pieces that a device uses.  A write that
 * reaches them was mapped wrongly. */
#ifndef DAXDM_GUARDS_H
#define DAXDM_GUARDS_H

#include "lib/dev/graph_map.h"

struct guard_change {
	unsigned int device;   /* of the graph: the namespace */
	uint64_t offset_bytes; /* on it */
	char found[160];       /* as stamp_check() describes it */
};

/* Finds and stamps the guards of a device.  fds: the namespaces by their index in the graph, opened
 * with O_DIRECT.  Returns 0 or -errno; graph_map_free() in either case. */
int guards_make(const struct graph *g, unsigned int device, const int *fds,
		struct graph_map *guards);

/* Returns 0 if all guards are unchanged, 1 with the first byte that is not, or -errno with the
 * device that could not be read. */
int guards_find_change(const struct graph_map *guards, const int *fds, struct guard_change *change);

#endif

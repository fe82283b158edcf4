/* SPDX-License-Identifier: GPL-2.0-only */
/* The graph of a device that exists: from the tables of device-mapper and from sysfs. */
#ifndef DAXDM_GRAPH_LIVE_H
#define DAXDM_GRAPH_LIVE_H

#include "lib/dev/graph.h"

struct graph_live {
	struct graph graph;
	unsigned int device; /* the one that was asked for */
	struct namespace namespaces[GRAPH_DEVICES_MAX];
	unsigned int n_namespaces;
};

/*
 * Reads the device of these numbers and all that it consists of; writes nothing.  Returns 0, or
 * -errno with one sentence in why: -EACCES or -EPERM (tables need root), -EINVAL (a table that
 * cannot be read), -ENOSPC (more than GRAPH_DEVICES_MAX devices).  On success
 * graph_live_free().
 */
int graph_live_read(unsigned int major, unsigned int minor, struct graph_live *out, char *why,
		    size_t why_len);

/* Forgets it; the devices stay. */
void graph_live_free(struct graph_live *live);

/* The device-mapper name or the node of the device that was asked for. */
const char *graph_live_name(const struct graph_live *live);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Which bytes of its namespaces a device of a graph consists of, first byte to last.  Pure. */
#ifndef DAXDM_GRAPH_MAP_H
#define DAXDM_GRAPH_MAP_H

#include "lib/dev/graph.h"

struct graph_piece {
	uint64_t at_bytes;   /* in what was mapped: a device, a file */
	unsigned int device; /* the namespace (or other device) it is on */
	uint64_t offset_bytes;
	uint64_t len_bytes;
};

struct graph_map {
	struct graph_piece *list; /* by at_bytes */
	size_t n;
};

/*
 * Appends the pieces of len_bytes of a device from begin_bytes on, as the bytes from at_bytes on of
 * what is mapped.  Pieces that are adjacent in both are one, whatever is between.  Returns 0,
 * -ENOMEM, or what graph_resolve() gave for a byte that is on no device; free with
 * graph_map_free() in any case.
 */
int graph_map_append(struct graph_map *map, const struct graph *g, unsigned int device,
		     uint64_t begin_bytes, uint64_t len_bytes, uint64_t at_bytes);
/* Maps a whole device.  Returns as graph_map_append(). */
int graph_map_device(const struct graph *g, unsigned int device, struct graph_map *out);
void graph_map_free(struct graph_map *map);

/* Sorts the pieces by device and offset. */
void graph_map_sort_below(struct graph_map *map);

/* Whether two of its bytes are the same byte below: no filesystem can be on such a device.  Returns
 * 0, 1 or -ENOMEM. */
int graph_map_overlaps(const struct graph_map *map);

/*
 * The first whole, aligned unit of the device (PAGE_BYTES, WINDOW_BYTES) that is not one whole,
 * aligned unit of a device below: it cannot be mapped by one entry of a page table.  Returns true
 * and where it begins, or false if there is none.
 */
bool graph_map_misaligned(const struct graph_map *map, uint64_t unit_bytes, uint64_t *at_bytes);

#endif

// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/graph_map.h"

#include "lib/base/bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Appends a piece, or makes the last one longer.  Returns 0 or -ENOMEM. */
static int append(struct graph_map *map, const struct graph_piece *p)
{
	struct graph_piece *last = map->n ? &map->list[map->n - 1] : NULL;
	struct graph_piece *list;

	if (last && last->device == p->device && last->at_bytes + last->len_bytes == p->at_bytes &&
	    last->offset_bytes + last->len_bytes == p->offset_bytes) {
		last->len_bytes += p->len_bytes;
		return 0;
	}
	if (!(map->n & (map->n - 1))) { /* room for 1, 2, 4, ... */
		list = realloc(map->list, (map->n ? 2 * map->n : 1) * sizeof(*list));
		if (!list)
			return -ENOMEM;
		map->list = list;
	}
	map->list[map->n++] = *p;
	return 0;
}

int graph_map_append(struct graph_map *map, const struct graph *g, unsigned int device,
		     uint64_t begin_bytes, uint64_t len_bytes, uint64_t at_bytes)
{
	uint64_t done = 0;
	int rc = 0;

	while (!rc && done < len_bytes) {
		struct graph_piece piece = {.at_bytes = at_bytes + done};
		struct graph_place place;

		rc = graph_resolve(g, device, begin_bytes + done, &place);
		if (rc < 0)
			break;
		piece.device = place.device;
		piece.offset_bytes = place.offset_bytes;
		piece.len_bytes = place.contiguous_bytes < len_bytes - done ? place.contiguous_bytes
									    : len_bytes - done;
		done += piece.len_bytes;
		rc = append(map, &piece);
	}
	return rc;
}

int graph_map_device(const struct graph *g, unsigned int device, struct graph_map *out)
{
	*out = (struct graph_map){0};
	return graph_map_append(out, g, device, 0, g->devices[device].size_sectors * SECTOR_BYTES,
				0);
}

void graph_map_free(struct graph_map *map)
{
	free(map->list);
	*map = (struct graph_map){0};
}

static int by_place(const void *a, const void *b)
{
	const struct graph_piece *x = a, *y = b;

	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return (x->offset_bytes > y->offset_bytes) - (x->offset_bytes < y->offset_bytes);
}

void graph_map_sort_below(struct graph_map *map)
{
	if (map->n)
		qsort(map->list, map->n, sizeof(*map->list), by_place);
}

int graph_map_overlaps(const struct graph_map *map)
{
	struct graph_map copy = {.n = map->n};
	int overlaps = 0;

	if (!map->n)
		return 0;
	copy.list = malloc(map->n * sizeof(*copy.list));
	if (!copy.list)
		return -ENOMEM;
	memcpy(copy.list, map->list, map->n * sizeof(*copy.list));
	graph_map_sort_below(&copy);
	for (size_t i = 1; i < copy.n && !overlaps; i++) {
		const struct graph_piece *before = &copy.list[i - 1], *p = &copy.list[i];

		overlaps = p->device == before->device &&
			   p->offset_bytes < before->offset_bytes + before->len_bytes;
	}
	graph_map_free(&copy);
	return overlaps;
}

bool graph_map_misaligned(const struct graph_map *map, uint64_t unit_bytes, uint64_t *at_bytes)
{
	uint64_t end_bytes = 0;

	if (map->n) {
		const struct graph_piece *last = &map->list[map->n - 1];

		end_bytes = (last->at_bytes + last->len_bytes) / unit_bytes * unit_bytes;
	}
	for (size_t i = 0; i < map->n; i++) {
		const struct graph_piece *p = &map->list[i];
		uint64_t piece_end_bytes = p->at_bytes + p->len_bytes;

		*at_bytes = p->at_bytes / unit_bytes * unit_bytes;
		if (*at_bytes >= end_bytes)
			return false;
		/* A piece that begins within a unit splits that one; one that begins with a unit
		 * must begin with one below as well. */
		if (p->at_bytes % unit_bytes || p->offset_bytes % unit_bytes)
			return true;
		*at_bytes = piece_end_bytes / unit_bytes * unit_bytes;
		if (piece_end_bytes % unit_bytes && *at_bytes < end_bytes)
			return true;
	}
	return false;
}

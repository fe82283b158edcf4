// SPDX-License-Identifier: GPL-2.0-only
#include "check/layout/guards.h"

#include "check/fixture/bio.h"
#include "lib/base/bytes.h"
#include "lib/file/stamp.h"

#include <errno.h>
#include <stdlib.h>

enum { GUARD_ID = 2, GUARDS_MAX = 512, GUARD_BYTES = PAGE_BYTES };

/* The longest: two pages between two pieces. */
enum { PIECE_BYTES = 2 * GUARD_BYTES };

/* Up to a page before and after each piece of a namespace that the device uses, where the device
 * does not use it.  Returns 0 or -errno. */
static int find(const struct graph *g, unsigned int device, struct graph_map *guards)
{
	struct graph_map used;
	uint64_t end = 0;
	int rc = graph_map_device(g, device, &used);

	graph_map_sort_below(&used);
	guards->list = calloc(GUARDS_MAX, sizeof(*guards->list));
	if (!rc && !guards->list)
		rc = -ENOMEM;
	for (size_t i = 0; i <= used.n && !rc && guards->n + 2 <= GUARDS_MAX; i++) {
		const struct graph_piece *p = i < used.n ? &used.list[i] : NULL;
		const struct graph_piece *before = i ? &used.list[i - 1] : NULL;
		uint64_t size, gap;

		if (before && (!p || p->device != before->device)) { /* to the end of that one */
			size = g->devices[before->device].size_sectors * SECTOR_BYTES;
			gap = size - end < GUARD_BYTES ? size - end : GUARD_BYTES;
			if (gap)
				guards->list[guards->n++] =
					(struct graph_piece){end, before->device, end, gap};
			end = 0;
		}
		if (!p)
			break;
		gap = p->offset_bytes - end;
		if (gap > 2 * GUARD_BYTES) {
			uint64_t from = p->offset_bytes - GUARD_BYTES;

			if (end)
				guards->list[guards->n++] =
					(struct graph_piece){end, p->device, end, GUARD_BYTES};
			guards->list[guards->n++] =
				(struct graph_piece){from, p->device, from, GUARD_BYTES};
		} else if (gap) {
			guards->list[guards->n++] = (struct graph_piece){end, p->device, end, gap};
		}
		end = p->offset_bytes + p->len_bytes;
	}
	graph_map_free(&used);
	return rc;
}

int guards_make(const struct graph *g, unsigned int device, const int *fds,
		struct graph_map *guards)
{
	char bytes[PIECE_BYTES];
	int rc = find(g, device, guards);

	for (size_t i = 0; i < guards->n && !rc; i++) {
		const struct graph_piece *p = &guards->list[i];

		stamp_fill(bytes, p->len_bytes, GUARD_ID, p->offset_bytes, 0);
		rc = bio_write_fd(fds[p->device], p->offset_bytes, bytes, p->len_bytes);
	}
	return rc;
}

int guards_find_change(const struct graph_map *guards, const int *fds, struct guard_change *change)
{
	char bytes[PIECE_BYTES];

	*change = (struct guard_change){0};
	for (size_t i = 0; i < guards->n; i++) {
		const struct graph_piece *p = &guards->list[i];
		int rc = bio_read_fd(fds[p->device], p->offset_bytes, bytes, p->len_bytes);
		size_t at;

		change->device = p->device;
		if (rc < 0)
			return rc;
		at = stamp_check(bytes, p->len_bytes, GUARD_ID, p->offset_bytes, 0, change->found);
		change->offset_bytes = p->offset_bytes + at;
		if (at < p->len_bytes)
			return 1;
	}
	return 0;
}

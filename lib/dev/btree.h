/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of the b-tree with which device-mapper finds the segment of a sector.  Pure.
 * Source: drivers/md/dm-table.c, dm_table_find_target() and dm_table_build_index(): 8 keys and 9
 * children per node of 64 bytes.
 */
#ifndef DAXDM_BTREE_H
#define DAXDM_BTREE_H

#include <stddef.h>

/* The cost of the search for one segment. */
struct btree_walk {
	unsigned int levels; /* nodes visited */
	unsigned int keys;   /* compared, over all of them */
	unsigned int full;   /* nodes whose keys are all smaller: the loop ended by its bound */
};

/* The levels of a table's tree: 1 up to 8 segments, 2 up to 72, 3 up to 648, 4 up to 5832. */
unsigned int btree_levels(size_t segments);

/* The search for segment index in a table of `segments`; index < segments. */
struct btree_walk btree_walk(size_t segments, size_t index);

#endif

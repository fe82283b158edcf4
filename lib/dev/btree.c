// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/btree.h"

enum { KEYS = 8, CHILDREN = KEYS + 1 };

unsigned int btree_levels(size_t segments)
{
	size_t nodes = (segments + KEYS - 1) / KEYS;
	unsigned int levels = 1;

	for (; nodes > 1; nodes = (nodes + CHILDREN - 1) / CHILDREN)
		levels++;
	return levels;
}

static void visit(struct btree_walk *walk, size_t branch)
{
	walk->keys += (unsigned int)(branch < KEYS ? branch + 1 : KEYS);
	walk->full += branch == KEYS;
}

struct btree_walk btree_walk(size_t segments, size_t index)
{
	struct btree_walk walk = {.levels = btree_levels(segments)};
	size_t node = index / KEYS;

	visit(&walk, index % KEYS);
	for (unsigned int level = 1; level < walk.levels; level++) {
		visit(&walk, node % CHILDREN);
		node /= CHILDREN;
	}
	return walk;
}

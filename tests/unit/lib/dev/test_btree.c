// SPDX-License-Identifier: GPL-2.0-only
/* lib/dev/btree.c against the kernel's own way to build and to search a table, done step by step.
 */
#include "lib/dev/btree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { KEYS = 8, CHILDREN = 9, LEVELS_MAX = 8 };

/* As struct dm_table: the highest sector of each target, and the nodes above. */
struct table {
	unsigned int depth;
	size_t counts[LEVELS_MAX];
	uint64_t *index[LEVELS_MAX];
};

static uint64_t high(const struct table *t, unsigned int level, size_t node)
{
	for (; level < t->depth - 1; level++)
		node = node * CHILDREN + CHILDREN - 1;
	return node < t->counts[level] ? t->index[level][node * KEYS + KEYS - 1] : UINT64_MAX;
}

/* Targets of ten sectors each.  Source: drivers/md/dm-table.c, dm_table_build_index(). */
static void table_build(struct table *t, size_t targets)
{
	size_t leaves = (targets + KEYS - 1) / KEYS;

	*t = (struct table){.depth = 1};
	for (size_t n = leaves; n > 1; n = (n + CHILDREN - 1) / CHILDREN)
		t->depth++;
	t->counts[t->depth - 1] = leaves;
	for (unsigned int l = t->depth - 1; l-- > 0;)
		t->counts[l] = (t->counts[l + 1] + CHILDREN - 1) / CHILDREN;
	for (unsigned int l = 0; l < t->depth; l++)
		t->index[l] = calloc(t->counts[l] * KEYS, sizeof(uint64_t));
	for (size_t i = 0; i < leaves * KEYS; i++)
		t->index[t->depth - 1][i] = i < targets ? (i + 1) * 10 - 1 : UINT64_MAX;
	for (unsigned int l = t->depth - 1; l-- > 0;)
		for (size_t n = 0; n < t->counts[l]; n++)
			for (size_t k = 0; k < KEYS; k++)
				t->index[l][n * KEYS + k] = high(t, l + 1, n * CHILDREN + k);
}

static void table_drop(struct table *t)
{
	for (unsigned int l = 0; l < t->depth; l++)
		free(t->index[l]);
}

/* dm_table_find_target(), counting.  Returns the index of the target. */
static size_t find(const struct table *t, uint64_t sector, struct btree_walk *walk)
{
	size_t n = 0, k = 0;

	*walk = (struct btree_walk){.levels = t->depth};
	for (unsigned int l = 0; l < t->depth; l++) {
		n = n * CHILDREN + k;
		for (k = 0; k < KEYS; k++) {
			walk->keys++;
			if (t->index[l][n * KEYS + k] >= sector)
				break;
		}
		walk->full += k == KEYS;
	}
	return n * KEYS + k;
}

static void compare(size_t targets)
{
	struct table t;

	table_build(&t, targets);
	assert_int_equal(btree_levels(targets), t.depth);
	for (size_t i = 0; i < targets; i++) {
		struct btree_walk want, got = btree_walk(targets, i);

		assert_int_equal(find(&t, i * 10 + 5, &want), i);
		if (got.levels != want.levels || got.keys != want.keys || got.full != want.full)
			fail_msg("%zu of %zu: %u keys, %u full nodes on %u levels, not %u, %u, %u",
				 i, targets, want.keys, want.full, want.levels, got.keys, got.full,
				 got.levels);
	}
	table_drop(&t);
}

static void test_every_walk_of_many_tables(void **state)
{
	(void)state;
	for (size_t targets = 1; targets <= 750; targets++)
		compare(targets);
	compare(1024);
	compare(4096);
	compare(5832);
	compare(5833);
}

static void test_levels_begin_where_the_head_says(void **state)
{
	static const struct {
		size_t segments;
		unsigned int levels;
	} known[] = {{1, 1},   {8, 1},	 {9, 2},    {72, 2},  {73, 3},
		     {648, 3}, {649, 4}, {5832, 4}, {5833, 5}};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_int_equal(btree_levels(known[i].segments), known[i].levels);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_walk_of_many_tables),
		cmocka_unit_test(test_levels_begin_where_the_head_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

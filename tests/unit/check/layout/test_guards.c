// SPDX-License-Identifier: GPL-2.0-only
/* Files play the namespaces. */
#include "check/layout/guards.h"

#include "lib/base/bytes.h"
#include "lib/dev/graph_parse.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { NAMESPACES = 2, NAMESPACE_BYTES = 64 * PAGE_BYTES };

static const struct namespace namespaces[NAMESPACES] = {
	{.node = "/dev/pmem0", .size_bytes = NAMESPACE_BYTES},
	{.node = "/dev/pmem1", .size_bytes = NAMESPACE_BYTES},
};

struct guarded {
	struct graph graph;
	unsigned int device;
	FILE *files[NAMESPACES];
	int fds[NAMESPACES];
	struct graph_map guards;
};

static void make(struct guarded *g, const char *table)
{
	int device;

	*g = (struct guarded){0};
	for (int i = 0; i < NAMESPACES; i++) {
		assert_int_equal(graph_add_namespace(&g->graph, &namespaces[i]), i);
		g->files[i] = tmpfile();
		assert_non_null(g->files[i]);
		g->fds[i] = fileno(g->files[i]);
		assert_int_equal(ftruncate(g->fds[i], NAMESPACE_BYTES), 0);
	}
	device = graph_parse(&g->graph, "T", 0, table);
	assert_true(device > 0);
	g->device = (unsigned int)device;
	assert_int_equal(guards_make(&g->graph, g->device, g->fds, &g->guards), 0);
}

static void drop(struct guarded *g)
{
	graph_map_free(&g->guards);
	for (int i = 0; i < NAMESPACES; i++)
		fclose(g->files[i]);
	graph_clear_targets(&g->graph, g->device);
}

/* Changes one byte of a namespace.  Returns guards_find_change(), and restores the byte. */
static int change_of(const struct guarded *g, unsigned int device, uint64_t byte,
		     struct guard_change *change)
{
	char old, new;
	int rc;

	assert_int_equal(pread(g->fds[device], &old, 1, (off_t)byte), 1);
	new = (char)(old ^ 1);
	assert_int_equal(pwrite(g->fds[device], &new, 1, (off_t)byte), 1);
	rc = guards_find_change(&g->guards, g->fds, change);
	assert_int_equal(pwrite(g->fds[device], &old, 1, (off_t)byte), 1);
	return rc;
}

/* Segments of pages 8 to 15 and 17 to 24 of the first namespace, and from a sector of page 32 of
 * the second one on. */
static const char table[] = "64 linear A 64; 64 linear A 136; 64 linear B 257";

static void a_byte_next_to_a_segment_is_guarded(void **state)
{
	static const struct {
		unsigned int device;
		uint64_t sector;
		bool guarded;
	} sectors[] = {
		{0, 0, false},	 {0, 55, false},  {0, 56, true},   {0, 63, true},   {0, 64, false},
		{0, 127, false}, {0, 128, true},  {0, 135, true},  {0, 136, false}, {0, 199, false},
		{0, 200, true},	 {0, 207, true},  {0, 208, false}, {1, 248, false}, {1, 249, true},
		{1, 256, true},	 {1, 257, false}, {1, 320, false}, {1, 321, true},  {1, 328, true},
		{1, 329, false},
	};
	struct guard_change change;
	struct guarded g;

	(void)state;
	make(&g, table);
	assert_int_equal(guards_find_change(&g.guards, g.fds, &change), 0);
	for (size_t i = 0; i < sizeof(sectors) / sizeof(sectors[0]); i++) {
		uint64_t byte = sectors[i].sector * SECTOR_BYTES;

		assert_int_equal(change_of(&g, sectors[i].device, byte, &change),
				 sectors[i].guarded);
		if (!sectors[i].guarded)
			continue;
		assert_int_equal(change.device, sectors[i].device);
		assert_int_equal(change.offset_bytes, byte);
		assert_true(change.found[0]);
	}
	drop(&g);
}

/* A guard that cannot be read is not one that is unchanged. */
static void an_unreadable_guard_is_an_error(void **state)
{
	struct guard_change change;
	struct guarded g;

	(void)state;
	make(&g, table);
	assert_int_equal(ftruncate(g.fds[1], 0), 0);
	assert_int_equal(guards_find_change(&g.guards, g.fds, &change), -EIO);
	assert_int_equal(change.device, 1);
	drop(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_byte_next_to_a_segment_is_guarded),
		cmocka_unit_test(an_unreadable_guard_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

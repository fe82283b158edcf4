// SPDX-License-Identifier: GPL-2.0-only
#include "check/fixture/testbed.h"

#include "lib/dev/graph_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MIB = 1 << 20 };

/* A is device 0, V device 1, B device 2 of the graph. */
static const int *index_of(void)
{
	static int index[TESTBED_LETTERS];

	for (int i = 0; i < TESTBED_LETTERS; i++)
		index[i] = -1;
	index[0] = 0;
	index['V' - 'A'] = 1;
	index['B' - 'A'] = 2;
	return index;
}

static void expect(const char *table, uint64_t sectors, const char *text)
{
	char *got = testbed_expand(table, sectors, index_of());

	assert_string_equal(got, text);
	free(got);
}

static void test_expand(void **state)
{
	(void)state;
	expect("$ linear A 4096", 131072, "131072 linear A 4096");
	expect("2x $/4 linear A +0; $/4 linear V +0", 131072,
	       "2x 32768 linear A +0; 32768 linear B +0");
	expect("$/2 linear B 0 | $ linear a 8", 8192, "4096 linear C 0 | 8192 linear a 8");
	/* Parts are rounded up to 2 MiB: together they are no less than the whole. */
	expect("$/32", 304 * (MIB / 512), "20480");
}

/* The tables that families share describe a device that holds the filesystem. */
static void test_shared_tables(void **state)
{
	static const char *const tables[] = {
		TESTBED_LINEAR,		TESTBED_DEPTH,
		TESTBED_STRIPED,	TESTBED_TWO_SEGMENTS,
		TESTBED_TWO_NAMESPACES, TESTBED_LINEAR_2,
		TESTBED_STRIPED_2,	TESTBED_LINEAR_2 TESTBED_TWO_MORE,
	};
	static const char *const fs[] = {"ext4", "xfs", "xfs+rmapbt"};
	const struct namespace ns = {.mode = NAMESPACE_FSDAX, .size_bytes = UINT64_C(2) << 30};

	(void)state;
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (size_t f = 0; f < sizeof(fs) / sizeof(fs[0]); f++) {
			uint64_t sectors = testbed_fs_bytes(fs[f]) / SECTOR_BYTES;
			char *text = testbed_expand(tables[t], sectors, index_of());
			struct graph g = {0};
			struct graph_place place;
			int device;

			for (int i = 0; i < 3; i++)
				assert_int_equal(graph_add_namespace(&g, &ns), i);
			device = graph_parse(&g, "bed", text);
			assert_true(device > 2);
			assert_true(g.devices[device].size_sectors >= sectors);
			/* Every byte of it is on a namespace, down to the last. */
			for (uint64_t at = 0; at < g.devices[device].size_sectors * SECTOR_BYTES;
			     at += place.contiguous_bytes) {
				assert_int_equal(
					graph_resolve(&g, (unsigned int)device, at, &place), 0);
				assert_true(place.offset_bytes + place.contiguous_bytes <=
					    ns.size_bytes);
			}
			free(text);
			graph_destroy(&g); /* nothing of it is real */
		}
}

static void test_fs_bytes(void **state)
{
	(void)state;
	assert_true(testbed_fs_bytes("ext4") < testbed_fs_bytes("xfs"));
	assert_true(testbed_fs_bytes("xfs") >= 300 * (uint64_t)MIB); /* mkfs.xfs wants them */
	assert_true(testbed_fs_bytes("xfs+reflink") > testbed_fs_bytes("xfs"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expand),
		cmocka_unit_test(test_shared_tables),
		cmocka_unit_test(test_fs_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

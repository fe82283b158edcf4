// SPDX-License-Identifier: GPL-2.0-only
/* The model of any device against known answers. */
#include "lib/dev/graph.h"
#include "lib/file/extents.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MIB (UINT64_C(1) << 20)
#define MIB_SECTORS UINT64_C(2048)

static const struct namespace namespaces[] = {
	{.node = "/dev/pmem0",
	 .mode = NAMESPACE_FSDAX,
	 .major = 259,
	 .minor = 0,
	 .size_bytes = 64 * MIB,
	 .resource_bytes = UINT64_C(0x100200000)},
	{.node = "/dev/pmem1",
	 .mode = NAMESPACE_FSDAX,
	 .major = 259,
	 .minor = 1,
	 .size_bytes = 64 * MIB,
	 .resource_bytes = UINT64_C(0x180200000)},
	{.node = "/dev/pmem2",
	 .mode = NAMESPACE_VIRTIO,
	 .major = 259,
	 .minor = 2,
	 .size_bytes = 64 * MIB,
	 .resource_bytes = UINT64_C(0x1c0000000)},
	{.node = "/dev/pmem3s", .mode = NAMESPACE_SECTOR, .major = 259, .size_bytes = 64 * MIB},
};

/* A graph whose devices 0 to 3 are the namespaces. */
static void begin(struct graph *g)
{
	*g = (struct graph){0};
	for (unsigned int i = 0; i < COUNT(namespaces); i++)
		assert_int_equal(graph_add_namespace(g, &namespaces[i]), (int)i);
}

static unsigned int add_dm(struct graph *g, const char *name)
{
	int device = graph_add_dm(g, name);

	assert_true(device >= 0);
	return (unsigned int)device;
}

static void add_striped(struct graph *g, unsigned int device, uint64_t len_sectors,
			uint64_t chunk_sectors, unsigned int n, const struct graph_member *members)
{
	const struct graph_target t = {.type = TARGET_STRIPED,
				       .len_sectors = len_sectors,
				       .chunk_sectors = chunk_sectors,
				       .n_members = n,
				       .members = (struct graph_member *)members};

	assert_int_equal(graph_add_target(g, device, &t), 0);
}

static void add_nothing(struct graph *g, unsigned int device, enum target_type type,
			uint64_t len_sectors)
{
	const struct graph_target t = {.type = type, .len_sectors = len_sectors};

	assert_int_equal(graph_add_target(g, device, &t), 0);
}

static void place_is(const struct graph *g, unsigned int device, uint64_t byte, unsigned int ns,
		     uint64_t offset_bytes, uint64_t contiguous_bytes)
{
	struct graph_place place;

	assert_int_equal(graph_resolve(g, device, byte, &place), 0);
	assert_ptr_equal(place.ns, &namespaces[ns]);
	assert_int_equal(place.device, ns);
	assert_int_equal(place.offset_bytes, offset_bytes);
	assert_int_equal(place.contiguous_bytes, contiguous_bytes);
}

static void linear(void **state)
{
	struct graph_place place;
	struct graph g;
	unsigned int dm;

	(void)state;
	begin(&g);
	place_is(&g, 1, 5 * MIB, 1, 5 * MIB, 59 * MIB);
	dm = add_dm(&g, "A");
	assert_int_equal(graph_resolve(&g, dm, 0, &place), -ERANGE); /* empty so far */
	graph_add_linear(&g, dm, 3, 0, 17);
	graph_add_linear(&g, dm, 4 * MIB_SECTORS, 1, 8 * MIB_SECTORS);
	graph_add_linear(&g, dm, 5, 0, 0);
	assert_int_equal(g.devices[dm].size_sectors, 4 * MIB_SECTORS + 8);
	place_is(&g, dm, 0, 0, 17 * 512, 3 * 512);
	place_is(&g, dm, 3 * 512 - 1, 0, 20 * 512 - 1, 1);
	place_is(&g, dm, 3 * 512, 1, 8 * MIB, 4 * MIB);
	place_is(&g, dm, 3 * 512 + 100, 1, 8 * MIB + 100, 4 * MIB - 100);
	place_is(&g, dm, 3 * 512 + 4 * MIB, 0, 0, 5 * 512);
	assert_int_equal(graph_resolve(&g, dm, 8 * 512 + 4 * MIB, &place), -ERANGE);
	graph_destroy(&g);
}

/* What stripe_map_sector() gives, worked out by hand, in sectors. */
static void striped(void **state)
{
	static const struct {
		uint64_t chunk, len;
		unsigned int n;
		uint64_t sector;
		unsigned int member;
		uint64_t offset, together;
	} table[] = {
		/* 4 KiB over two: page by page, to and fro. */
		{8, 16384, 2, 0, 0, 0, 8},
		{8, 16384, 2, 8, 1, 0, 8},
		{8, 16384, 2, 16, 0, 8, 8},
		{8, 16384, 2, 16383, 1, 8191, 1},
		/* 12 KiB, no power of two, over two and over three. */
		{24, 4800, 2, 23, 0, 23, 1},
		{24, 4800, 2, 24, 1, 0, 24},
		{24, 4800, 2, 100, 0, 52, 20},
		{24, 7200, 3, 100, 1, 28, 20},
		{24, 7200, 3, 71, 2, 23, 1},
		{24, 7200, 3, 72, 0, 24, 24},
		{24, 7200, 3, 7199, 2, 2399, 1},
		/* 1 MiB over three. */
		{2048, 24576, 3, 2048 * 7 + 5, 1, 2048 * 2 + 5, 2043},
		{2048, 24576, 3, 24575, 2, 8191, 1},
		/* One member: it all follows, but device-mapper splits at each chunk. */
		{2048, 8192, 1, 3000, 0, 3000, 1096},
	};
	/* Each member begins elsewhere. */
	static const struct graph_member members[] = {{0, 8}, {1, 4096}, {2, 3}};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct graph g;
		unsigned int dm;

		begin(&g);
		dm = add_dm(&g, "S");
		/* Behind another target: its own sectors count. */
		graph_add_linear(&g, dm, 5, 0, 0);
		add_striped(&g, dm, table[i].len, table[i].chunk, table[i].n, members);
		place_is(&g, dm, (5 + table[i].sector) * 512 + 7, table[i].member,
			 (table[i].offset + members[table[i].member].offset_sectors) * 512 + 7,
			 table[i].together * 512 - 7);
		graph_destroy(&g);
	}
}

static void depth(void **state)
{
	struct graph g;
	unsigned int low[2], top, partition, above;

	(void)state;
	begin(&g);
	for (unsigned int i = 0; i < 2; i++) {
		low[i] = add_dm(&g, i ? "L1" : "L0");
		graph_add_linear(&g, low[i], 2048, i, 4096);
		graph_add_linear(&g, low[i], 6144, i, 16384);
	}
	top = add_dm(&g, "T");
	add_striped(&g, top, 8192, 1024, 2,
		    (const struct graph_member[]){{low[0], 512}, {low[1], 1024}});
	/* Chunk 3: on the second at 1024, sector 1024 + 1024 + 1 of L1 is past its first segment.
	 */
	place_is(&g, top, 3073 * 512, 1, (16384 + 1) * 512, 1023 * 512);
	/* Chunk 2: on the first; a segment of L0 ends within it. */
	place_is(&g, top, 2048 * 512, 0, (4096 + 1536) * 512, 512 * 512);
	partition = (unsigned int)graph_add_partition(&g, "/nowhere/T1", top, 3073, 100);
	place_is(&g, partition, 0, 1, (16384 + 1) * 512, 100 * 512);
	above = add_dm(&g, "P");
	graph_add_linear(&g, above, 50, partition, 10);
	place_is(&g, above, 512, 1, (16384 + 12) * 512, 49 * 512);
	graph_destroy(&g);
}

static void nothing_behind(void **state)
{
	struct graph_place place;
	struct graph g;
	unsigned int low, top;

	(void)state;
	begin(&g);
	low = add_dm(&g, "Z");
	graph_add_linear(&g, low, 8, 0, 0);
	add_nothing(&g, low, TARGET_ZERO, 100);
	add_nothing(&g, low, TARGET_ERROR, 100);
	top = add_dm(&g, "T");
	graph_add_linear(&g, top, 60, low, 0);
	graph_add_linear(&g, top, 100, low, 80);
	assert_int_equal(graph_resolve(&g, top, 10 * 512, &place), -ENODATA);
	assert_null(place.ns);
	assert_int_equal(place.device, low);
	assert_int_equal(place.contiguous_bytes, 50 * 512);
	assert_int_equal(graph_resolve(&g, top, 150 * 512, &place), -EIO);
	assert_int_equal(place.contiguous_bytes, 10 * 512);
	assert_int_equal(graph_resolve(&g, top, 160 * 512, &place), -ERANGE);
	/* No chunk, no member: the model does not fall over what device-mapper refuses. */
	graph_clear_targets(&g, low);
	add_striped(&g, low, 100, 0, 1, (const struct graph_member[]){{0, 0}});
	assert_int_equal(graph_resolve(&g, low, 0, &place), -ERANGE);
	graph_destroy(&g);
}

static void directness(void **state)
{
	struct graph g;
	unsigned int a, b, c;

	(void)state;
	begin(&g);
	assert_true(graph_is_direct(&g, 0));
	assert_true(graph_is_direct(&g, 2));
	assert_false(graph_is_direct(&g, 3));
	a = add_dm(&g, "A");
	assert_false(graph_is_direct(&g, a));
	add_striped(&g, a, 64, 8, 2, (const struct graph_member[]){{0, 0}, {1, 0}});
	assert_true(graph_is_direct(&g, a));
	b = add_dm(&g, "B");
	graph_add_linear(&g, b, 64, a, 0);
	assert_true(graph_is_direct(&g, b));
	add_nothing(&g, b, TARGET_ZERO, 8);
	assert_false(graph_is_direct(&g, b));
	c = add_dm(&g, "C");
	graph_add_linear(&g, c, 8, b, 0); /* only the direct part, but of a device that is not */
	assert_false(graph_is_direct(&g, c));
	graph_clear_targets(&g, c);
	add_striped(&g, c, 64, 8, 2, (const struct graph_member[]){{0, 0}, {3, 0}});
	assert_false(graph_is_direct(&g, c));
	graph_destroy(&g);
}

static const struct extent list[] = {
	{.logical_bytes = 0, .physical_bytes = 2 * MIB, .len_bytes = 4 * MIB},
	{.logical_bytes = 6 * MIB, .physical_bytes = 6 * MIB + 4096, .len_bytes = 2 * MIB},
};
static const struct extents extents = {.list = (struct extent *)list, .n = COUNT(list)};

static void frames_and_windows(void **state)
{
	struct graph g;
	uint64_t pfn = 0;
	unsigned int dm;

	(void)state;
	begin(&g);
	dm = add_dm(&g, "S");
	add_striped(&g, dm, 32 * MIB_SECTORS, 2 * MIB_SECTORS, 2,
		    (const struct graph_member[]){{0, 0}, {1, 4 * MIB_SECTORS}});
	/* File 1 MiB -> device 3 MiB -> chunk 1 -> second member, at 4 + 1 MiB. */
	assert_int_equal(extents_pfn(&extents, (struct backing){&g, dm}, 1 * MIB, &pfn), 0);
	assert_int_equal(pfn, (UINT64_C(0x180200000) + 5 * MIB) / 4096);
	assert_int_equal(extents_pfn(&extents, (struct backing){&g, dm}, 5 * MIB, &pfn), -ENOENT);
	assert_true(extents_window_is_huge(&extents, (struct backing){&g, dm}, 0));
	assert_true(extents_window_is_huge(&extents, (struct backing){&g, dm}, 2 * MIB));
	assert_false(
		extents_window_is_huge(&extents, (struct backing){&g, dm}, 4 * MIB)); /* a hole */
	assert_false(extents_window_is_huge(&extents, (struct backing){&g, dm},
					    6 * MIB)); /* misplaced by a page */
	/* Chunks of 1 MiB never keep 2 MiB together, not even with one member. */
	graph_clear_targets(&g, dm);
	add_striped(&g, dm, 32 * MIB_SECTORS, MIB_SECTORS, 1,
		    (const struct graph_member[]){{0, 0}});
	assert_false(extents_window_is_huge(&extents, (struct backing){&g, dm}, 0));
	/* One page further on the member. */
	graph_clear_targets(&g, dm);
	graph_add_linear(&g, dm, 32 * MIB_SECTORS, 0, 8);
	assert_false(extents_window_is_huge(&extents, (struct backing){&g, dm}, 0));
	/* In place again; and where no memory is. */
	graph_clear_targets(&g, dm);
	graph_add_linear(&g, dm, 4 * MIB_SECTORS, 0, 4 * MIB_SECTORS);
	graph_add_linear(&g, dm, 32 * MIB_SECTORS, 3, 0);
	assert_true(extents_window_is_huge(&extents, (struct backing){&g, dm}, 0));
	assert_false(extents_window_is_huge(&extents, (struct backing){&g, dm}, 2 * MIB));
	assert_int_equal(extents_pfn(&extents, (struct backing){&g, dm}, 3 * MIB, &pfn), -ENXIO);
	graph_destroy(&g);
}

static void text(void **state)
{
	struct graph g;
	unsigned int a, b;
	char *output;

	(void)state;
	begin(&g);
	a = add_dm(&g, "A");
	graph_add_linear(&g, a, 2048, 0, 0);
	add_nothing(&g, a, TARGET_ZERO, 8);
	add_nothing(&g, a, TARGET_ERROR, 16);
	b = add_dm(&g, "B");
	add_striped(&g, b, 2048, 24, 2, (const struct graph_member[]){{a, 5}, {1, 2048}});
	graph_add_partition(&g, "/nowhere/B1", b, 8, 80);
	output = graph_table(&g, a);
	assert_string_equal(output, "0 2048 linear 259:0 0\n2048 8 zero\n2056 16 error\n");
	free(output);
	output = graph_table(&g, b);
	assert_string_equal(output, "0 2048 striped 2 24 /dev/mapper/A 5 259:1 2048\n");
	free(output);
	output = graph_dmsetup(&g);
	assert_string_equal(
		output,
		"printf '0 2048 linear /dev/pmem0 0\\n2048 8 zero\\n2056 16 error\\n' | dmsetup "
		"create A\n"
		"dmsetup create B --table '0 2048 striped 2 24 /dev/mapper/A 5 /dev/pmem1 2048'\n"
		"# /nowhere/B1: partition of /dev/mapper/B from sector 8 on, 80 sectors\n");
	free(output);
	graph_destroy(&g);
}

static void too_many(void **state)
{
	struct graph g = {0};
	char name[80];

	(void)state;
	for (unsigned int i = 0; i < GRAPH_DEVICES_MAX; i++)
		assert_int_equal(graph_add_dm(&g, "X"), (int)i);
	assert_int_equal(graph_add_dm(&g, "X"), -ENOSPC);
	g = (struct graph){0};
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i + 1 < sizeof(name) ? 'x' : '\0';
	assert_int_equal(graph_add_dm(&g, name), -ENAMETOOLONG);
	assert_int_equal(graph_add_other(&g, "/nowhere/at/all"), -ENOENT);
	assert_int_equal(graph_add_other(&g, "/dev/null"), -ENOTTY);
	assert_int_equal(g.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linear),     cmocka_unit_test(striped),
		cmocka_unit_test(depth),      cmocka_unit_test(nothing_behind),
		cmocka_unit_test(directness), cmocka_unit_test(frames_and_windows),
		cmocka_unit_test(text),	      cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

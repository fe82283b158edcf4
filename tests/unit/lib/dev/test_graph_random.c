// SPDX-License-Identifier: GPL-2.0-only
/* Parsed graphs, their maps, random graphs and how they are reduced, against known answers. */
#include "lib/dev/graph_map.h"
#include "lib/dev/graph_parse.h"
#include "lib/dev/graph_random.h"
#include "lib/dev/graph_reduce.h"
#include "lib/file/extents.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MIB (UINT64_C(1) << 20)

static const struct namespace namespaces[] = {
	{.node = "/dev/pmem0", .major = 259, .minor = 0, .size_bytes = 640 * MIB},
	{.node = "/dev/pmem1", .major = 259, .minor = 1, .size_bytes = 640 * MIB + 512},
};

static void begin(struct graph *g)
{
	*g = (struct graph){0};
	for (unsigned int i = 0; i < COUNT(namespaces); i++)
		assert_int_equal(graph_add_namespace(g, &namespaces[i]), (int)i);
}

/* ---- parsing -- */

/* 8^20 ways lead down: they are judged without going each. */
static void many_ways_down(void **state)
{
	struct graph g;

	(void)state;
	begin(&g);
	for (unsigned int level = 0; level < 20; level++) {
		struct graph_member members[8] = {0};
		struct graph_target t = {.type = TARGET_STRIPED,
					 .len_sectors = 64,
					 .chunk_sectors = 8,
					 .n_members = 8,
					 .members = members};
		int device = graph_add_dm(&g, "x");

		assert_true(device >= 0);
		for (unsigned int m = 0; m < 8; m++)
			members[m].device = level ? (unsigned int)device - 1 : 0;
		assert_int_equal(graph_add_target(&g, (unsigned int)device, &t), 0);
	}
	assert_true(graph_is_direct(&g, g.n - 1));
	assert_true(graph_keeps_pages(&g, g.n - 1));
	assert_true(graph_is_paged(&g, g.n - 1));
	for (unsigned int i = 0; i < g.n; i++)
		graph_clear_targets(&g, i);
}

static void parses(void **state)
{
	static const struct {
		const char *text, *dmsetup; /* NULL: cannot be read */
	} table[] = {
		{"16 linear A 3", "dmsetup create T0 --table '0 16 linear /dev/pmem0 3'\n"},
		{" 16 linear B -16 ",
		 "dmsetup create T0 --table '0 16 linear /dev/pmem1 1310704'\n"},
		{"2x 8 linear A +0; 5 linear A +1",
		 "printf '0 8 linear /dev/pmem0 0\\n8 5 linear /dev/pmem0 9\\n"
		 "13 8 linear /dev/pmem0 14\\n21 5 linear /dev/pmem0 23\\n' | dmsetup create T0\n"},
		{"32 striped 2 8 A 100 B +4; 8 error; 9 zero",
		 "printf '0 32 striped 2 8 /dev/pmem0 100 /dev/pmem1 4\\n32 8 error\\n"
		 "40 9 zero\\n' | dmsetup create T0\n"},
		{"64 linear A 0 | 8 linear a 4; 8 linear a +1",
		 "dmsetup create T0 --table '0 64 linear /dev/pmem0 0'\n"
		 "printf '0 8 linear /dev/mapper/T0 4\\n8 8 linear /dev/mapper/T0 13\\n' | "
		 "dmsetup create T1\n"},
		{"part B 9 80 | 8 linear a -8",
		 "# /dev/pmem1p1: partition of /dev/pmem1 from sector 9 on, 80 sectors\n"
		 "dmsetup create T1 --table '0 8 linear /dev/pmem1p1 72'\n"},
		{"", NULL},
		{"16", NULL},
		{"16 mirror A 0", NULL},
		{"16 linear C 0", NULL},
		{"16 linear b 0", NULL},
		{"16 linear A", NULL},
		{"16 linear A 0;", NULL},
		{"16 linear A 0 |", NULL},
		{"16 linear A 0 B 0", NULL},
		{"16 linear a 0", NULL},
		{"18446744073709551616 zero", NULL},
		{"4294967295x 8 zero", NULL},
		{"1099511627776 zero; 8 zero", NULL},
		{"8 linear A -99999999999", NULL},
		{"8 striped 4294967297 8 A 0", NULL},
		{"16 striped 129 8 A 0", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct graph g;
		char *text;
		int rc;

		begin(&g);
		rc = graph_parse(&g, "T", 0, table[i].text);
		if (table[i].dmsetup) {
			assert_int_equal(rc, (int)g.n - 1);
			text = graph_dmsetup(&g);
			assert_string_equal(text, table[i].dmsetup);
			free(text);
		} else {
			assert_int_equal(rc, -EINVAL);
		}
		graph_destroy(&g);
	}
}

/* A table as the kernel prints it is the graph that it was made from. */
static void parses_tables(void **state)
{
	static const struct {
		const char *text;
		int rc;
	} table[] = {
		{"0 16 linear 259:0 8\n", 2},
		{"0 16 linear /dev/pmem1 8", 2},
		{"0 16 striped 2 8 259:0 0 259:1 8\n16 8 zero\n24 8 error\n", 2},
		{"\n  0 16 linear 259:0 8  \n\n", 2},
		{"0 16 linear 259:2 8\n", -ENODEV},
		{"0 16 crypt aes 259:0 8\n", -EOPNOTSUPP},
		{"8 16 linear 259:0 8\n", -EINVAL}, /* a gap */
		{"0 16 linear 259:0 8\n24 8 zero\n", -EINVAL},
		{"0 16 linear 259:0\n", -EINVAL},
		{"0 16 linear 259:0 8 8\n", -EINVAL},
		{"0 16 linear 259:0 -8\n", -EINVAL},
		{"0 0 linear 259:0 8\n", -EINVAL},
		{"0 16 zero 259:0 8\n", -EINVAL},
		{"0 16 striped 0 8\n", -EINVAL},
		{"0 16 striped 1 0 259:0 8\n", -EINVAL},
		{"0 16 striped 129 8 259:0 8\n", -EINVAL},
		{"0 16\n", -EINVAL},
		{"0 1099511627777 zero\n", -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct graph g;

		begin(&g);
		print_message("%s\n", table[i].text);
		assert_int_equal(graph_parse_table(&g, "T", table[i].text), table[i].rc);
		graph_destroy(&g);
	}
}

static void tables_read_back(void **state)
{
	static const char *const texts[] = {
		"16 linear A 3",
		"32 striped 2 8 A 100 B +4; 8 error; 9 zero",
		"300x 8 linear A +8; 8 linear B +0",
		"64 striped 8 8 A 0 B 0 A 8 B 8 A 16 B 16 A 24 B 24",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct graph g;
		char *text, *again;

		begin(&g);
		assert_int_equal(graph_parse(&g, "T", 0, texts[i]), 2);
		text = graph_table(&g, 2);
		assert_int_equal(graph_parse_table(&g, "U", text), 3);
		again = graph_table(&g, 3);
		assert_string_equal(text, again);
		assert_int_equal(g.devices[2].size_sectors, g.devices[3].size_sectors);
		free(text);
		free(again);
		graph_destroy(&g);
	}
}

/* ---- maps -- */

/* The map of a stack's top device. */
static void map_stack(struct graph *g, const char *text, struct graph_map *map)
{
	print_message("%s\n", text);
	begin(g);
	assert_true(graph_parse(g, "T", 0, text) >= 0);
	assert_int_equal(graph_map_device(g, g->n - 1, map), 0);
}

/* The first 2 MiB that no PMD can map. */
static void lost_windows(void **state)
{
	static const struct {
		const char *text;
		int window; /* -1: none */
	} table[] = {
		{"16384 linear A 0", -1},
		{"16384 linear A 8192", -1},
		{"16384 linear A 8", 0},
		{"16384 linear A 2048", 0}, /* LVM's first extent */
		{"8192 linear A 0; 8192 linear A 12296", 2},
		{"6144 linear A 0; 2048 linear B 0; 8192 linear A 8192", 1},
		{"16384 striped 2 4096 A 0 B 4096", -1},
		{"16384 striped 2 128 A 0 B 0", 0},
		{"16384 linear A 2048 | 8192 linear a 2048", -1}, /* two faults that cancel out */
		{"8192 linear A 0; 100 linear A 8200", -1},	  /* no whole window */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct graph_map map;
		struct graph g;
		uint64_t at = 0;
		bool lost;

		map_stack(&g, table[i].text, &map);
		lost = graph_map_misaligned(&map, WINDOW_BYTES, &at);
		assert_int_equal(lost ? (int)(at / WINDOW_BYTES) : -1, table[i].window);
		graph_map_free(&map);
		graph_destroy(&g);
	}
}

static void maps(void **state)
{
	static const struct {
		const char *text;
		size_t pieces;
		int torn_sector; /* -1: none */
		bool overlaps, paged;
	} table[] = {
		{"64 linear A 0", 1, -1, false, true},
		{"64 linear A 1", 1, 0, false, false},
		/* Neighbours below are one piece, but the table's border is not on a page. */
		{"35 linear A 0; 29 linear A 35", 1, -1, false, false},
		{"32 linear A 0; 32 linear A 32", 1, -1, false, true},
		{"35 linear A 0; 29 linear B 0", 2, 32, false, false},
		{"32 linear A 0; 32 linear A 8", 2, -1, true, true},
		{"32 linear A 0; 32 linear A 40", 2, -1, false, true},
		{"32 linear A 0; 8 linear B 4; 24 linear A 40", 3, 32, false, false},
		{"64 striped 2 8 A 0 B 0", 8, -1, false, true},
		{"64 striped 2 4 A 0 B 0", 16, 0, false, false},
		{"48 striped 2 12 A 0 B 0", 4, 8, false, false},
		{"64 striped 2 8 A 0 A 24", 8, -1, true, true},
		/* The last page of the device is not whole: no filesystem gets it. */
		{"67 linear A 0", 1, -1, false, false},
		{"64 linear A 0; 3 linear B 5", 2, -1, false, false},
		/* What two layers do wrong can be right in the end. */
		{"71 linear A 1 | 64 linear a 7", 1, -1, false, false},
		{"part A 16 80 | 64 linear a 8", 1, -1, false, true},
		{"part A 17 80 | 64 linear a 8", 1, 0, false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct graph_map map;
		struct graph g;
		uint64_t at = 0;
		bool torn;

		map_stack(&g, table[i].text, &map);
		assert_int_equal(map.n, table[i].pieces);
		assert_int_equal(graph_map_overlaps(&map), table[i].overlaps);
		assert_int_equal(graph_is_paged(&g, g.n - 1), table[i].paged);
		torn = graph_map_misaligned(&map, PAGE_BYTES, &at);
		assert_int_equal(torn ? (int)(at / 512) : -1, table[i].torn_sector);
		graph_map_free(&map);
		graph_destroy(&g);
	}
}

static void map_of_a_file(void **state)
{
	struct extent list[] = {{.logical_bytes = 0, .physical_bytes = 8 * 512, .len_bytes = 8192},
				{.logical_bytes = 16384, .physical_bytes = 0, .len_bytes = 4096}};
	const struct extents extents = {.list = list, .n = COUNT(list)};
	const struct graph_piece want[] = {
		{16384, 0, 9 * 512, 4096}, /* sorted: the namespace's front first */
		{0, 0, 17 * 512, 4096},
		{4096, 1, 0, 4096},
	};
	struct graph_map map;
	struct graph g;

	(void)state;
	begin(&g);
	assert_int_equal(graph_parse(&g, "T", 0, "16 linear A 9; 48 linear B 0"), 2);
	assert_int_equal(extents_map(&extents, (struct backing){&g, 2}, &map), 0);
	graph_map_sort_below(&map);
	assert_int_equal(map.n, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++) {
		assert_int_equal(map.list[i].at_bytes, want[i].at_bytes);
		assert_int_equal(map.list[i].device, want[i].device);
		assert_int_equal(map.list[i].offset_bytes, want[i].offset_bytes);
		assert_int_equal(map.list[i].len_bytes, want[i].len_bytes);
	}
	graph_map_free(&map);
	graph_destroy(&g);
}

static void map_of_nothing(void **state)
{
	struct graph_map map;
	struct graph g;
	uint64_t at;

	(void)state;
	begin(&g);
	assert_int_equal(graph_parse(&g, "T", 0, "16 linear A 0; 8 error"), 2);
	assert_int_equal(graph_map_device(&g, 2, &map), -EIO);
	graph_map_free(&map);
	map = (struct graph_map){0};
	assert_int_equal(graph_map_append(&map, &g, 2, 0, 0, 0), 0);
	assert_false(graph_map_misaligned(&map, PAGE_BYTES, &at));
	assert_int_equal(graph_map_overlaps(&map), 0);
	graph_map_free(&map);
	graph_destroy(&g);
}

/* ---- at random -- */

static const struct graph_random_rules pages = {.grain_sectors = 8,
						.min_sectors = 6 << 11,
						.max_sectors = 10 << 11,
						.targets_max = 48,
						.depth_max = 4,
						.partitions = true};
static const struct graph_random_rules sectors = {.grain_sectors = 1,
						  .min_sectors = 6 << 11,
						  .max_sectors = 10 << 11,
						  .targets_max = 24,
						  .depth_max = 4,
						  .partitions = true};

/* Whether every target lies within its members, as device-mapper wants it. */
static bool fits(const struct graph *g)
{
	for (unsigned int i = 0; i < g->n; i++)
		for (size_t t = 0; t < g->devices[i].n_targets; t++) {
			const struct graph_target *target = &g->devices[i].targets[t];

			if (!target->len_sectors || !target->n_members ||
			    target->len_sectors % target->n_members)
				return false;
			if (target->type == TARGET_STRIPED &&
			    target->len_sectors / target->n_members % target->chunk_sectors)
				return false;
			for (unsigned int m = 0; m < target->n_members; m++) {
				const struct graph_member *member = &target->members[m];

				if (member->device >= i ||
				    member->offset_sectors +
						    target->len_sectors / target->n_members >
					    g->devices[member->device].size_sectors)
					return false;
			}
		}
	return true;
}

/* What the dice gave at least once. */
struct seen {
	unsigned int graphs, torn, striped, partitions, deep;
};

static void note(const struct graph *g, struct seen *seen)
{
	uint64_t at;
	struct graph_map map;
	bool striped = false, partition = false;

	assert_int_equal(graph_map_device(g, g->n - 1, &map), 0);
	assert_int_equal(graph_map_overlaps(&map), 0);
	seen->torn += graph_map_misaligned(&map, PAGE_BYTES, &at);
	graph_map_free(&map);
	for (unsigned int i = 0; i < g->n; i++) {
		partition = partition || g->devices[i].kind == GRAPH_PARTITION;
		for (size_t t = 0; t < g->devices[i].n_targets; t++)
			striped = striped || g->devices[i].targets[t].type == TARGET_STRIPED;
	}
	seen->striped += striped;
	seen->partitions += partition;
	seen->deep += g->n > 3;
	seen->graphs++;
}

static void random_graphs(void **state)
{
	const struct graph_random_rules *rules[] = {&pages, &sectors};
	struct seen seen[2] = {0};

	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++)
		for (size_t r = 0; r < 2; r++) {
			const struct graph_device *last;
			struct graph g;
			int rc;

			begin(&g);
			rc = graph_random(&g, "T", seed, rules[r]);
			assert_true(rc == -ENOSPC || rc == (int)g.n - 1);
			last = &g.devices[g.n - 1];
			if (rc >= 0) {
				assert_true(last->size_sectors >= rules[r]->min_sectors);
				assert_true(last->size_sectors <= rules[r]->max_sectors);
				assert_true(fits(&g));
				note(&g, &seen[r]);
				if (!r)
					assert_true(graph_is_paged(&g, g.n - 1));
			}
			graph_destroy(&g);
		}
	assert_int_equal(seen[0].torn, 0);
	assert_true(seen[1].torn > 50);
	for (size_t r = 0; r < 2; r++) {
		assert_true(seen[r].graphs > 150);
		assert_true(seen[r].striped > 50);
		assert_true(seen[r].partitions > 20);
		assert_true(seen[r].deep > 50);
	}
}

static void same_seed_same_graph(void **state)
{
	char *texts[3];

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct graph g;

		begin(&g);
		assert_true(graph_random(&g, "T", i == 2 ? 8 : 7, &sectors) >= 0);
		texts[i] = graph_dmsetup(&g);
		graph_destroy(&g);
	}
	assert_string_equal(texts[0], texts[1]);
	assert_string_not_equal(texts[0], texts[2]);
	for (unsigned int i = 0; i < 3; i++)
		free(texts[i]);
}

/* ---- smaller -- */

struct hunt {
	unsigned int trials, most;
	bool (*fails)(const struct graph *g);
};

static bool still_fails(struct graph *g, void *arg)
{
	struct hunt *hunt = arg;

	assert_true(fits(g));
	return hunt->trials++ < hunt->most && g->devices[g->n - 1].size_sectors >= 4096 &&
	       hunt->fails(g);
}

static bool is_torn(const struct graph *g)
{
	struct graph_map map;
	uint64_t at;
	bool torn =
		!graph_map_device(g, g->n - 1, &map) && graph_map_misaligned(&map, PAGE_BYTES, &at);

	graph_map_free(&map);
	return torn;
}

static bool uses_second(const struct graph *g)
{
	struct graph_map map;
	bool found = false;

	if (!graph_map_device(g, g->n - 1, &map))
		for (size_t i = 0; i < map.n; i++)
			found = found || map.list[i].device == 1;
	graph_map_free(&map);
	return found;
}

static bool never(const struct graph *g)
{
	(void)g;
	return false;
}

static void shrinks(void **state)
{
	static const struct {
		bool (*fails)(const struct graph *g);
		const char *from, *to;
	} table[] = {
		{is_torn, "4096 linear A 8192; 4096 linear B 3; 4096 linear A 16384",
		 "dmsetup create T0 --table '0 4096 linear /dev/pmem0 3'\n"},
		{is_torn, "8192 linear A 1 | 4096 linear a 4096; 2048 linear a 0",
		 "dmsetup create T1 --table '0 4096 linear /dev/pmem0 1'\n"},
		{uses_second, "part B 64 81920 | 4096 linear A 0; 8 linear a 0; 4096 linear A 8192",
		 "printf '0 4096 linear /dev/pmem0 0\\n4096 8 linear /dev/pmem1 0\\n' | "
		 "dmsetup create T1\n"},
		/* Nothing that is tried fails as well: it stays. */
		{never, "4096 linear A 1; 4096 linear B 1",
		 "printf '0 4096 linear /dev/pmem0 1\\n4096 4096 linear /dev/pmem1 1\\n' | "
		 "dmsetup create T0\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct hunt hunt = {.fails = table[i].fails, .most = 1000};
		struct graph g;
		char *text;

		begin(&g);
		assert_true(graph_parse(&g, "T", 0, table[i].from) >= 0);
		assert_int_equal(graph_reduce(&g, still_fails, &hunt), 0);
		text = graph_dmsetup(&g);
		assert_string_equal(text, table[i].to);
		free(text);
		graph_destroy(&g);
	}
}

/* Whatever the dice give ends as one or two segments, and within the trials one has the time for.
 */
static void shrinks_random(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 60; seed++) {
		struct hunt hunt = {.fails = is_torn, .most = 1000};
		struct graph g;

		begin(&g);
		if (graph_random(&g, "T", seed, &sectors) >= 0 && is_torn(&g)) {
			assert_int_equal(graph_reduce(&g, still_fails, &hunt), 0);
			assert_true(is_torn(&g));
			assert_true(g.devices[g.n - 1].n_targets <= 2);
			assert_int_equal(g.n, 3);
			assert_true(hunt.trials < 200);
		}
		graph_destroy(&g);
	}
}

/* The time is over at once, or in the middle: what was reached still fails. */
static void shrinks_in_time(void **state)
{
	(void)state;
	for (unsigned int most = 0; most < 20; most++) {
		struct hunt hunt = {.fails = is_torn, .most = most};
		struct graph g;

		begin(&g);
		assert_true(graph_random(&g, "T", 3, &sectors) >= 0);
		if (is_torn(&g)) {
			assert_int_equal(graph_reduce(&g, still_fails, &hunt), 0);
			assert_true(is_torn(&g));
			assert_true(fits(&g));
		}
		graph_destroy(&g);
	}
}

/* Some bytes of the device are on no namespace: it cannot be mapped.  Nothing is leaked. */
static void reduces_a_device_without_a_map(void **state)
{
	struct hunt hunt = {.fails = is_torn, .most = 0};
	struct graph g;

	(void)state;
	begin(&g);
	assert_true(graph_parse(&g, "T", 0, "4096 linear A 0; 8 zero; 4096 linear B 4096") >= 0);
	assert_int_equal(graph_reduce(&g, still_fails, &hunt), 0);
	assert_int_equal(g.devices[2].n_targets, 3);
	graph_destroy(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reduces_a_device_without_a_map),
		cmocka_unit_test(many_ways_down),
		cmocka_unit_test(parses),
		cmocka_unit_test(parses_tables),
		cmocka_unit_test(tables_read_back),
		cmocka_unit_test(maps),
		cmocka_unit_test(lost_windows),
		cmocka_unit_test(map_of_a_file),
		cmocka_unit_test(map_of_nothing),
		cmocka_unit_test(random_graphs),
		cmocka_unit_test(same_seed_same_graph),
		cmocka_unit_test(shrinks),
		cmocka_unit_test(shrinks_random),
		cmocka_unit_test(shrinks_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

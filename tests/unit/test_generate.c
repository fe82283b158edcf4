// SPDX-License-Identifier: GPL-2.0-only
/* Sketches, surveys, graphs at random and how they shrink, against known answers. */
#include "lib/dev/generate.h"
#include "lib/dev/sketch.h"
#include "lib/dev/survey.h"

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

/* ---- sketches -- */

/* 8^20 ways lead down: they are judged without going each. */
static void many_ways_down(void **state)
{
	struct graph g;

	(void)state;
	begin(&g);
	for (unsigned int level = 0; level < 20; level++) {
		struct graph_target t = {.type = TARGET_STRIPED,
					 .len_sectors = 64,
					 .chunk_sectors = 8,
					 .n_members = 8};
		int device = graph_add_dm(&g, "x");

		assert_true(device >= 0);
		for (unsigned int m = 0; m < 8; m++)
			t.members[m].device = level ? (unsigned int)device - 1 : 0;
		assert_int_equal(graph_add_target(&g, (unsigned int)device, &t), 0);
	}
	assert_true(graph_is_direct(&g, g.n - 1));
	assert_true(graph_keeps_pages(&g, g.n - 1));
	assert_true(graph_is_paged(&g, g.n - 1));
	for (unsigned int i = 0; i < g.n; i++)
		graph_clear_targets(&g, i);
}

static void sketches(void **state)
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
		{"16 striped 9 8 A 0 A 8 A 16 A 24 A 32 A 40 A 48 A 56 A 64", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct graph g;
		char *text;
		int rc;

		begin(&g);
		rc = graph_sketch(&g, "T", table[i].text);
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

/* ---- surveys -- */

static void surveys(void **state)
{
	static const struct {
		const char *text;
		size_t pieces;
		int torn_sector; /* -1: none */
		bool aliases, paged;
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
		struct survey survey;
		struct graph g;
		uint64_t at = 0;
		bool torn;

		begin(&g);
		assert_true(graph_sketch(&g, "T", table[i].text) >= 0);
		assert_int_equal(survey_device(&g, g.n - 1, &survey), 0);
		assert_int_equal(survey.n, table[i].pieces);
		assert_int_equal(survey_aliases(&survey), table[i].aliases);
		assert_int_equal(graph_is_paged(&g, g.n - 1), table[i].paged);
		torn = survey_torn_page(&survey, &at);
		assert_int_equal(torn ? (int)(at / 512) : -1, table[i].torn_sector);
		survey_free(&survey);
		graph_destroy(&g);
	}
}

static void survey_of_a_file(void **state)
{
	struct extent list[] = {{.logical_bytes = 0, .physical_bytes = 8 * 512, .len_bytes = 8192},
				{.logical_bytes = 16384, .physical_bytes = 0, .len_bytes = 4096}};
	const struct extents extents = {.list = list, .n = COUNT(list)};
	const struct piece want[] = {
		{16384, 0, 9 * 512, 4096}, /* sorted: the namespace's front first */
		{0, 0, 17 * 512, 4096},
		{4096, 1, 0, 4096},
	};
	struct survey survey;
	struct graph g;

	(void)state;
	begin(&g);
	assert_int_equal(graph_sketch(&g, "T", "16 linear A 9; 48 linear B 0"), 2);
	assert_int_equal(survey_file(&g, 2, &extents, &survey), 0);
	survey_sort_below(&survey);
	assert_int_equal(survey.n, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++) {
		assert_int_equal(survey.list[i].at_bytes, want[i].at_bytes);
		assert_int_equal(survey.list[i].device, want[i].device);
		assert_int_equal(survey.list[i].offset_bytes, want[i].offset_bytes);
		assert_int_equal(survey.list[i].len_bytes, want[i].len_bytes);
	}
	survey_free(&survey);
	graph_destroy(&g);
}

static void survey_of_nothing(void **state)
{
	struct survey survey;
	struct graph g;
	uint64_t at;

	(void)state;
	begin(&g);
	assert_int_equal(graph_sketch(&g, "T", "16 linear A 0; 8 error"), 2);
	assert_int_equal(survey_device(&g, 2, &survey), -EIO);
	survey_free(&survey);
	assert_int_equal(survey_range(&g, 2, 0, 0, &survey), 0);
	assert_false(survey_torn_page(&survey, &at));
	assert_int_equal(survey_aliases(&survey), 0);
	survey_free(&survey);
	graph_destroy(&g);
}

/* ---- at random -- */

static const struct generate_rules pages = {.grain_sectors = 8,
					    .min_sectors = 6 << 11,
					    .max_sectors = 10 << 11,
					    .targets_max = 48,
					    .depth_max = 4,
					    .partitions = true};
static const struct generate_rules sectors = {.grain_sectors = 1,
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
	struct survey survey;
	bool striped = false, partition = false;

	assert_int_equal(survey_device(g, g->n - 1, &survey), 0);
	assert_int_equal(survey_aliases(&survey), 0);
	seen->torn += survey_torn_page(&survey, &at);
	survey_free(&survey);
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
	const struct generate_rules *rules[] = {&pages, &sectors};
	struct seen seen[2] = {0};

	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++)
		for (size_t r = 0; r < 2; r++) {
			const struct graph_device *last;
			struct graph g;
			int rc;

			begin(&g);
			rc = graph_generate(&g, "T", seed, rules[r]);
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
		assert_true(graph_generate(&g, "T", i == 2 ? 8 : 7, &sectors) >= 0);
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
	struct survey survey;
	uint64_t at;
	bool torn = !survey_device(g, g->n - 1, &survey) && survey_torn_page(&survey, &at);

	survey_free(&survey);
	return torn;
}

static bool uses_second(const struct graph *g)
{
	struct survey survey;
	bool found = false;

	if (!survey_device(g, g->n - 1, &survey))
		for (size_t i = 0; i < survey.n; i++)
			found = found || survey.list[i].device == 1;
	survey_free(&survey);
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
		assert_true(graph_sketch(&g, "T", table[i].from) >= 0);
		assert_int_equal(graph_shrink(&g, still_fails, &hunt), 0);
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
		if (graph_generate(&g, "T", seed, &sectors) >= 0 && is_torn(&g)) {
			assert_int_equal(graph_shrink(&g, still_fails, &hunt), 0);
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
		assert_true(graph_generate(&g, "T", 3, &sectors) >= 0);
		if (is_torn(&g)) {
			assert_int_equal(graph_shrink(&g, still_fails, &hunt), 0);
			assert_true(is_torn(&g));
			assert_true(fits(&g));
		}
		graph_destroy(&g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_ways_down),
		cmocka_unit_test(sketches),
		cmocka_unit_test(surveys),
		cmocka_unit_test(survey_of_a_file),
		cmocka_unit_test(survey_of_nothing),
		cmocka_unit_test(random_graphs),
		cmocka_unit_test(same_seed_same_graph),
		cmocka_unit_test(shrinks),
		cmocka_unit_test(shrinks_random),
		cmocka_unit_test(shrinks_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

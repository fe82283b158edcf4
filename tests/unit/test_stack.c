// SPDX-License-Identifier: GPL-2.0-only
/* Stack specs and table text against known answers. */
#include "lib/stack.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MIB (UINT64_C(1) << 20)

static const char *const members[] = {"A", "B", "C"};

/* spec, device size, the text of the top table */
static const struct {
	const char *spec;
	uint64_t size_bytes;
	const char *text;
} tables[] = {
	{"linear:1", 8 * MIB, "0 16384 linear A 0\n"},
	{"linear:2", 8 * MIB, "0 8192 linear A 0\n8192 8192 linear A 8192\n"},
	/* Whole granules of 2 MiB: the first segments take what is left over. */
	{"linear:3", 8 * MIB,
	 "0 8192 linear A 0\n8192 4096 linear A 8192\n12288 4096 linear A 12288\n"},
	/* A size that is no multiple of 2 MiB: the last segment has the rest. */
	{"linear:2", 5 * MIB, "0 4096 linear A 0\n4096 6144 linear A 4096\n"},
	{"linear:2,align=4k", 8 * MIB, "0 8192 linear A 8\n8192 8192 linear A 8200\n"},
	/* More segments than windows: granules as small as the alignment. */
	{"linear:4,align=1m", 4 * MIB,
	 "0 2048 linear A 2048\n2048 2048 linear A 4096\n4096 2048 linear A 6144\n"
	 "6144 2048 linear A 8192\n"},
	{"linear:4,over=2", 8 * MIB,
	 "0 4096 linear A 0\n4096 4096 linear B 0\n8192 4096 linear A 4096\n"
	 "12288 4096 linear B 4096\n"},
	{"linear:2,over=2,align=4k", 4 * MIB, "0 4096 linear A 8\n4096 4096 linear B 8\n"},
	{"linear:2,align=4m", 16 * MIB, "0 16384 linear A 0\n16384 16384 linear A 16384\n"},
};

static char *text_of(const char *spec_text, uint64_t size_bytes)
{
	struct stack_spec spec;
	struct table table;
	char why[192], *text;

	assert_int_equal(stack_parse(spec_text, &spec, why, sizeof(why)), 0);
	assert_int_equal(stack_layer_table(&spec.layers[0], size_bytes, &table), 0);
	text = table_text(&table, members);
	table_free(&table);
	assert_non_null(text);
	return text;
}

static void known_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(tables); i++) {
		char *text = text_of(tables[i].spec, tables[i].size_bytes);

		print_message("%s\n", tables[i].spec);
		assert_string_equal(text, tables[i].text);
		free(text);
	}
}

/* Every layout covers the device once, and each member at most once, whatever the order. */
static void layouts_cover(void **state)
{
	static const char *const specs[] = {"linear:1",
					    "linear:7",
					    "linear:64,shuffle",
					    "linear:1024",
					    "linear:9,over=3",
					    "linear:16,shuffle,align=64k",
					    "linear:8,over=2,shuffle"};

	(void)state;
	for (size_t i = 0; i < COUNT(specs); i++) {
		const uint64_t size_bytes = 2048 * MIB + 3 * MIB;
		unsigned char *used = calloc(1, 2 * size_bytes / PAGE_BYTES * 3);
		uint64_t need[STACK_OVER_MAX], next = 0;
		struct stack_spec spec;
		struct table table;
		char why[192];

		assert_int_equal(stack_parse(specs[i], &spec, why, sizeof(why)), 0);
		assert_int_equal(
			stack_layer_need(&spec.layers[0], size_bytes, need, why, sizeof(why)), 0);
		assert_int_equal(stack_layer_table(&spec.layers[0], size_bytes, &table), 0);
		for (size_t s = 0; s < table.n; s++) {
			const struct segment *seg = &table.segments[s];

			assert_int_equal(seg->start_sectors, next);
			next += seg->len_sectors;
			assert_in_range((seg->offset_sectors + seg->len_sectors) * SECTOR_BYTES, 1,
					need[seg->member]);
			for (uint64_t p = 0; p < seg->len_sectors / 8; p++) {
				size_t page = seg->member * (2 * size_bytes / PAGE_BYTES) +
					      seg->offset_sectors / 8 + p;

				assert_int_equal(used[page]++, 0);
			}
		}
		assert_int_equal(next * SECTOR_BYTES, size_bytes);
		table_free(&table);
		free(used);
	}
}

static void shuffle_is_another_fixed_order(void **state)
{
	char *a = text_of("linear:16,shuffle", 64 * MIB), *b = text_of("linear:16", 64 * MIB),
	     *c = text_of("linear:16,shuffle", 64 * MIB);

	(void)state;
	assert_string_not_equal(a, b);
	assert_string_equal(a, c);
	free(a);
	free(b);
	free(c);
}

static const struct {
	const char *spec, *why;
} wrong[] = {
	{"", "stack '', column 1: expected raw or linear:N"},
	{"striped:2", "stack 'striped:2', column 1: expected raw or linear:N"},
	{"linear:", "stack 'linear:', column 8: linear takes a number of segments, 1 to 65536"},
	{"linear:0", "stack 'linear:0', column 8: linear takes a number of segments, 1 to 65536"},
	{"linear:65537",
	 "stack 'linear:65537', column 8: linear takes a number of segments, 1 to 65536"},
	{"linear:2k", "stack 'linear:2k', column 8: linear takes a number of segments, 1 to 65536"},
	{"linear:99999999999999999999999",
	 "stack 'linear:99999999999999999999999', column 8: linear takes a number of segments, "
	 "1 to 65536"},
	{"linear:2,", "stack 'linear:2,', column 10: expected shuffle, align=SIZE or over=N"},
	{"linear:2,shuffled",
	 "stack 'linear:2,shuffled', column 10: expected shuffle, align=SIZE or over=N"},
	{"linear:2,align=4x", "stack 'linear:2,align=4x', column 16: align takes a size such as 4k "
			      "or 2m"},
	{"linear:2,align=512",
	 "stack 'linear:2,align=512', column 16: align is a power of two from 4k to 1g"},
	{"linear:2,align=12k",
	 "stack 'linear:2,align=12k', column 16: align is a power of two from 4k to 1g"},
	{"linear:2,over=3", "stack 'linear:2,over=3', column 1: over wants at least one segment "
			    "for each namespace"},
	{"linear:2,over=9",
	 "stack 'linear:2,over=9', column 15: over takes a number of namespaces, 1 to 8"},
	{"linear:4,over=2/linear:1",
	 "stack 'linear:4,over=2/linear:1', column 1: over belongs to the lowest layer"},
	{"linear:1/", "stack 'linear:1/', column 10: expected raw or linear:N"},
	{"raw/linear:1", "stack 'raw/linear:1', column 1: expected raw or linear:N"},
};

static void wrong_specs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct stack_spec spec;
		char why[192] = "";

		assert_int_equal(stack_parse(wrong[i].spec, &spec, why, sizeof(why)), -EINVAL);
		assert_string_equal(why, wrong[i].why);
	}
}

static void depth(void **state)
{
	struct stack_spec spec;
	char why[192];

	(void)state;
	assert_int_equal(stack_parse("raw", &spec, why, sizeof(why)), 0);
	assert_int_equal(spec.depth, 0);
	assert_int_equal(stack_segments(&spec), 0);
	assert_int_equal(stack_parse("linear:4/linear:1,over=1", &spec, why, sizeof(why)), 0);
	assert_int_equal(spec.depth, 2);
	assert_int_equal(stack_segments(&spec), 4);
	assert_int_equal(stack_members(&spec), 1);
	assert_int_equal(stack_parse("linear:1/linear:1/linear:1/linear:1/linear:1/linear:1/"
				     "linear:1/linear:1/linear:1",
				     &spec, why, sizeof(why)),
			 -EINVAL);
}

static void too_many_segments(void **state)
{
	struct stack_spec spec;
	struct table table;
	uint64_t need[STACK_OVER_MAX];
	char why[192] = "";

	(void)state;
	assert_int_equal(stack_parse("linear:5", &spec, why, sizeof(why)), 0);
	assert_int_equal(stack_layer_need(&spec.layers[0], 8 * MIB, need, why, sizeof(why)),
			 -ENOSPC);
	assert_string_equal(why, "5 segments of at least 2048 KiB need 10 MiB, there are 8 MiB");
	assert_int_equal(stack_layer_table(&spec.layers[0], 8 * MIB, &table), -ENOSPC);
}

static void finding_a_segment(void **state)
{
	struct segment segments[] = {{0, 10, 0, 0}, {10, 5, 0, 0}, {15, 1, 0, 0}};
	struct table table = {segments, 3};

	(void)state;
	assert_ptr_equal(table_find(&table, 0), &segments[0]);
	assert_ptr_equal(table_find(&table, 9), &segments[0]);
	assert_ptr_equal(table_find(&table, 10), &segments[1]);
	assert_ptr_equal(table_find(&table, 14), &segments[1]);
	assert_ptr_equal(table_find(&table, 15), &segments[2]);
	assert_null(table_find(&table, 16));
}

static void sizes(void **state)
{
	uint64_t bytes;

	(void)state;
	assert_int_equal(parse_bytes("4k", 2, &bytes), 0);
	assert_int_equal(bytes, 4096);
	assert_int_equal(parse_bytes("2M", 2, &bytes), 0);
	assert_int_equal(bytes, 2 * MIB);
	assert_int_equal(parse_bytes("1g", 2, &bytes), 0);
	assert_int_equal(bytes, 1024 * MIB);
	assert_int_equal(parse_bytes("512", 3, &bytes), 0);
	assert_int_equal(bytes, 512);
	assert_int_equal(parse_bytes("", 0, &bytes), -EINVAL);
	assert_int_equal(parse_bytes("k", 1, &bytes), -EINVAL);
	assert_int_equal(parse_bytes("4kb", 3, &bytes), -EINVAL);
	assert_int_equal(parse_bytes("-1", 2, &bytes), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_tables),
		cmocka_unit_test(layouts_cover),
		cmocka_unit_test(shuffle_is_another_fixed_order),
		cmocka_unit_test(wrong_specs),
		cmocka_unit_test(depth),
		cmocka_unit_test(too_many_segments),
		cmocka_unit_test(finding_a_segment),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

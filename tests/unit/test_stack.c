// SPDX-License-Identifier: GPL-2.0-only
/* Stack specs and table text against known answers. */
#include "lib/dev/stack.h"

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
	/* As lvcreate(8) does it: whole extents, the first of them at 1 MiB. */
	{"linear:2,lvm", 12 * MIB, "0 16384 linear A 2048\n16384 8192 linear A 18432\n"},
	{"linear:2,start=1m,extent=4m", 12 * MIB,
	 "0 16384 linear A 2048\n16384 8192 linear A 18432\n"},
	{"linear:1,start=2m,lvm", 8 * MIB, "0 16384 linear A 4096\n"},
	{"linear:1,start=12k", 8 * MIB, "0 16384 linear A 24\n"},
	{"striped:1", 8 * MIB, "0 16384 striped 1 4096 A 0\n"},
	/* Stripes over one namespace lie behind one another. */
	{"striped:2", 8 * MIB, "0 16384 striped 2 4096 A 0 A 8192\n"},
	{"striped:4,chunk=64k,over=2", 8 * MIB, "0 16384 striped 4 128 A 0 B 0 A 4096 B 4096\n"},
	{"striped:3,over=2,start=4k", 12 * MIB, "0 24576 striped 3 4096 A 8 B 8 A 8200\n"},
	{"striped:2,over=2,lvm", 16 * MIB, "0 32768 striped 2 128 A 2048 B 2048\n"},
	/* What the stripes cannot divide is one chunk of one stripe behind them. */
	{"striped:3", 8 * MIB,
	 "0 12288 striped 3 4096 A 0 A 4096 A 8192\n12288 4096 striped 1 4096 A 12288\n"},
	{"striped:2,over=2,lvm", 17 * MIB,
	 "0 32768 striped 2 128 A 2048 B 2048\n32768 2048 striped 1 2048 A 18432\n"},
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

/* Whether each page of a device is in one place of a member, and no other page is. */
static void check_cover(const char *spec_text, uint64_t size_bytes)
{
	const uint64_t room = size_bytes + 8 * MIB;
	unsigned char *used = calloc(STACK_OVER_MAX, room / PAGE_BYTES);
	uint64_t need[STACK_OVER_MAX], next = 0;
	struct stack_spec spec;
	struct table table;
	char why[192];

	assert_int_equal(stack_parse(spec_text, &spec, why, sizeof(why)), 0);
	assert_int_equal(stack_layer_need(&spec.layers[0], size_bytes, need, why, sizeof(why)), 0);
	assert_int_equal(stack_layer_table(&spec.layers[0], size_bytes, &table), 0);
	for (size_t s = 0; s < table.n; s++) {
		const struct segment *seg = &table.segments[s];

		assert_int_equal(seg->start_sectors, next);
		next += seg->len_sectors;
	}
	assert_int_equal(next * SECTOR_BYTES, size_bytes);
	for (uint64_t at = 0; at < size_bytes; at += PAGE_BYTES) {
		uint64_t byte = at, together = UINT64_MAX;
		unsigned int member =
			segment_resolve(table_find(&table, at / SECTOR_BYTES), &byte, &together);

		assert_in_range(together, PAGE_BYTES, size_bytes - at);
		assert_true(member < spec.layers[0].over);
		assert_in_range(byte + PAGE_BYTES, 1, need[member]);
		assert_int_equal(used[(member * room + byte) / PAGE_BYTES]++, 0);
	}
	table_free(&table);
	free(used);
}

/* Every layout covers the device once, and each member at most once, whatever the order. */
static void layouts_cover(void **state)
{
	static const char *const specs[] = {
		"linear:1",
		"linear:7",
		"linear:64,shuffle",
		"linear:1024",
		"linear:9,over=3",
		"linear:16,shuffle,align=64k",
		"linear:8,over=2,shuffle",
		"linear:16,lvm,shuffle",
		"striped:1",
		"striped:5",
		"striped:8,chunk=4k",
		"striped:7,over=3,chunk=64k",
		"striped:2,over=2,lvm",
		"striped:128,over=8,chunk=128k,start=12k",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(specs); i++) {
		check_cover(specs[i], 2048 * MIB + 3 * MIB);
		check_cover(specs[i], 2048 * MIB);
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
	{"", "stack '', column 1: expected raw, linear:N or striped:W"},
	{"stripe:2", "stack 'stripe:2', column 1: expected raw, linear:N or striped:W"},
	{"striped:0", "stack 'striped:0', column 9: striped takes a number of stripes, 1 to 128"},
	{"striped:129",
	 "stack 'striped:129', column 9: striped takes a number of stripes, 1 to 128"},
	{"striped:2,chunk=", "stack 'striped:2,chunk=', column 17: expected a size such as 4k or "
			     "2m"},
	{"striped:2,chunk=96k", "stack 'striped:2,chunk=96k', column 17: expected a power of two "
				"from 4k to 1g"},
	{"striped:2,shuffle", "stack 'striped:2,shuffle', column 11: expected chunk=SIZE, "
			      "start=SIZE, extent=SIZE, lvm or over=N"},
	{"striped:2,over=3", "stack 'striped:2,over=3', column 1: over wants at least one segment "
			     "or stripe for each namespace"},
	{"linear:2,chunk=64k", "stack 'linear:2,chunk=64k', column 10: expected shuffle, "
			       "align=SIZE, start=SIZE, extent=SIZE, lvm or over=N"},
	{"linear:2,start=1k", "stack 'linear:2,start=1k', column 16: start is a multiple of 4k, "
			      "up to 1g"},
	{"linear:2,extent=3m", "stack 'linear:2,extent=3m', column 17: expected a power of two "
			       "from 4k to 1g"},
	{"linear:", "stack 'linear:', column 8: linear takes a number of segments, 1 to 65536"},
	{"linear:0", "stack 'linear:0', column 8: linear takes a number of segments, 1 to 65536"},
	{"linear:65537",
	 "stack 'linear:65537', column 8: linear takes a number of segments, 1 to 65536"},
	{"linear:2k", "stack 'linear:2k', column 8: linear takes a number of segments, 1 to 65536"},
	{"linear:99999999999999999999999",
	 "stack 'linear:99999999999999999999999', column 8: linear takes a number of segments, "
	 "1 to 65536"},
	{"linear:2,", "stack 'linear:2,', column 10: expected shuffle, "
		      "align=SIZE, start=SIZE, extent=SIZE, lvm or over=N"},
	{"linear:2,shuffled", "stack 'linear:2,shuffled', column 10: expected shuffle, "
			      "align=SIZE, start=SIZE, extent=SIZE, lvm or over=N"},
	{"linear:2,align=4x", "stack 'linear:2,align=4x', column 16: expected a size such as 4k or "
			      "2m"},
	{"linear:2,align=512",
	 "stack 'linear:2,align=512', column 16: expected a power of two from 4k to 1g"},
	{"linear:2,align=12k",
	 "stack 'linear:2,align=12k', column 16: expected a power of two from 4k to 1g"},
	{"linear:2,over=3", "stack 'linear:2,over=3', column 1: over wants at least one segment "
			    "or stripe for each namespace"},
	{"linear:2,over=9",
	 "stack 'linear:2,over=9', column 15: over takes a number of namespaces, 1 to 8"},
	{"linear:4,over=2/linear:1",
	 "stack 'linear:4,over=2/linear:1', column 1: over belongs to the lowest layer"},
	{"linear:1/", "stack 'linear:1/', column 10: expected raw, linear:N or striped:W"},
	{"linear:2,align=4k,align=2m",
	 "stack 'linear:2,align=4k,align=2m', column 19: this word is given twice"},
	{"linear:2,shuffle,over=2,shuffle",
	 "stack 'linear:2,shuffle,over=2,shuffle', column 25: this word is given twice"},
	{"striped:2,chunk=4k,chunk=4k",
	 "stack 'striped:2,chunk=4k,chunk=4k', column 20: this word is given twice"},
	{"linear:1/linear:1,lvm,lvm",
	 "stack 'linear:1/linear:1,lvm,lvm', column 23: this word is given twice"},
	{"linear:016",
	 "stack 'linear:016', column 8: linear takes a number of segments, 1 to 65536"},
	{"linear:+1", "stack 'linear:+1', column 8: linear takes a number of segments, 1 to 65536"},
	{"striped:08", "stack 'striped:08', column 9: striped takes a number of stripes, 1 to 128"},
	{"linear:2,over=02",
	 "stack 'linear:2,over=02', column 15: over takes a number of namespaces, 1 to 8"},
	{"linear:2,align=04k",
	 "stack 'linear:2,align=04k', column 16: expected a size such as 4k or 2m"},
	{"linear:2,align=99999999999999999999k", "stack 'linear:2,align=99999999999999999999k', "
						 "column 16: expected a size such as 4k or 2m"},
	{"raw/linear:1", "stack 'raw/linear:1', column 1: expected raw, linear:N or striped:W"},
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
	struct segment segments[] = {{.start_sectors = 0, .len_sectors = 10},
				     {.start_sectors = 10, .len_sectors = 5},
				     {.start_sectors = 15, .len_sectors = 1}};
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
	assert_int_equal(parse_bytes("0", 1, &bytes), 0);
	assert_int_equal(parse_bytes("010", 3, &bytes), -EINVAL);
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

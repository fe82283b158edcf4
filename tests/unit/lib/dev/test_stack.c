// SPDX-License-Identifier: GPL-2.0-only
/* Stack specs, the tables they describe, and where the bytes are, against known answers. */
#include "lib/base/bytes.h"
#include "lib/dev/stack.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MIB (UINT64_C(1) << 20)
#define MIB_SECTORS (MIB / SECTOR_BYTES)

/* As many as a stack may stand on; a table calls them by these names. */
static const struct namespace namespaces[] = {
	{.node = "A", .size_bytes = 4096 * MIB}, {.node = "B", .size_bytes = 4096 * MIB},
	{.node = "C", .size_bytes = 4096 * MIB}, {.node = "D", .size_bytes = 4096 * MIB},
	{.node = "E", .size_bytes = 4096 * MIB}, {.node = "F", .size_bytes = 4096 * MIB},
	{.node = "G", .size_bytes = 4096 * MIB}, {.node = "H", .size_bytes = 4096 * MIB},
};

static void describe(const char *spec_text, const struct namespace *ns, uint64_t size_bytes,
		     struct stack *out)
{
	struct stack_spec spec;
	char why[320] = "";

	assert_int_equal(stack_parse(spec_text, &spec, why, sizeof(why)), 0);
	assert_int_equal(
		stack_describe(&spec, ns, STACK_OVER_MAX, size_bytes, out, why, sizeof(why)), 0);
	assert_string_equal(why, "");
}

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
	struct stack stack;
	char *text;

	describe(spec_text, namespaces, size_bytes, &stack);
	assert_int_equal(stack.device, stack.graph.n - 1);
	assert_int_equal(stack.graph.devices[stack.device].size_sectors * SECTOR_BYTES, size_bytes);
	text = graph_table(&stack.graph, stack.device);
	graph_destroy(&stack.graph);
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

/* The end of what targets of the top device use of a member. */
static uint64_t used_bytes(const struct graph *g, unsigned int member)
{
	const struct graph_device *d = &g->devices[g->n - 1];
	uint64_t end = 0;

	for (size_t t = 0; t < d->n_targets; t++)
		for (unsigned int m = 0; m < d->targets[t].n_members; m++) {
			const struct graph_target *target = &d->targets[t];
			uint64_t to = target->members[m].offset_sectors +
				      target->len_sectors / target->n_members;

			if (target->members[m].device == member && to > end)
				end = to;
		}
	return end * SECTOR_BYTES;
}

/* Whether each page of a device is in one place of a namespace, no other page is, and the stack
 * needs exactly the namespaces up to their last used byte. */
static void check_cover(const char *spec_text, uint64_t size_bytes)
{
	const uint64_t room = size_bytes + 8 * MIB;
	unsigned char *used = calloc(STACK_OVER_MAX, room / PAGE_BYTES);
	struct namespace exact[STACK_OVER_MAX];
	struct stack stack, again;
	char why[320];

	describe(spec_text, namespaces, size_bytes, &stack);
	for (uint64_t at = 0; at < size_bytes; at += PAGE_BYTES) {
		struct graph_place place;

		assert_int_equal(graph_resolve(&stack.graph, stack.device, at, &place), 0);
		assert_in_range(place.contiguous_bytes, PAGE_BYTES, size_bytes - at);
		assert_true(place.device < stack.spec.layers[0].over);
		assert_in_range(place.offset_bytes + PAGE_BYTES, 1, room);
		assert_int_equal(used[(place.device * room + place.offset_bytes) / PAGE_BYTES]++,
				 0);
	}
	memcpy(exact, namespaces, sizeof(exact));
	for (unsigned int m = 0; m < stack_members(&stack.spec); m++)
		exact[m].size_bytes = used_bytes(&stack.graph, m);
	describe(spec_text, exact, size_bytes, &again);
	graph_destroy(&again.graph);
	for (unsigned int m = 0; m < stack_members(&stack.spec); m++) {
		exact[m].size_bytes--;
		assert_int_equal(stack_describe(&stack.spec, exact, STACK_OVER_MAX, size_bytes,
						&again, why, sizeof(why)),
				 -ENOSPC);
		assert_int_equal(stack_fits(&stack.spec, exact, STACK_OVER_MAX, size_bytes, why,
					    sizeof(why)),
				 -ENOSPC);
		exact[m].size_bytes++;
	}
	graph_destroy(&stack.graph);
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
	{"stripe:2",
	 "stack 'stripe:2', column 1: expected raw, linear:N or striped:W (did you mean "
	 "'striped'?)"},
	{"writecahe/linear:1",
	 "stack 'writecahe/linear:1', column 1: expected raw, linear:N or striped:W (did you mean "
	 "'writecache'?)"},
	{"partition:1",
	 "stack 'partition:1', column 11: expected start=SIZE, e.g. partition:start=1m"},
	{"linear:1,size=5m", "stack 'linear:1,size=5m', column 15: size is a multiple of 2m, from "
			     "16m on"},
	{"linear:1/linear:1,size=32m",
	 "stack 'linear:1/linear:1,size=32m', column 24: size belongs to the top layer"},
	{"crypt,over=2", "stack 'crypt,over=2', column 7: expected size=SIZE"},
	{"striped:0", "stack 'striped:0', column 9: striped takes a number of stripes, 1 to 128"},
	{"striped:129",
	 "stack 'striped:129', column 9: striped takes a number of stripes, 1 to 128"},
	{"striped:2,chunk=", "stack 'striped:2,chunk=', column 17: expected a size such as 4k or "
			     "2m"},
	{"striped:2,chunk=96k", "stack 'striped:2,chunk=96k', column 17: expected a power of two "
				"from 4k to 1g"},
	{"striped:2,shuffle", "stack 'striped:2,shuffle', column 11: expected chunk=SIZE, "
			      "start=SIZE, extent=SIZE, lvm or over=N"},
	{"striped:2,over=3", "stack 'striped:2,over=3', column 1: over needs at least one segment "
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
	{"linear:2,over=3", "stack 'linear:2,over=3', column 1: over needs at least one segment "
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

/* The layers are devices of their own, each as large as the one above needs. */
static void layers(void **state)
{
	struct stack stack;
	char name[64], *text;

	(void)state;
	describe("linear:1/linear:2,align=4k/striped:2,over=2", namespaces, 8 * MIB, &stack);
	assert_int_equal(stack.graph.n, 2 + 3);
	for (unsigned int level = 0; level < 3; level++) {
		snprintf(name, sizeof(name), "daxdm-%d-%u", (int)getpid(), level);
		assert_string_equal(stack.graph.devices[2 + level].name, name);
	}
	assert_int_equal(stack.graph.devices[4].size_sectors, 8 * MIB_SECTORS);
	assert_int_equal(stack.graph.devices[3].size_sectors, 8 * MIB_SECTORS);
	assert_int_equal(stack.graph.devices[2].size_sectors, 8 * MIB_SECTORS + 8);
	text = graph_table(&stack.graph, 2);
	assert_string_equal(text, "0 16384 striped 2 4096 A 0 B 0\n16384 8 striped 1 8 A 8192\n");
	free(text);
	graph_destroy(&stack.graph);
	describe("raw", namespaces, 8 * MIB, &stack);
	assert_int_equal(stack.graph.n, 1);
	assert_int_equal(stack.device, 0);
	/* No more of the namespace than the other stacks of a run have. */
	assert_int_equal(stack.graph.devices[0].size_sectors, 8 * MIB_SECTORS);
}

static const struct {
	const char *spec;
	int rc;
	unsigned int n; /* namespaces */
	const char *why;
} unfit[] = {
	{"linear:5", -ENOSPC, 1,
	 "linear:5 does not fit: 5 segments of at least 2 MiB need 10 MiB, there are 8 MiB; "
	 "take "
	 "fewer segments"},
	{"linear:2,over=2", -ENODEV, 1,
	 "linear:2,over=2 needs 2 namespaces, 1 named; give --device once more"},
	{"linear:1,start=16m", -ENOSPC, 1,
	 "linear:1,start=16m does not fit: it needs 24 MiB of A, which has 16 MiB"},
};

/* spec; the device of the filesystem, levels of DM devices, and the table of the top device */
static const struct {
	const char *spec;
	unsigned int device, depth, depth_min, members;
	const char *table;
	uint64_t size_bytes;
} further[] = {
	{"linear:2,size=16m", 1, 1, 1, 1, "0 16384 linear A 0\n16384 16384 linear A 16384\n",
	 16 * MIB},
	{"linear:1/partition:start=1m", 2, 1, 1, 1, "0 65536 linear A1 0\n", 32 * MIB},
	{"partition:start=1m", 1, 0, 0, 1, "", 32 * MIB},
	{"partition:start=1m/linear:1", 2, 2, 2, 1, "0 65536 linear /dev/mapper/daxdm-0 2048\n",
	 32 * MIB},
	{"crypt", 1, 1, 0, 1, NULL, 32 * MIB},
	/* Further devices come before the one on them; thin is on a pool. */
	{"writecache/linear:2", 4, 2, 0, 2,
	 "0 65536 writecache p /dev/mapper/daxdm-0 /dev/mapper/daxdm-1-aux0 4096 0\n", 32 * MIB},
	{"log-writes", 3, 1, 1, 2, "0 65536 log-writes A /dev/mapper/daxdm-0-aux0\n", 32 * MIB},
	{"thin", 4, 2, 0, 2, "0 65536 thin /dev/mapper/daxdm-0-pool 0\n", 32 * MIB},
	{"mirror", 3, 1, 0, 2, "0 65536 mirror core 1 1024 2 A 0 /dev/mapper/daxdm-0-aux0 0\n",
	 32 * MIB},
};

static void partitions_sizes_and_other_targets(void **state)
{
	char pid[32];

	(void)state;
	snprintf(pid, sizeof(pid), "daxdm-%d-", (int)getpid());
	for (size_t i = 0; i < COUNT(further); i++) {
		struct stack *stack = calloc(1, sizeof(*stack));
		char *table, *at;

		describe(further[i].spec, namespaces, 32 * MIB, stack);
		assert_int_equal(stack->device, further[i].device);
		assert_int_equal(stack->spec.depth, further[i].depth);
		assert_int_equal(stack->spec.depth_min, further[i].depth_min);
		assert_int_equal(stack_members(&stack->spec), further[i].members);
		assert_int_equal(stack->size_bytes, further[i].size_bytes);
		assert_int_equal(stack->graph.devices[stack->device].size_sectors,
				 further[i].size_bytes / SECTOR_BYTES);
		table = graph_table(&stack->graph, stack->device);
		while ((at = strstr(table, pid)))
			memmove(at + 6, at + strlen(pid), strlen(at + strlen(pid)) + 1);
		if (further[i].table)
			assert_string_equal(table, further[i].table);
		free(table);
		graph_destroy(&stack->graph);
		free(stack);
	}
}

static void does_not_fit(void **state)
{
	const struct namespace small[] = {{.node = "A", .size_bytes = 16 * MIB}};

	(void)state;
	for (size_t i = 0; i < COUNT(unfit); i++) {
		struct stack_spec spec;
		struct stack stack;
		char why[320] = "";

		assert_int_equal(stack_parse(unfit[i].spec, &spec, why, sizeof(why)), 0);
		assert_int_equal(
			stack_describe(&spec, small, unfit[i].n, 8 * MIB, &stack, why, sizeof(why)),
			unfit[i].rc);
		assert_string_equal(why, unfit[i].why);
		assert_int_equal(stack.graph.n, 0);
	}
}

static void sizes(void **state)
{
	uint64_t bytes;

	(void)state;
	assert_int_equal(bytes_parse("4k", 2, &bytes), 0);
	assert_int_equal(bytes, 4096);
	assert_int_equal(bytes_parse("2M", 2, &bytes), 0);
	assert_int_equal(bytes, 2 * MIB);
	assert_int_equal(bytes_parse("1g", 2, &bytes), 0);
	assert_int_equal(bytes, 1024 * MIB);
	assert_int_equal(bytes_parse("512", 3, &bytes), 0);
	assert_int_equal(bytes, 512);
	assert_int_equal(bytes_parse("", 0, &bytes), -EINVAL);
	assert_int_equal(bytes_parse("k", 1, &bytes), -EINVAL);
	assert_int_equal(bytes_parse("4kb", 3, &bytes), -EINVAL);
	assert_int_equal(bytes_parse("0", 1, &bytes), 0);
	assert_int_equal(bytes_parse("010", 3, &bytes), -EINVAL);
	assert_int_equal(bytes_parse("-1", 2, &bytes), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_tables),
		cmocka_unit_test(layouts_cover),
		cmocka_unit_test(shuffle_is_another_fixed_order),
		cmocka_unit_test(wrong_specs),
		cmocka_unit_test(depth),
		cmocka_unit_test(layers),
		cmocka_unit_test(partitions_sizes_and_other_targets),
		cmocka_unit_test(does_not_fit),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Where a byte of a file must live: extents, tables of several levels, data start. */
#include "lib/dev/stack.h"
#include "lib/file/extents.h"
#include "lib/file/fs_external.h"
#include "lib/file/mapping.h"
#include "tests/unit/skip.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB (UINT64_C(1) << 20)

static const struct namespace namespaces[] = {
	{.node = "/dev/pmem0", .size_bytes = 64 * MIB, .resource_bytes = UINT64_C(0x100200000)},
	{.node = "/dev/pmem1", .size_bytes = 64 * MIB, .resource_bytes = UINT64_C(0x180200000)},
};

static void build(struct stack *stack, const char *spec_text, uint64_t size_bytes)
{
	struct stack_spec spec;
	char why[320];

	assert_int_equal(stack_parse(spec_text, &spec, why, sizeof(why)), 0);
	assert_int_equal(stack_describe(&spec, namespaces, 2, size_bytes, stack, why, sizeof(why)),
			 0);
}

static void drop(struct stack *stack)
{
	graph_destroy(&stack->graph);
}

/* A page of memory that no namespace has.  In sector mode a namespace has no address: the page is
 * outside of it, whatever its size. */
static void outside_of_sector_mode(void **state)
{
	static char page[2 * PAGE_BYTES];
	const struct mapping m = {.base = (char *)(((uintptr_t)page + PAGE_BYTES - 1) &
						   ~(uintptr_t)(PAGE_BYTES - 1))};
	struct namespace ns = {.node = "/dev/pmem0s", .size_bytes = UINT64_C(1) << 52};
	struct graph g = {0};
	const struct frame_proof proof = {
		.pagemap_fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), .outside = &g};
	uint64_t pfn = 0;
	char why[256] = "";

	(void)state;
	*m.base = 1;
	if (mapping_pfns(proof.pagemap_fd, m.base, &pfn, 1) < 0 || !pfn)
		skip_expected("pagemap shows page frames to root only");
	assert_int_equal(graph_add_namespace(&g, &ns), 0);
	ns.mode = NAMESPACE_SECTOR;
	assert_true(mapping_prove_frames(&proof, &m, 0, 1, why, sizeof(why)));
	ns.mode = NAMESPACE_RAW;
	assert_false(mapping_prove_frames(&proof, &m, 0, 1, why, sizeof(why)));
	graph_destroy(&g);
	close(proof.pagemap_fd);
}

static void check_place(const char *spec, uint64_t byte, unsigned int ns, uint64_t offset,
			uint64_t contiguous)
{
	struct graph_place place;
	struct stack stack;

	build(&stack, spec, 16 * MIB);
	assert_int_equal(graph_resolve(&stack.graph, stack.device, byte, &place), 0);
	assert_ptr_equal(place.ns, &namespaces[ns]);
	assert_int_equal(place.offset_bytes, offset);
	assert_int_equal(place.contiguous_bytes, contiguous);
	assert_int_equal(graph_resolve(&stack.graph, stack.device, 16 * MIB, &place), -ERANGE);
	drop(&stack);
}

static void places(void **state)
{
	(void)state;
	check_place("raw", 5 * MIB, 0, 5 * MIB, 11 * MIB);
	check_place("linear:1", 5 * MIB, 0, 5 * MIB, 11 * MIB);
	check_place("linear:4", 5 * MIB, 0, 5 * MIB, 3 * MIB);
	check_place("linear:4,align=4k", 5 * MIB, 0, 5 * MIB + 4096, 3 * MIB);
	check_place("linear:4,over=2", 5 * MIB, 1, 1 * MIB, 3 * MIB);
	check_place("linear:4,over=2", 9 * MIB, 0, 5 * MIB, 3 * MIB);
	/* Two levels: each adds its shift, the nearer end of a segment counts. */
	check_place("linear:2,align=4k/linear:4,align=64k", 5 * MIB, 0, 5 * MIB + 4096 + 65536,
		    3 * MIB - 4096);
	check_place("linear:1/linear:2,over=2", 9 * MIB, 1, 1 * MIB, 7 * MIB);
	check_place("linear:4,lvm", 5 * MIB, 0, 6 * MIB, 3 * MIB);
	/* Chunk by chunk from stripe to stripe; a chunk's end is an end even of one stripe. */
	check_place("striped:1", 5 * MIB, 0, 5 * MIB, 1 * MIB);
	check_place("striped:2", 5 * MIB, 0, 3 * MIB, 1 * MIB);
	check_place("striped:2", 7 * MIB, 0, 11 * MIB, 1 * MIB);
	check_place("striped:2,over=2", 7 * MIB, 1, 3 * MIB, 1 * MIB);
	check_place("striped:4,over=2,chunk=64k", 5 * MIB + 3 * 65536 + 100, 1,
		    4 * MIB + 5 * MIB / 4 + 100, 65536 - 100);
	check_place("striped:2,over=2,lvm", 5 * MIB + 65536, 1, 1 * MIB + 5 * MIB / 2, 65536);
	check_place("linear:2,align=4k/striped:2", 5 * MIB, 0, 3 * MIB + 4096, 1 * MIB - 4096);
}

static const struct extent list[] = {
	{.logical_bytes = 0, .physical_bytes = 2 * MIB, .len_bytes = 4 * MIB},
	{.logical_bytes = 6 * MIB, .physical_bytes = 6 * MIB + 4096, .len_bytes = 2 * MIB},
	{.logical_bytes = 8 * MIB, .physical_bytes = 10 * MIB, .len_bytes = 2 * MIB - 4096},
};
static const struct extents extents = {.list = (struct extent *)list, .n = 3};

static void frames(void **state)
{
	struct stack stack;
	uint64_t pfn;

	(void)state;
	build(&stack, "linear:4,over=2", 16 * MIB);
	/* File 3 MiB -> device 5 MiB -> segment 1 on the second namespace at 1 MiB. */
	assert_int_equal(extents_pfn(&extents, stack_backing(&stack), 3 * MIB + 100, &pfn), 0);
	assert_int_equal(pfn, (UINT64_C(0x180200000) + 1 * MIB) / 4096);
	assert_int_equal(extents_pfn(&extents, stack_backing(&stack), 5 * MIB, &pfn), -ENOENT);
	assert_int_equal(extents_pfn(&extents, stack_backing(&stack), 10 * MIB - 4096, &pfn),
			 -ENOENT);
	drop(&stack);
}

static void windows(void **state)
{
	struct stack stack;

	(void)state;
	assert_true(extents_window_is_huge_on_fs(&extents, 0));
	assert_true(extents_window_is_huge_on_fs(&extents, 2 * MIB));
	assert_false(extents_window_is_huge_on_fs(&extents, 4 * MIB)); /* a hole */
	assert_false(extents_window_is_huge_on_fs(&extents, 6 * MIB)); /* misplaced by a page */
	assert_false(extents_window_is_huge_on_fs(&extents, 8 * MIB)); /* a page short */
	build(&stack, "linear:4", 16 * MIB);
	assert_true(extents_window_is_huge(&extents, stack_backing(&stack), 0));
	drop(&stack);
	build(&stack, "linear:4,align=4k", 16 * MIB);
	assert_false(extents_window_is_huge(&extents, stack_backing(&stack), 0));
	drop(&stack);
	/* Segments of 1 MiB: aligned somewhere, but never 2 MiB together. */
	build(&stack, "linear:16,align=1m", 16 * MIB);
	assert_false(extents_window_is_huge(&extents, stack_backing(&stack), 0));
	drop(&stack);
	/* LVM's layouts: where the first segment begins decides, and the chunk. */
	static const struct {
		const char *spec;
		bool huge;
	} layouts[] = {
		{"linear:4,lvm", false},
		{"linear:4,lvm,start=2m", true},
		{"striped:4", true},
		{"striped:4,chunk=1m", false},
		{"striped:4,over=2,chunk=4m", true},
		{"striped:2,over=2,lvm,start=2m", false},
	};
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		build(&stack, layouts[i].spec, 16 * MIB);
		assert_int_equal(extents_window_is_huge(&extents, stack_backing(&stack), 0),
				 layouts[i].huge);
		drop(&stack);
	}
}

/* A file on an external device is where that device is, whatever the stack. */
static void external_devices(void **state)
{
	static const struct namespace big[] = {
		{.node = "/dev/pmem0", .size_bytes = 1024 * MIB, .resource_bytes = 1024 * MIB},
	};
	static const struct {
		const char *fs;
		uint64_t start_bytes;
		unsigned int depth;
	} cases[] = {
		{"xfs:rtdev=namespace", 0, 0},
		{"xfs:rtdev=partition", 0, 0},
		{"xfs:logdev=partition,rtdev=partition", 64 * MIB, 0},
		{"xfs:logdev=linear,rtdev=linear", 64 * MIB, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fs_externals externals;
		struct graph_place place;
		struct fs_spec spec;
		struct stack stack;
		char why[320];

		assert_int_equal(fs_spec_parse(cases[i].fs, &spec, why, sizeof(why)), 0);
		assert_int_equal(fs_externals_place(&spec, big, 1, &externals, why, sizeof(why)),
				 0);
		assert_int_equal(fs_externals_stack(&externals, FS_EXTERNAL_REALTIME, &stack), 0);
		assert_int_equal(stack.spec.depth, cases[i].depth);
		assert_int_equal(graph_resolve(&stack.graph, stack.device, 5 * MIB, &place), 0);
		assert_ptr_equal(place.ns, big);
		assert_int_equal(place.offset_bytes, cases[i].start_bytes + 5 * MIB);
		drop(&stack);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outside_of_sector_mode),
		cmocka_unit_test(places),
		cmocka_unit_test(frames),
		cmocka_unit_test(windows),
		cmocka_unit_test(external_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Why a window of a file cannot be mapped by a PMD. */
#include "lib/dev/stack.h"
#include "lib/file/huge_causes.h"

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

/* The causes of one window: stack, extent (place on the device, length), max_sectors_kb. */
static const struct {
	const char *spec;
	uint64_t physical_bytes, len_bytes, max_sectors_kb;
	const char *causes;
} cases[] = {
	{"raw", 4 * MIB, 2 * MIB, 0, "{}"},
	{"raw", 4 * MIB + 4096, 2 * MIB, 0, "{\"mkfs\":1}"},
	{"raw", 4 * MIB, 1 * MIB, 0, "{\"fragmented\":1}"},
	{"linear:2", 4 * MIB, 2 * MIB, 1280, "{}"},
	{"linear:4,align=4k", 4 * MIB, 2 * MIB, 1280, "{\"first_extent\":1,\"past_kib\":4}"},
	/* What the filesystem is past 2 MiB, the segment makes up for. */
	{"linear:1,start=1m,extent=4m", 3 * MIB, 2 * MIB, 0, "{}"},
	{"linear:1,lvm", 4 * MIB, 2 * MIB, 0, "{\"first_extent\":1,\"past_kib\":1024}"},
	{"linear:1,lvm", 4 * MIB + 4096, 2 * MIB, 0,
	 "{\"mkfs\":1,\"first_extent\":1,\"past_kib\":1024}"},
	{"striped:2,over=2", 4 * MIB, 2 * MIB, 4096, "{}"},
	{"striped:2,over=2", 4 * MIB, 2 * MIB, 1280, "{\"max_sectors\":1,\"max_sectors_kb\":1280}"},
	{"striped:2,over=2,lvm,start=2m", 4 * MIB, 2 * MIB, 4096, "{\"chunk\":1,\"chunk_kib\":64}"},
	{"striped:2,over=2,lvm,chunk=4k", 4 * MIB, 2 * MIB, 1280,
	 "{\"chunk\":1,\"first_extent\":1,\"max_sectors\":1,\"chunk_kib\":4,\"past_kib\":1024,"
	 "\"max_sectors_kb\":1280}"},
	{"striped:2,over=2,lvm,chunk=2m", 4 * MIB, 2 * MIB, 4096,
	 "{\"first_extent\":1,\"past_kib\":1024}"},
	{"linear:1,lvm/striped:2", 4 * MIB, 2 * MIB, 4096,
	 "{\"first_extent\":1,\"past_kib\":1024}"},
	/* A segment of 3 MiB: the second window goes over its end. */
	{"table:t-4a9476a3=6144 linear A 0;26624 linear A 8192", 2 * MIB, 2 * MIB, 0,
	 "{\"boundary\":1}"},
};

static void causes_of_a_window(void **state)
{
	const struct namespace ns[] = {
		{.node = "A", .size_bytes = 64 * MIB, .resource_bytes = 512 * MIB},
		{.node = "B", .size_bytes = 64 * MIB, .resource_bytes = 1024 * MIB},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct extent extent = {.physical_bytes = cases[i].physical_bytes,
					.len_bytes = cases[i].len_bytes};
		const struct extents extents = {.list = &extent, .n = 1};
		struct stack *stack = calloc(1, sizeof(*stack));
		struct huge_causes causes = {0};
		struct stack_spec spec;
		char why[512] = "", *text;
		json_t *json;
		int rc = stack_parse(cases[i].spec, &spec, why, sizeof(why));

		assert_string_equal(why, "");
		assert_int_equal(rc, 0);
		assert_int_equal(stack_describe(&spec, ns, 2, 16 * MIB, stack, why, sizeof(why)),
				 0);
		huge_causes_add(&causes, &extents, stack_backing(stack), 0,
				cases[i].max_sectors_kb);
		json = huge_causes_json(&causes);
		text = json_dumps(json, JSON_COMPACT);
		assert_string_equal(text, cases[i].causes);
		/* A cause in the tables is what the model refuses, and the reverse. */
		assert_int_equal(extents_window_is_huge(&extents, stack_backing(stack), 0),
				 !strcmp(text, "{}") || !strncmp(text, "{\"max_", 6));
		free(text);
		json_decref(json);
		graph_destroy(&stack->graph);
		free(stack);
	}
}

static void causes_of_partition_and_namespace(void **state)
{
	const struct namespace ns = {
		.node = "A", .size_bytes = 64 * MIB, .resource_bytes = 512 * MIB + (16 << 10)};
	struct extent extent = {.physical_bytes = 2 * MIB, .len_bytes = 2 * MIB};
	const struct extents extents = {.list = &extent, .n = 1};
	struct huge_causes causes = {0};
	struct graph g = {0};
	int on = graph_add_namespace(&g, &ns), part;

	(void)state;
	huge_causes_add(&causes, &extents, (struct backing){&g, (unsigned int)on}, 0, 0);
	assert_int_equal(causes.windows[HUGE_NAMESPACE], 1);
	assert_int_equal(causes.windows[HUGE_PARTITION], 0);
	part = graph_add_partition(&g, "Ap1", (unsigned int)on, 2048, 65536);
	huge_causes_add(&causes, &extents, (struct backing){&g, (unsigned int)part}, 0, 0);
	assert_int_equal(causes.windows[HUGE_NAMESPACE], 2);
	assert_int_equal(causes.windows[HUGE_PARTITION], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(causes_of_a_window),
		cmocka_unit_test(causes_of_partition_and_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

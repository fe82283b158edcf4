// SPDX-License-Identifier: GPL-2.0-only
/* A stack spec and a size: what is accepted describes a graph in which every byte is on a
 * namespace, no byte is used twice, and whose tables read back as they were printed. */
#include "lib/base/bytes.h"
#include "lib/dev/graph_map.h"
#include "lib/dev/graph_parse.h"
#include "lib/dev/stack.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_other(const struct graph *g)
{
	for (unsigned int i = 0; i < g->n; i++)
		for (size_t k = 0; k < g->devices[i].n_targets; k++)
			if (g->devices[i].targets[k].other)
				return true;
	return false;
}

/* The tables read back as they were printed. */
static void check_text(struct graph *g)
{
	unsigned int n = g->n;

	for (unsigned int i = 0; i < n; i++) {
		char *text, *again;
		int device;

		if (g->devices[i].kind != GRAPH_DM)
			continue;
		snprintf(g->devices[i].numbers, sizeof(g->devices[i].numbers), "253:%u", i);
		text = graph_table(g, i);
		FUZZ_ASSERT(text);
		device = graph_parse_table(g, "again", text);
		FUZZ_ASSERT(device >= 0);
		again = graph_table(g, (unsigned int)device);
		FUZZ_ASSERT(again && !strcmp(text, again));
		free(text);
		free(again);
		graph_clear_targets(g, (unsigned int)device);
		g->n--;
	}
	for (unsigned int i = 0; i < n; i++)
		g->devices[i].numbers[0] = '\0';
}

/* Every 37th page is on a namespace. */
static void check_pages(const struct stack *stack)
{
	for (uint64_t byte = 0; byte < stack->size_bytes; byte += 37 * PAGE_BYTES) {
		struct graph_place place;

		FUZZ_ASSERT(!graph_resolve(&stack->graph, stack->device, byte, &place));
		FUZZ_ASSERT(place.ns && place.offset_bytes + PAGE_BYTES <= place.ns->size_bytes &&
			    place.contiguous_bytes >= PAGE_BYTES &&
			    place.contiguous_bytes <= stack->size_bytes - byte);
	}
}

static void check_map(const struct stack *stack)
{
	struct graph_map map;

	FUZZ_ASSERT(!graph_map_device(&stack->graph, stack->device, &map));
	FUZZ_ASSERT(graph_map_overlaps(&map) == 0);
	graph_map_free(&map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t size_bytes = size ? (uint64_t)data[0] * 257 * PAGE_BYTES : 0;
	char *spec_text = fuzz_text(data + !!size, size - !!size), why[320] = "";
	struct namespace namespaces[STACK_OVER_MAX];
	struct stack_spec spec, again;
	struct stack *stack = calloc(1, sizeof(*stack));
	int rc;

	FUZZ_ASSERT(spec_text && stack);
	for (unsigned int i = 0; i < STACK_OVER_MAX; i++) {
		namespaces[i] = (struct namespace){.size_bytes = (uint64_t)64 << 30};
		snprintf(namespaces[i].node, sizeof(namespaces[i].node), "/dev/pmem%u", i);
	}
	if (stack_parse(spec_text, &spec, why, sizeof(why)) < 0) {
		FUZZ_ASSERT(*why);
		size_bytes = 0;
	} else {
		FUZZ_ASSERT(!stack_parse(spec_text, &again, why, sizeof(why)) &&
			    !memcmp(&spec, &again, sizeof(spec)));
	}
	rc = size_bytes ? stack_describe(&spec, namespaces, STACK_OVER_MAX, size_bytes, stack, why,
					 sizeof(why))
			: -EINVAL;
	FUZZ_ASSERT(rc == 0 || *why || !size_bytes);
	if (!rc) {
		if (!spec.tables && !has_other(&stack->graph)) {
			check_pages(stack);
			check_map(stack);
		}
		if (!has_other(&stack->graph))
			check_text(&stack->graph);
		graph_destroy(&stack->graph);
	}
	free(stack);
	free(spec_text);
	return 0;
}

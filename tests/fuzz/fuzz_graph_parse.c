// SPDX-License-Identifier: GPL-2.0-only
/* Text of a graph and of a table: what is read has tables without gaps, and every byte is on a
 * namespace, in nothing, or outside; a table that is read prints as what was read. */
#include "lib/base/bytes.h"
#include "lib/dev/graph_parse.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>

static void check_device(const struct graph *g, unsigned int device)
{
	const struct graph_device *d = &g->devices[device];
	uint64_t size_bytes = d->size_sectors * SECTOR_BYTES, sum_sectors = 0;
	char *table = graph_table(g, device);
	struct graph_place place;

	for (size_t i = 0; i < d->n_targets; i++) {
		FUZZ_ASSERT(d->targets[i].start_sectors == sum_sectors);
		sum_sectors += d->targets[i].len_sectors;
	}
	FUZZ_ASSERT(d->kind != GRAPH_DM || sum_sectors == d->size_sectors);
	for (uint64_t byte = 0; byte < size_bytes; byte += size_bytes / 23 + 1) {
		int rc = graph_resolve(g, device, byte, &place);

		FUZZ_ASSERT(rc == -ERANGE || (place.contiguous_bytes > 0 &&
					      place.contiguous_bytes <= size_bytes - byte));
		FUZZ_ASSERT(rc || !place.ns || place.offset_bytes < place.ns->size_bytes);
	}
	FUZZ_ASSERT(graph_resolve(g, device, size_bytes, &place) == -ERANGE);
	graph_is_direct(g, device);
	graph_keeps_pages(g, device);
	FUZZ_ASSERT(table);
	free(table);
}

static void begin(struct graph *g, const struct namespace *ns)
{
	*g = (struct graph){0};
	FUZZ_ASSERT(graph_add_namespace(g, &ns[0]) == 0 && graph_add_namespace(g, &ns[1]) == 1);
}

static void end(struct graph *g)
{
	for (unsigned int i = 0; i < g->n; i++)
		check_device(g, i);
	for (unsigned int i = 0; i < g->n; i++)
		graph_clear_targets(g, i);
}

static void check_table(struct graph *g, const struct namespace *ns, const char *text)
{
	char *table, *again;
	int device;

	begin(g, ns);
	device = graph_parse_table(g, "fuzz", text);
	if (device >= 0) {
		table = graph_table(g, (unsigned int)device);
		device = table ? graph_parse_table(g, "again", table) : -ENOMEM;
		FUZZ_ASSERT(device >= 0);
		again = graph_table(g, (unsigned int)device);
		FUZZ_ASSERT(again && !strcmp(table, again));
		free(table);
		free(again);
	}
	end(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct namespace ns[] = {
		{.node = "/dev/pmem0", .size_bytes = 1 << 30, .mode = NAMESPACE_FSDAX},
		{.node = "/dev/pmem1", .size_bytes = 1 << 20, .mode = NAMESPACE_SECTOR},
	};
	char *text = fuzz_text(data, size), *dmsetup;
	struct graph *g = calloc(1, sizeof(*g));

	FUZZ_ASSERT(g);
	begin(g, ns);
	graph_parse(g, "fuzz", 0, text);
	dmsetup = graph_dmsetup(g);
	FUZZ_ASSERT(dmsetup);
	free(dmsetup);
	end(g);
	check_table(g, ns, text);
	free(g);
	free(text);
	return 0;
}

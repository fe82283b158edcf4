// SPDX-License-Identifier: GPL-2.0-only
/* A stack spec and a size: what is accepted has tables that cover the device once, without overlap,
 * within what the layer says it needs, and that read back as they were printed. */
#include "lib/dev/stack.h"
#include "tests/fuzz/fuzz.h"

#include <inttypes.h>

static const char *const members[] = {"A", "B", "C", "D", "E", "F", "G", "H"};

static int by_place(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	if (x->member != y->member)
		return x->member < y->member ? -1 : 1;
	return (x->offset_sectors > y->offset_sectors) - (x->offset_sectors < y->offset_sectors);
}

/* Linear segments lie beside each other on their members, none past what is needed. */
static void check_places(struct table *t, const uint64_t *need_bytes)
{
	qsort(t->segments, t->n, sizeof(*t->segments), by_place);
	for (size_t i = 0; i < t->n; i++) {
		const struct segment *s = &t->segments[i], *next = s + 1;
		uint64_t end_sectors = s->offset_sectors + s->len_sectors;

		FUZZ_ASSERT(end_sectors * SECTOR_BYTES <= need_bytes[s->member]);
		FUZZ_ASSERT(i + 1 == t->n || next->member != s->member ||
			    next->offset_sectors >= end_sectors);
	}
}

static void check_text(const struct table *t)
{
	char *text = table_text(t, members), *at = text;

	FUZZ_ASSERT(text);
	for (size_t i = 0; i < t->n; i++, at = strchr(at, '\n') + 1) {
		struct segment s = {0};
		char member;

		FUZZ_ASSERT(sscanf(at, "%" SCNu64 " %" SCNu64, &s.start_sectors, &s.len_sectors) ==
			    2);
		FUZZ_ASSERT(s.start_sectors == t->segments[i].start_sectors &&
			    s.len_sectors == t->segments[i].len_sectors);
		if (t->segments[i].stripes)
			continue;
		FUZZ_ASSERT(sscanf(at, "%*u %*u linear %c %" SCNu64 "\n", &member,
				   &s.offset_sectors) == 2);
		FUZZ_ASSERT(member - 'A' == (int)t->segments[i].member &&
			    s.offset_sectors == t->segments[i].offset_sectors);
	}
	FUZZ_ASSERT(!*at);
	free(text);
}

/* Every 37th page is somewhere within what is needed. */
static void check_pages(const struct table *t, uint64_t size_bytes, const uint64_t *need_bytes,
			unsigned int over)
{
	for (uint64_t byte = 0; byte < size_bytes; byte += 37 * PAGE_BYTES) {
		const struct segment *s = table_find(t, byte / SECTOR_BYTES);
		uint64_t at = byte, together_bytes = UINT64_MAX;
		unsigned int member;

		FUZZ_ASSERT(s);
		member = segment_resolve(s, &at, &together_bytes);
		FUZZ_ASSERT(member < over && at + PAGE_BYTES <= need_bytes[member] &&
			    together_bytes >= PAGE_BYTES && together_bytes <= size_bytes - byte);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t need_bytes[STACK_OVER_MAX],
		size_bytes = size ? (uint64_t)data[0] * 257 * PAGE_BYTES : 0;
	char *spec_text = fuzz_text(data + !!size, size - !!size), why[192] = "";
	struct stack_spec spec, again;
	struct table table;

	FUZZ_ASSERT(spec_text);
	if (stack_parse(spec_text, &spec, why, sizeof(why)) < 0) {
		FUZZ_ASSERT(*why);
		spec.depth = 0;
	} else {
		FUZZ_ASSERT(!stack_parse(spec.text, &again, why, sizeof(why)) &&
			    !memcmp(&spec, &again, sizeof(spec)));
	}
	for (unsigned int i = 0; i < spec.depth && size_bytes; i++) {
		const struct stack_layer *layer = &spec.layers[i];

		if (stack_layer_need(layer, size_bytes, need_bytes, why, sizeof(why)) < 0)
			break;
		FUZZ_ASSERT(!stack_layer_table(layer, size_bytes, &table));
		check_text(&table);
		check_pages(&table, size_bytes, need_bytes, layer->over);
		if (!layer->stripes)
			check_places(&table, need_bytes);
		table_free(&table);
		size_bytes = need_bytes[0];
	}
	free(spec_text);
	return 0;
}

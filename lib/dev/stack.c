// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/stack.h"
#include "lib/base/random.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int parse_bytes(const char *text, size_t len, uint64_t *bytes)
{
	uint64_t value = 0;
	size_t i = 0;

	if (len > 1 && text[0] == '0' && isdigit((unsigned char)text[1]))
		return -EINVAL; /* octal elsewhere */
	while (i < len && isdigit((unsigned char)text[i])) {
		if (value > (UINT64_MAX >> 40) / 10)
			return -EINVAL;
		value = value * 10 + (uint64_t)(text[i++] - '0');
	}
	if (!i)
		return -EINVAL;
	if (i < len) {
		switch (tolower((unsigned char)text[i++])) {
		case 'k':
			value <<= 10;
			break;
		case 'm':
			value <<= 20;
			break;
		case 'g':
			value <<= 30;
			break;
		default:
			return -EINVAL;
		}
	}
	if (i != len)
		return -EINVAL;
	*bytes = value;
	return 0;
}

/* Where parse functions put their one sentence. */
struct complaint {
	const char *spec;
	char *why;
	size_t why_len;
};

static int complain(const struct complaint *c, const char *at, const char *what)
{
	snprintf(c->why, c->why_len, "stack '%s', column %zu: %s", c->spec,
		 (size_t)(at - c->spec) + 1, what);
	return -EINVAL;
}

static int parse_count(const char *p, const char *end, unsigned int max, unsigned int *out)
{
	uint64_t value;

	if (p == end || !isdigit((unsigned char)end[-1]) ||
	    parse_bytes(p, (size_t)(end - p), &value) < 0)
		return -EINVAL;
	if (!value || value > max)
		return -ERANGE;
	*out = (unsigned int)value;
	return 0;
}

static bool is_word(const char *p, size_t len, const char *word)
{
	return len == strlen(word) && !memcmp(p, word, len);
}

static bool is_power_of_two(uint64_t bytes, uint64_t from, uint64_t to)
{
	return bytes >= from && bytes <= to && !(bytes & (bytes - 1));
}

static int parse_size(const struct complaint *c, const char *p, const char *end,
		      struct stack_layer *layer)
{
	const uint64_t most = 1 << 30;
	const char *value = strchr(p, '=') + 1;
	size_t name = (size_t)(value - 1 - p);
	uint64_t bytes;

	if (parse_bytes(value, (size_t)(end - value), &bytes) < 0)
		return complain(c, value, "expected a size such as 4k or 2m");
	if (is_word(p, name, "start")) {
		if (bytes % PAGE_BYTES || bytes > most)
			return complain(c, value, "start is a multiple of 4k, up to 1g");
		layer->start_bytes = bytes;
		return 0;
	}
	if (!is_power_of_two(bytes, PAGE_BYTES, most))
		return complain(c, value, "expected a power of two from 4k to 1g");
	if (is_word(p, name, "align"))
		layer->align_bytes = bytes;
	else if (is_word(p, name, "extent"))
		layer->extent_bytes = bytes;
	else
		layer->chunk_bytes = bytes;
	return 0;
}

static size_t name_len(const char *p, const char *end)
{
	const char *equals = memchr(p, '=', (size_t)(end - p));

	return (size_t)((equals ? equals : end) - p);
}

/* Whether the modifier at p is among those between first and it. */
static bool is_repeated(const char *first, const char *p, const char *end)
{
	size_t len = name_len(p, end);

	for (const char *comma; first < p; first = comma + 1) {
		comma = memchr(first, ',', (size_t)(end - first));
		if (name_len(first, comma) == len && !memcmp(first, p, len))
			return true;
	}
	return false;
}

static int parse_modifier(const struct complaint *c, const char *p, const char *end,
			  struct stack_layer *layer)
{
	size_t len = (size_t)(end - p), name = name_len(p, end);

	if (!layer->stripes && is_word(p, len, "shuffle")) {
		layer->shuffle = true;
		return 0;
	}
	if (is_word(p, len, "lvm")) {
		layer->lvm = true;
		return 0;
	}
	if (name < len && (is_word(p, name, "start") || is_word(p, name, "extent") ||
			   is_word(p, name, layer->stripes ? "chunk" : "align")))
		return parse_size(c, p, end, layer);
	if (name < len && is_word(p, name, "over")) {
		if (parse_count(p + 5, end, STACK_OVER_MAX, &layer->over) < 0)
			return complain(c, p + 5, "over takes a number of namespaces, 1 to 8");
		return 0;
	}
	return complain(c, p,
			layer->stripes ? "expected chunk=SIZE, start=SIZE, extent=SIZE, lvm or "
					 "over=N"
				       : "expected shuffle, align=SIZE, start=SIZE, extent=SIZE, "
					 "lvm or over=N");
}

/* linear:N or striped:W */
static int parse_target(const struct complaint *c, const char *p, const char *end,
			struct stack_layer *layer)
{
	*layer = (struct stack_layer){
		.segments = 1, .over = 1, .align_bytes = WINDOW_BYTES, .start_bytes = UINT64_MAX};
	if (end - p >= 7 && !memcmp(p, "linear:", 7)) {
		if (parse_count(p + 7, end, STACK_SEGMENTS_MAX, &layer->segments) < 0)
			return complain(c, p + 7, "linear takes a number of segments, 1 to 65536");
		return 0;
	}
	if (end - p >= 8 && !memcmp(p, "striped:", 8)) {
		if (parse_count(p + 8, end, STACK_STRIPES_MAX, &layer->stripes) < 0)
			return complain(c, p + 8, "striped takes a number of stripes, 1 to 128");
		return 0;
	}
	return complain(c, p, "expected raw, linear:N or striped:W");
}

static int parse_layer(const struct complaint *c, const char *p, const char *end,
		       struct stack_layer *layer)
{
	const char *stop = memchr(p, ',', (size_t)(end - p)), *first = stop ? stop + 1 : end;
	int rc = parse_target(c, p, stop ? stop : end, layer);

	while (stop && !rc) {
		const char *next = memchr(stop + 1, ',', (size_t)(end - stop - 1));

		rc = parse_modifier(c, stop + 1, next ? next : end, layer);
		if (!rc && is_repeated(first, stop + 1, next ? next : end))
			rc = complain(c, stop + 1, "this word is given twice");
		stop = next;
	}
	if (rc < 0)
		return rc;
	/* What vgcreate(8) and lvcreate(8) do unless told otherwise; what the spec says stays. */
	if (layer->lvm && layer->start_bytes == UINT64_MAX)
		layer->start_bytes = 1 << 20;
	if (layer->lvm && !layer->extent_bytes)
		layer->extent_bytes = 4 << 20;
	if (layer->stripes && !layer->chunk_bytes)
		layer->chunk_bytes = layer->lvm ? 64 << 10 : WINDOW_BYTES;
	if (layer->over > (layer->stripes ? layer->stripes : layer->segments))
		return complain(c, p,
				"over wants at least one segment or stripe for each namespace");
	return 0;
}

int stack_parse(const char *text, struct stack_spec *out, char *why, size_t why_len)
{
	const struct complaint c = {.spec = text, .why = why, .why_len = why_len};
	const char *p = text;

	memset(out, 0, sizeof(*out));
	if (strlen(text) >= sizeof(out->text))
		return complain(&c, text, "too long");
	strcpy(out->text, text);
	if (!strcmp(text, "raw"))
		return 0;
	for (;;) {
		const char *slash = strchr(p, '/');
		const char *end = slash ? slash : p + strlen(p);
		int rc;

		if (out->depth == STACK_DEPTH_MAX)
			return complain(&c, p, "deeper than 8 layers");
		rc = parse_layer(&c, p, end, &out->layers[out->depth]);
		if (rc < 0)
			return rc;
		out->depth++;
		if (!slash)
			return 0;
		if (out->layers[out->depth - 1].over > 1)
			return complain(&c, p, "over belongs to the lowest layer");
		p = slash + 1;
	}
}

/* Segment lengths are whole granules: 2 MiB, or the alignment where so many would not fit. */
static uint64_t layer_granule(const struct stack_layer *layer, uint64_t size_bytes)
{
	if (layer->extent_bytes)
		return layer->extent_bytes;
	if (layer->align_bytes < WINDOW_BYTES &&
	    (uint64_t)layer->segments * WINDOW_BYTES > size_bytes)
		return layer->align_bytes;
	return layer->align_bytes > WINDOW_BYTES ? layer->align_bytes : WINDOW_BYTES;
}

/* How far past a 2 MiB boundary of the member its first segment begins. */
static uint64_t layer_shift(const struct stack_layer *layer)
{
	if (layer->start_bytes != UINT64_MAX)
		return layer->start_bytes;
	return layer->align_bytes < WINDOW_BYTES ? layer->align_bytes : 0;
}

/* Stripes are as long as whole chunks, and whole extents, allow. */
static uint64_t stripe_bytes(const struct stack_layer *layer, uint64_t size_bytes)
{
	uint64_t unit =
		layer->chunk_bytes > layer->extent_bytes ? layer->chunk_bytes : layer->extent_bytes;

	return size_bytes / layer->stripes / unit * unit;
}

static uint64_t segment_bytes(const struct stack_layer *layer, uint64_t size_bytes, unsigned int i)
{
	uint64_t granule = layer_granule(layer, size_bytes);
	uint64_t granules = size_bytes / granule;
	uint64_t len = granules / layer->segments + (i < granules % layer->segments);

	len *= granule;
	if (i == layer->segments - 1)
		len += size_bytes % granule;
	return len;
}

static int striped_need(const struct stack_layer *layer, uint64_t size_bytes,
			uint64_t *member_bytes, char *why, size_t why_len)
{
	uint64_t each = stripe_bytes(layer, size_bytes);

	if (!each) {
		snprintf(why, why_len,
			 "%u stripes of at least one chunk or extent do not fit into %" PRIu64
			 " KiB",
			 layer->stripes, size_bytes >> 10);
		return -ENOSPC;
	}
	for (unsigned int m = 0; m < layer->over; m++)
		member_bytes[m] = layer_shift(layer) +
				  (layer->stripes - m + layer->over - 1) / layer->over * each;
	member_bytes[0] += size_bytes - layer->stripes * each;
	return 0;
}

int stack_layer_need(const struct stack_layer *layer, uint64_t size_bytes, uint64_t *member_bytes,
		     char *why, size_t why_len)
{
	uint64_t granule = layer_granule(layer, size_bytes);

	if (layer->stripes)
		return striped_need(layer, size_bytes, member_bytes, why, why_len);
	if (size_bytes / granule < layer->segments) {
		snprintf(why, why_len,
			 "%u segments of at least %" PRIu64 " KiB need %" PRIu64
			 " MiB, there are %" PRIu64 " MiB",
			 layer->segments, granule >> 10, (granule * layer->segments) >> 20,
			 size_bytes >> 20);
		return -ENOSPC;
	}
	for (unsigned int m = 0; m < layer->over; m++) {
		member_bytes[m] = layer_shift(layer);
		for (unsigned int i = m; i < layer->segments; i += layer->over)
			member_bytes[m] += segment_bytes(layer, size_bytes, i);
	}
	return 0;
}

static void shuffle_order(unsigned int *order, unsigned int n)
{
	uint64_t state = n; /* the same order everywhere */

	for (unsigned int i = n; i > 1; i--) {
		unsigned int j = (unsigned int)(random_next(&state) % i), swap = order[i - 1];

		order[i - 1] = order[j];
		order[j] = swap;
	}
}

/* The stripes, and what they cannot divide. */
static int striped_table(const struct stack_layer *layer, uint64_t size_bytes, struct table *out)
{
	uint64_t each = stripe_bytes(layer, size_bytes), rest = size_bytes - layer->stripes * each;
	unsigned int rows = (layer->stripes + layer->over - 1) / layer->over;

	out->segments = calloc(2, sizeof(*out->segments));
	if (!out->segments)
		return -ENOMEM;
	out->n = rest ? 2 : 1;
	out->segments[0] = (struct segment){
		.len_sectors = layer->stripes * each / SECTOR_BYTES,
		.offset_sectors = layer_shift(layer) / SECTOR_BYTES,
		.chunk_sectors = layer->chunk_bytes / SECTOR_BYTES,
		.stripes = layer->stripes,
		.over = layer->over,
	};
	out->segments[1] = (struct segment){
		.start_sectors = layer->stripes * each / SECTOR_BYTES,
		.len_sectors = rest / SECTOR_BYTES,
		.offset_sectors = (layer_shift(layer) + rows * each) / SECTOR_BYTES,
		.chunk_sectors = rest / SECTOR_BYTES,
		.stripes = 1,
		.over = 1,
	};
	return 0;
}

int stack_layer_table(const struct stack_layer *layer, uint64_t size_bytes, struct table *out)
{
	uint64_t member_bytes[STACK_OVER_MAX], cursor[STACK_OVER_MAX], start = 0;
	unsigned int *order;
	char why[160];
	int rc;

	*out = (struct table){0};
	rc = stack_layer_need(layer, size_bytes, member_bytes, why, sizeof(why));
	if (rc < 0)
		return rc;
	if (layer->stripes)
		return striped_table(layer, size_bytes, out);
	order = calloc(layer->segments, sizeof(*order));
	out->segments = calloc(layer->segments, sizeof(*out->segments));
	if (!order || !out->segments) {
		free(order);
		table_free(out);
		return -ENOMEM;
	}
	out->n = layer->segments;
	for (unsigned int i = 0; i < layer->segments; i++) {
		struct segment *s = &out->segments[i];

		order[i] = i;
		s->start_sectors = start / SECTOR_BYTES;
		s->len_sectors = segment_bytes(layer, size_bytes, i) / SECTOR_BYTES;
		s->member = i % layer->over;
		start += s->len_sectors * SECTOR_BYTES;
	}
	if (layer->shuffle)
		shuffle_order(order, layer->segments);
	for (unsigned int m = 0; m < layer->over; m++)
		cursor[m] = layer_shift(layer);
	for (unsigned int i = 0; i < layer->segments; i++) {
		struct segment *s = &out->segments[order[i]];

		s->offset_sectors = cursor[s->member] / SECTOR_BYTES;
		cursor[s->member] += s->len_sectors * SECTOR_BYTES;
	}
	free(order);
	return 0;
}

static void print_segment(FILE *out, const struct segment *s, const char *const *members)
{
	fprintf(out, "%" PRIu64 " %" PRIu64, s->start_sectors, s->len_sectors);
	if (!s->stripes)
		fprintf(out, " linear %s %" PRIu64, members[s->member], s->offset_sectors);
	else
		fprintf(out, " striped %u %" PRIu64, s->stripes, s->chunk_sectors);
	for (unsigned int i = 0; i < s->stripes; i++)
		fprintf(out, " %s %" PRIu64, members[i % s->over],
			s->offset_sectors + i / s->over * (s->len_sectors / s->stripes));
	fprintf(out, "\n");
}

char *table_text(const struct table *table, const char *const *members)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	for (size_t i = 0; i < table->n; i++)
		print_segment(out, &table->segments[i], members);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

const struct segment *table_find(const struct table *table, uint64_t sector)
{
	size_t low = 0, high = table->n;

	while (low < high) {
		size_t mid = (low + high) / 2;
		const struct segment *s = &table->segments[mid];

		if (sector < s->start_sectors)
			high = mid;
		else if (sector >= s->start_sectors + s->len_sectors)
			low = mid + 1;
		else
			return s;
	}
	return NULL;
}

static void shorten(uint64_t *bytes, uint64_t limit_bytes)
{
	if (limit_bytes < *bytes)
		*bytes = limit_bytes;
}

unsigned int segment_resolve(const struct segment *s, uint64_t *byte, uint64_t *contiguous_bytes)
{
	uint64_t into = *byte - s->start_sectors * SECTOR_BYTES;
	uint64_t chunk_bytes = s->chunk_sectors * SECTOR_BYTES, chunk;
	unsigned int stripe;

	*byte = s->offset_sectors * SECTOR_BYTES;
	if (!s->stripes) {
		shorten(contiguous_bytes, s->len_sectors * SECTOR_BYTES - into);
		*byte += into;
		return s->member;
	}
	shorten(contiguous_bytes, chunk_bytes - into % chunk_bytes);
	chunk = into / chunk_bytes;
	stripe = (unsigned int)(chunk % s->stripes);
	*byte += stripe / s->over * (s->len_sectors / s->stripes * SECTOR_BYTES) +
		 chunk / s->stripes * chunk_bytes + into % chunk_bytes;
	return stripe % s->over;
}

void table_free(struct table *table)
{
	free(table->segments);
	*table = (struct table){0};
}

unsigned int stack_segments(const struct stack_spec *spec)
{
	return spec->depth ? spec->layers[0].segments : 0;
}

unsigned int stack_members(const struct stack_spec *spec)
{
	return spec->depth ? spec->layers[spec->depth - 1].over : 1;
}

// SPDX-License-Identifier: GPL-2.0-only
/* The text of a stack: the short notation, or the name of tables. */
#include "lib/dev/stack.h"

#include "lib/base/bytes.h"
#include "lib/base/nearest.h"
#include "lib/dev/graph_parse.h"
#include "lib/dev/stack_text.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { MIN_BYTES = 16 << 20 };

/* The buffer for the error message of parse functions. */
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
	    bytes_parse(p, (size_t)(end - p), &value) < 0)
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

	if (bytes_parse(value, (size_t)(end - value), &bytes) < 0)
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

/* Whether the modifier at p occurs between first and p already. */
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

	if (layer->partition || layer->other) {
		if (layer->partition && name < len && is_word(p, name, "start"))
			return parse_size(c, p, end, layer);
		return complain(c, p,
				layer->partition ? "expected start=SIZE or size=SIZE"
						 : "expected size=SIZE");
	}
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

static int complain_target(const struct complaint *c, const char *p, const char *end)
{
	static const char *const names[] = {"raw",	 "linear", "striped",
					    "partition", "table",  "lvm"};
	char word[64], what[160];
	const char *best = NULL;

	snprintf(word, sizeof(word), "%.*s", (int)(end - p), p);
	word[strcspn(word, ":")] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		best = nearest_of(word, best, names[i]);
	best = stack_other_nearest(word, best);
	if (best && !strcmp(best, word)) /* it has its place, not this one */
		best = NULL;
	snprintf(what, sizeof(what), "expected raw, linear:N or striped:W%s%s%s",
		 best ? " (did you mean '" : "", best ? best : "", best ? "'?)" : "");
	return complain(c, p, what);
}

/* linear:N, striped:W, partition:start=SIZE, or the name of another target */
static int parse_target(const struct complaint *c, const char *p, const char *end,
			struct stack_layer *layer)
{
	layer->segments = 1;
	layer->over = 1;
	layer->align_bytes = WINDOW_BYTES;
	layer->start_bytes = UINT64_MAX;
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
	if (end - p >= 10 && !memcmp(p, "partition:", 10)) {
		layer->partition = true;
		layer->start_bytes = 1 << 20; /* fdisk's */
		if (end - p < 17 || memcmp(p + 10, "start=", 6))
			return complain(c, p + 10, "expected start=SIZE, e.g. partition:start=1m");
		return parse_size(c, p + 10, end, layer);
	}
	layer->other = stack_other_find(p, (size_t)(end - p));
	return layer->other ? 0 : complain_target(c, p, end);
}

/* The size of the stack: a word of its top. */
static int parse_whole_size(const struct complaint *c, const char *p, const char *end,
			    struct stack_spec *spec)
{
	if (spec->n_layers)
		return complain(c, p, "size belongs to the top layer");
	if (bytes_parse(p, (size_t)(end - p), &spec->size_bytes) < 0 ||
	    spec->size_bytes % WINDOW_BYTES || spec->size_bytes < MIN_BYTES)
		return complain(c, p, "size is a multiple of 2m, from 16m on");
	return 0;
}

static int parse_layer(const struct complaint *c, const char *p, const char *end,
		       struct stack_spec *spec)
{
	struct stack_layer *layer = &spec->layers[spec->n_layers];
	const char *stop = memchr(p, ',', (size_t)(end - p)), *first = stop ? stop + 1 : end;
	int rc = parse_target(c, p, stop ? stop : end, layer);

	while (stop && !rc) {
		const char *next = memchr(stop + 1, ',', (size_t)(end - stop - 1));
		const char *word_end = next ? next : end;

		if (word_end - stop > 5 && !memcmp(stop + 1, "size=", 5))
			rc = parse_whole_size(c, stop + 6, word_end, spec);
		else
			rc = parse_modifier(c, stop + 1, word_end, layer);
		if (!rc && is_repeated(first, stop + 1, next ? next : end))
			rc = complain(c, stop + 1, "this word is given twice");
		stop = next;
	}
	if (rc < 0)
		return rc;
	/* The defaults of vgcreate(8) and lvcreate(8), unless the spec says otherwise. */
	if (layer->lvm && layer->start_bytes == UINT64_MAX)
		layer->start_bytes = 1 << 20;
	if (layer->lvm && !layer->extent_bytes)
		layer->extent_bytes = 4 << 20;
	if (layer->stripes && !layer->chunk_bytes)
		layer->chunk_bytes = layer->lvm ? 64 << 10 : WINDOW_BYTES;
	if (layer->over > (layer->stripes ? layer->stripes : layer->segments))
		return complain(c, p,
				"over needs at least one segment or stripe for each namespace");
	return 0;
}

/* ---- tables as text -------------------------------------------------------------------------- */

/* The most and the fewest levels of DM devices from each device down.  What a target that the model
 * does not have passes on, nobody knows: its cache may serve it. */
static void find_depths(const struct graph *g, unsigned int most[GRAPH_DEVICES_MAX],
			unsigned int fewest[GRAPH_DEVICES_MAX])
{
	for (unsigned int i = 0; i < g->n; i++) {
		const struct graph_device *d = &g->devices[i];
		bool opaque = false;

		most[i] = 0;
		fewest[i] = UINT_MAX;
		for (size_t k = 0; k < d->n_targets; k++) {
			const struct graph_target *t = &d->targets[k];
			unsigned int n = t->other ? !!t->n_members : t->n_members;

			opaque |= t->other && !graph_target_is_linear(t);
			for (unsigned int m = 0; m < n; m++) {
				unsigned int below = t->members[m].device;

				most[i] = most[below] > most[i] ? most[below] : most[i];
				fewest[i] = fewest[below] < fewest[i] ? fewest[below] : fewest[i];
			}
		}
		fewest[i] = fewest[i] == UINT_MAX ? 0 : fewest[i];
		most[i] += d->kind == GRAPH_DM;
		fewest[i] = opaque ? 0 : fewest[i] + (d->kind == GRAPH_DM);
	}
}

/* Marks the namespaces that are members, and returns how many come before the last such one. */
static unsigned int count_members(const struct graph *g)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < g->n; i++)
		for (size_t k = 0; k < g->devices[i].n_targets; k++)
			for (unsigned int m = 0; m < g->devices[i].targets[k].n_members; m++) {
				unsigned int below = g->devices[i].targets[k].members[m].device;

				if (g->devices[below].kind == GRAPH_NAMESPACE && below >= n)
					n = below + 1;
			}
	return n;
}

static int parse_tables(const struct complaint *c, struct stack_spec *out)
{
	unsigned int most[GRAPH_DEVICES_MAX] = {0}, fewest[GRAPH_DEVICES_MAX] = {0}, top;
	const struct namespace any = {.node = "", .size_bytes = UINT64_MAX / 2};
	struct graph g = {0};
	char digest[9], right[64];
	size_t len = strlen(out->text);
	int rc;

	for (unsigned int m = 0; m < STACK_OVER_MAX; m++)
		graph_add_namespace(&g, &any);
	rc = graph_parse(&g, "", 0, out->tables);
	top = rc < 0 ? 0 : (unsigned int)rc;
	out->members = count_members(&g);
	find_depths(&g, most, fewest);
	out->depth = most[top];
	out->depth_min = fewest[top];
	out->segments = (unsigned int)g.devices[top].n_targets;
	for (unsigned int i = 0; i < g.n; i++)
		if (g.devices[i].kind == GRAPH_PARTITION && rc >= 0)
			rc = -EOPNOTSUPP;
	graph_destroy(&g);
	if (rc < 0 || !out->members)
		return complain(c, out->tables,
				"expected tables as in run.jsonl, e.g. '8192 linear A 0;8192 "
				"linear B 0'");
	stack_text_digest(out->tables, digest);
	snprintf(right, sizeof(right), "the tables belong to another name: it ends with -%s",
		 digest);
	if (len < 9 || out->text[len - 9] != '-' || strcmp(out->text + len - 8, digest))
		return complain(c, c->spec, right);
	return 0;
}

static int parse_text(const struct complaint *c, struct stack_spec *out)
{
	char right[96];

	out->tables = stack_text_tables(c->spec);
	if (!out->tables) {
		snprintf(right, sizeof(right),
			 "expected the file of its tables, or =TABLES after the name as in the "
			 "run's stack_tables");
		return complain(c, c->spec, right);
	}
	if ((size_t)(out->tables - c->spec) > sizeof(out->text) || strpbrk(c->spec, "{}"))
		return complain(c, c->spec, "too long, or a brace in it");
	stack_text_name(c->spec, out->text);
	return parse_tables(c, out);
}

/* ---- the short notation ---------------------------------------------------------------------- */

/* What the layers add up to. */
static void finish_layers(struct stack_spec *spec)
{
	const struct stack_layer *lowest = &spec->layers[spec->n_layers - 1];
	bool opaque = false, aux = false;

	for (unsigned int i = 0; i < spec->n_layers; i++) {
		const struct stack_layer *layer = &spec->layers[i];

		/* A partition of a namespace is no DM device; thin is on a pool. */
		if (!layer->partition || layer != lowest)
			spec->depth++;
		spec->depth += layer->other && layer->other->on_top_type;
		opaque |= layer->other && strcmp(layer->other->type, "log-writes");
		aux |= layer->other && layer->other->aux_bytes[0];
		/* Below a cache, nobody knows what is passed on. */
		if (!opaque)
			spec->depth_min = spec->depth;
	}
	spec->members = lowest->over > 1 || !aux ? lowest->over : 2;
	spec->segments = spec->layers[0].segments;
}

int stack_parse(const char *text, struct stack_spec *out, char *why, size_t why_len)
{
	const struct complaint c = {.spec = text, .why = why, .why_len = why_len};
	const char *p = text;

	memset(out, 0, sizeof(*out));
	out->members = 1;
	if (stack_text_is(text))
		return parse_text(&c, out);
	if (strlen(text) >= sizeof(out->text))
		return complain(&c, text, "too long");
	strcpy(out->text, text);
	if (!strcmp(text, "raw"))
		return 0;
	for (;;) {
		const char *slash = strchr(p, '/');
		const char *end = slash ? slash : p + strlen(p);
		int rc;

		if (out->n_layers == STACK_DEPTH_MAX)
			return complain(&c, p, "deeper than 8 layers");
		rc = parse_layer(&c, p, end, out);
		if (rc < 0)
			return rc;
		out->n_layers++;
		if (!slash) {
			finish_layers(out);
			return 0;
		}
		if (out->layers[out->n_layers - 1].over > 1)
			return complain(&c, p, "over belongs to the lowest layer");
		p = slash + 1;
	}
}

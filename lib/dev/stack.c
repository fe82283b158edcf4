// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/stack.h"

#include "lib/base/bytes.h"
#include "lib/base/random.h"
#include "lib/base/text.h"
#include "lib/dev/dm.h"
#include "lib/dev/graph_parse.h"
#include "lib/dev/partition.h"
#include "lib/dev/stack_scale.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <libdevmapper.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PARTITION_NUMBER = 1, /* the first one of a namespace, which was blank */
	WINDOW_SECTORS = WINDOW_BYTES / SECTOR_BYTES
};

/* Adds the devices of the tables, named daxdm-PID-0 and so on.  Returns 0 or -errno. */
static int read_tables(struct graph *g, unsigned int members, const char *tables, unsigned int *top)
{
	char prefix[48];
	int rc;

	snprintf(prefix, sizeof(prefix), "daxdm-%d-", (int)getpid());
	rc = graph_parse(g, prefix, members, tables);
	*top = rc < 0 ? 0 : (unsigned int)rc;
	return rc < 0 ? rc : 0;
}

/* Segment lengths are multiples of this: 2 MiB, or the alignment if so many would not fit. */
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
			 "%u stripes of at least one chunk or extent do not fit into %s",
			 layer->stripes, bytes_text(size_bytes).s);
		return -ENOSPC;
	}
	for (unsigned int m = 0; m < layer->over; m++)
		member_bytes[m] = layer_shift(layer) +
				  (layer->stripes - m + layer->over - 1) / layer->over * each;
	member_bytes[0] += size_bytes - layer->stripes * each;
	return 0;
}

/*
 * The bytes of each member that a layer needs to offer a device of size_bytes.
 * Returns 0, or -ENOSPC with a sentence in why if size_bytes has no room for so many segments.
 */
static int layer_need(const struct stack_layer *layer, uint64_t size_bytes, uint64_t *member_bytes,
		      char *why, size_t why_len)
{
	uint64_t granule = layer_granule(layer, size_bytes);

	if (layer->other) {
		member_bytes[0] = size_bytes;
		return 0;
	}
	if (layer->stripes)
		return striped_need(layer, size_bytes, member_bytes, why, why_len);
	if (size_bytes / granule < layer->segments) {
		snprintf(why, why_len, "%u segments of at least %s need %s, there are %s",
			 layer->segments, bytes_text(granule).s,
			 bytes_text(granule * layer->segments).s, bytes_text(size_bytes).s);
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

/* ---- layers -> graph ------------------------------------------------------------------------- */

/* The stripes, and the remainder as one more segment; `first` is the index of the first member. */
static int add_striped(const struct stack_layer *layer, uint64_t size_bytes, struct graph *g,
		       unsigned int device, unsigned int first)
{
	uint64_t each = stripe_bytes(layer, size_bytes), rest = size_bytes - layer->stripes * each;
	unsigned int rows = (layer->stripes + layer->over - 1) / layer->over;
	struct graph_member members[STACK_STRIPES_MAX];
	struct graph_target target = {
		.type = TARGET_STRIPED,
		.len_sectors = layer->stripes * each / SECTOR_BYTES,
		.chunk_sectors = layer->chunk_bytes / SECTOR_BYTES,
		.n_members = layer->stripes,
		.members = members,
	};
	int rc;

	for (unsigned int i = 0; i < layer->stripes; i++)
		members[i] = (struct graph_member){
			first + i % layer->over,
			(layer_shift(layer) + i / layer->over * each) / SECTOR_BYTES,
		};
	rc = graph_add_target(g, device, &target);
	if (rc < 0 || !rest)
		return rc;
	target.len_sectors = target.chunk_sectors = rest / SECTOR_BYTES;
	target.n_members = 1;
	members[0] =
		(struct graph_member){first, (layer_shift(layer) + rows * each) / SECTOR_BYTES};
	return graph_add_target(g, device, &target);
}

/* The segments, in the order of the device; on each member they are in `order`. */
static int add_linear(const struct stack_layer *layer, uint64_t size_bytes, struct graph *g,
		      unsigned int device, unsigned int first)
{
	unsigned int *order = calloc(layer->segments, sizeof(*order));
	uint64_t *offset_bytes = calloc(layer->segments, sizeof(*offset_bytes));
	uint64_t cursor[STACK_OVER_MAX];
	int rc = order && offset_bytes ? 0 : -ENOMEM;

	for (unsigned int m = 0; m < layer->over; m++)
		cursor[m] = layer_shift(layer);
	for (unsigned int i = 0; i < layer->segments && !rc; i++)
		order[i] = i;
	if (!rc && layer->shuffle)
		shuffle_order(order, layer->segments);
	for (unsigned int k = 0; k < layer->segments && !rc; k++) {
		unsigned int i = order[k];

		offset_bytes[i] = cursor[i % layer->over];
		cursor[i % layer->over] += segment_bytes(layer, size_bytes, i);
	}
	for (unsigned int i = 0; i < layer->segments && !rc; i++)
		rc = graph_add_linear(g, device, segment_bytes(layer, size_bytes, i) / SECTOR_BYTES,
				      first + i % layer->over, offset_bytes[i] / SECTOR_BYTES);
	free(offset_bytes);
	free(order);
	return rc;
}

static int need_members(const struct stack_spec *spec, unsigned int n, char *why, size_t why_len)
{
	if (spec->members <= n)
		return 0;
	snprintf(why, why_len, "%s needs %u namespaces, %u named; give --device once more",
		 spec->text, spec->members, n);
	return -ENODEV;
}

/*
 * The size of the device of each layer, [depth] of the first namespace.  Returns 0, or as
 * stack_fits().
 */
static int layer_sizes(const struct stack_spec *spec, const struct namespace *namespaces,
		       unsigned int n, uint64_t size_bytes, uint64_t sizes[STACK_DEPTH_MAX + 1],
		       char *why, size_t why_len)
{
	uint64_t need[STACK_OVER_MAX] = {size_bytes};
	unsigned int members = stack_members(spec);
	uint64_t aux_bytes = 0;
	char reason[160];

	if (need_members(spec, n, why, why_len) < 0)
		return -ENODEV;
	if (spec->size_bytes)
		need[0] = size_bytes = spec->size_bytes;
	sizes[0] = size_bytes;
	for (unsigned int level = 0; level < spec->n_layers; level++) {
		if (spec->layers[level].other)
			aux_bytes += stack_other_aux_bytes(spec->layers[level].other, need[0]);
		if (layer_need(&spec->layers[level], need[0], need, reason, sizeof(reason)) < 0) {
			snprintf(why, why_len, "%s does not fit: %s; take fewer segments",
				 spec->text, reason);
			return -ENOSPC;
		}
		sizes[level + 1] = need[0];
	}
	if (aux_bytes)
		need[members - 1] += aux_bytes;
	for (unsigned int m = 0; m < members; m++) {
		if (need[m] <= namespaces[m].size_bytes)
			continue;
		snprintf(why, why_len, "%s does not fit: it needs %s of %s, which has %s",
			 spec->text, bytes_text(need[m]).s, namespaces[m].node,
			 bytes_text(namespaces[m].size_bytes).s);
		return -ENOSPC;
	}
	return 0;
}

static unsigned int partition_number(const struct graph *g, unsigned int device)
{
	unsigned int number = PARTITION_NUMBER;

	for (unsigned int i = 0; i < device; i++)
		number += g->devices[i].kind == GRAPH_PARTITION &&
			  g->devices[i].on.device == g->devices[device].on.device;
	return number;
}

/* The node of the partition that is the next device of the graph. */
static void partition_node(struct graph *g, unsigned int on, char node[160])
{
	const char *disk = g->devices[on].node;
	size_t len = strlen(disk);

	g->devices[g->n].on.device = on;
	snprintf(node, 160, "%s%s%u", disk, len && isdigit((unsigned char)disk[len - 1]) ? "p" : "",
		 partition_number(g, g->n));
}

/* More members than namespaces: each is an equal part of a namespace, in order of appearance.
 * Returns the index of the first, or -errno. */
static int add_shares(struct graph *g, unsigned int members, unsigned int n, char *note,
		      size_t note_len)
{
	unsigned int first = g->n;

	for (unsigned int m = 0; m < members; m++) {
		unsigned int on = m % n, sharing = (members - on + n - 1) / n;
		uint64_t share =
			g->devices[on].size_sectors / sharing / WINDOW_SECTORS * WINDOW_SECTORS;
		char node[160];
		const char *slash;
		int rc;

		partition_node(g, on, node);
		slash = strrchr(node, '/');
		rc = graph_add_partition(g, node, on, m / n * share, share);
		if (rc < 0)
			return rc;
		text_append(note, note_len, "%s%s", m ? ", " : "", slash ? slash + 1 : node);
	}
	text_append(note, note_len, " are in the place of its %u namespaces: there are %u", members,
		    n);
	return (int)first;
}

/* The graph of tables as text.  Returns as stack_describe(). */
static int describe_tables(const struct stack_spec *spec, const struct namespace *namespaces,
			   unsigned int n, uint64_t span_bytes, struct stack *out, char *why,
			   size_t why_len)
{
	struct graph written = {0};
	char reason[256], note[256];
	int rc = 0;

	*out = (struct stack){.spec = *spec};
	for (unsigned int m = 0; m < spec->members && m < n; m++)
		graph_add_namespace(&written, &namespaces[m]);
	if (spec->members > n)
		rc = add_shares(&written, spec->members, n, out->note, sizeof(out->note));
	if (rc >= 0)
		rc = read_tables(&written, (unsigned int)rc, spec->tables, &out->device);
	if (rc < 0)
		snprintf(reason, sizeof(reason), "%s", strerror(-rc));
	else
		rc = stack_scale(&written, out->device, span_bytes, &out->graph, note, sizeof(note),
				 reason, sizeof(reason));
	graph_destroy(&written);
	if (!rc)
		text_append(out->note, sizeof(out->note), "%s%s", *out->note && *note ? "; " : "",
			    note);
	if (rc < 0)
		snprintf(why, why_len, "%s cannot be made: %s", spec->text, reason);
	else
		out->size_bytes = out->graph.devices[out->device].size_sectors * SECTOR_BYTES /
				  PAGE_BYTES * PAGE_BYTES;
	return rc;
}

int stack_fits(const struct stack_spec *spec, const struct namespace *namespaces, unsigned int n,
	       uint64_t size_bytes, char *why, size_t why_len)
{
	uint64_t sizes[STACK_DEPTH_MAX + 1];
	struct stack *described;
	int rc;

	*why = '\0';
	if (!spec->tables)
		return layer_sizes(spec, namespaces, n, size_bytes, sizes, why, why_len);
	described = malloc(sizeof(*described));
	if (!described)
		return -ENOMEM;
	rc = describe_tables(spec, namespaces, n, size_bytes, described, why, why_len);
	if (!rc && *described->note)
		snprintf(why, why_len, "%s: %s", spec->text, described->note);
	if (!rc)
		graph_destroy(&described->graph);
	free(described);
	return rc;
}

/* A partition of the first namespace, as large as the layer. */
static int add_partition(struct graph *g, const struct stack_layer *layer, uint64_t size_bytes)
{
	char node[160]; /* graph_add_partition() knows what is too long */

	partition_node(g, 0, node);
	return graph_add_partition(g, node, 0, layer->start_bytes / SECTOR_BYTES,
				   size_bytes / SECTOR_BYTES);
}

/* Adds a layer on the device of index first.  *aux_end_bytes is how much of the end of the last
 * namespace further devices take.  Returns the index of its device or -errno. */
static int add_layer(struct stack *out, unsigned int level, uint64_t size_bytes, unsigned int first,
		     uint64_t *aux_end_bytes)
{
	const struct stack_spec *spec = &out->spec;
	const struct stack_layer *layer = &spec->layers[level];
	struct graph *g = &out->graph;
	unsigned int aux = stack_members(spec) - 1;
	char name[64];
	int device, rc;

	snprintf(name, sizeof(name), "daxdm-%d-%u", (int)getpid(), spec->n_layers - 1 - level);
	if (layer->partition && level == spec->n_layers - 1)
		return add_partition(g, layer, size_bytes);
	if (layer->other) {
		*aux_end_bytes += stack_other_aux_bytes(layer->other, size_bytes);
		return stack_other_add(g, layer->other, name, first, size_bytes, aux,
				       g->devices[aux].size_sectors * SECTOR_BYTES / WINDOW_BYTES *
						       WINDOW_BYTES -
					       *aux_end_bytes);
	}
	device = graph_add_dm(g, name);
	if (device < 0)
		return device;
	rc = (layer->stripes ? add_striped : add_linear)(layer, size_bytes, g, (unsigned int)device,
							 first);
	return rc < 0 ? rc : device;
}

int stack_describe(const struct stack_spec *spec, const struct namespace *namespaces,
		   unsigned int n, uint64_t size_bytes, struct stack *out, char *why,
		   size_t why_len)
{
	uint64_t sizes[STACK_DEPTH_MAX + 1];
	struct graph *g = &out->graph;
	unsigned int first = 0; /* member of the layer */
	uint64_t aux_end_bytes = 0;
	int rc;

	if (spec->tables)
		return describe_tables(spec, namespaces, n, size_bytes, out, why, why_len);
	size_bytes = spec->size_bytes ? spec->size_bytes : size_bytes;
	*out = (struct stack){.spec = *spec, .size_bytes = size_bytes};
	rc = layer_sizes(spec, namespaces, n, size_bytes, sizes, why, why_len);
	for (unsigned int m = 0; m < stack_members(spec) && !rc; m++)
		graph_add_namespace(g, &namespaces[m]);
	if (!rc && !spec->n_layers)
		g->devices[0].size_sectors = size_bytes / SECTOR_BYTES;
	for (unsigned int level = spec->n_layers; level-- > 0 && !rc; first = out->device) {
		rc = add_layer(out, level, sizes[level], first, &aux_end_bytes);
		if (rc < 0)
			snprintf(why, why_len, "cannot describe %s: %s", spec->text, strerror(-rc));
		else
			out->device = (unsigned int)rc;
		rc = rc < 0 ? rc : 0;
	}
	if (rc < 0)
		graph_destroy(g);
	return rc;
}

/* ---- devices --------------------------------------------------------------------------------- */

/* Whether the kernel has all targets.  Returns 0, or -EOPNOTSUPP with one sentence in why. */
static int find_targets(const struct stack *stack, char *why, size_t why_len)
{
	for (unsigned int i = 0; i < stack->graph.n; i++) {
		const struct graph_device *d = &stack->graph.devices[i];

		for (size_t k = 0; k < d->n_targets; k++) {
			const char *type = d->targets[k].other ? d->targets[k].other->type : NULL;

			if (!type || dm_target_available(type) != -ENOENT)
				continue;
			snprintf(why, why_len, "this kernel has no device-mapper target %s", type);
			return -EOPNOTSUPP;
		}
	}
	return 0;
}

/* The partitions, which graph_create() does not create.  Returns 0 or -errno. */
static int create_partitions(struct graph *g)
{
	int rc = 0;

	for (unsigned int i = 0; i < g->n && !rc; i++) {
		struct graph_device *d = &g->devices[i];

		if (d->kind == GRAPH_PARTITION)
			rc = partition_add(g->devices[d->on.device].node, partition_number(g, i),
					   d->on.offset_sectors, d->size_sectors, d->node);
	}
	return rc;
}

static int remove_partitions(struct graph *g)
{
	int rc = 0;

	for (unsigned int i = 0; i < g->n; i++) {
		struct graph_device *d = &g->devices[i];
		int rc2;

		if (d->kind != GRAPH_PARTITION)
			continue;
		rc2 = partition_remove(g->devices[d->on.device].node, partition_number(g, i));
		if (rc2 < 0)
			rc = rc2;
	}
	return rc;
}

int stack_create(const struct stack_spec *spec, const struct namespace *namespaces, unsigned int n,
		 uint64_t size_bytes, struct stack *out, char *why, size_t why_len)
{
	int rc = stack_describe(spec, namespaces, n, size_bytes, out, why, why_len);
	char ignored[160];

	if (rc < 0)
		return rc;
	rc = find_targets(out, why, why_len);
	if (rc < 0) {
		graph_destroy(&out->graph);
		return rc;
	}
	rc = create_partitions(&out->graph);
	if (!rc)
		rc = graph_create(&out->graph);
	if (rc < 0) {
		snprintf(why, why_len,
			 "cannot make the devices of %s: %s%s%s; `dmesg | tail` may say more",
			 spec->text, strerror(-rc), dm_last_error()[0] ? ": " : "",
			 dm_last_error());
		stack_destroy(out, ignored, sizeof(ignored));
		return rc;
	}
	strcpy(out->node, out->graph.devices[out->device].node);
	return 0;
}

int stack_destroy(struct stack *stack, char *why, size_t why_len)
{
	int rc = graph_destroy(&stack->graph);

	for (unsigned int i = stack->graph.n; i-- > 0 && rc < 0;) {
		const struct graph_device *d = &stack->graph.devices[i];

		if (d->kind != GRAPH_DM || !d->numbers[0])
			continue;
		snprintf(why, why_len, "cannot remove the device %s: %s", d->name, strerror(-rc));
		break;
	}
	if (!rc) {
		rc = remove_partitions(&stack->graph);
		if (rc < 0)
			snprintf(why, why_len, "cannot remove a partition of %s: %s",
				 stack->spec.text, strerror(-rc));
	}
	if (stack->spec.depth)
		dm_lib_release();
	return rc;
}

struct backing stack_backing(const struct stack *stack)
{
	return (struct backing){&stack->graph, stack->device};
}

bool stack_is_direct(const struct stack *stack)
{
	return graph_is_direct(&stack->graph, stack->device);
}

const char *stack_not_direct(const struct stack *stack)
{
	for (unsigned int i = stack->graph.n; i-- > 0;) {
		const struct graph_device *d = &stack->graph.devices[i];

		for (size_t k = 0; k < d->n_targets; k++) {
			const struct graph_target *t = &d->targets[k];

			if (t->type == TARGET_ZERO || t->type == TARGET_ERROR)
				return t->type == TARGET_ZERO ? "zero" : "error";
			if (t->other && !graph_target_is_linear(t))
				return t->other->type;
		}
	}
	return NULL;
}

unsigned int stack_segments(const struct stack_spec *spec)
{
	return spec->segments;
}

unsigned int stack_members(const struct stack_spec *spec)
{
	return spec->members;
}

bool stack_needs_targets(const struct stack_spec *spec)
{
	for (unsigned int i = 0; i < spec->n_layers; i++)
		if (spec->layers[i].other)
			return true;
	return spec->tables && (strstr(spec->tables, " other ") || strstr(spec->tables, " zero"));
}

// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/graph_random.h"

#include "lib/base/bytes.h"
#include "lib/base/random.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PAGE_SECTORS = PAGE_BYTES / SECTOR_BYTES,
	WINDOW_SECTORS = WINDOW_BYTES / SECTOR_BYTES,
	TRIES = 24,
	STRIPES_MAX = 4,
};

/* A used range of a device. */
struct used {
	unsigned int device;
	uint64_t from_sectors, to_sectors;
};

struct maker {
	struct graph *g;
	const struct graph_random_rules *rules;
	const char *prefix;
	uint64_t state;
	unsigned int calm; /* one choice in 2^calm uses the grain of the rules, the others whole
			      pages */
	struct used *used;
	size_t n_used;
};

static uint64_t below(struct maker *m, uint64_t n)
{
	return n ? random_next(&m->state) % n : 0;
}

/* The unit of this choice, in sectors. */
static uint64_t pick_grain(struct maker *m)
{
	uint64_t grain = m->rules->grain_sectors;

	if (below(m, UINT64_C(1) << m->calm))
		return grain % PAGE_SECTORS ? PAGE_SECTORS : grain;
	return grain;
}

/* The same for an offset, which may also be a multiple of 2 MiB. */
static uint64_t pick_offset_grain(struct maker *m)
{
	uint64_t grain = pick_grain(m);

	return below(m, 3) || WINDOW_SECTORS % grain ? grain : WINDOW_SECTORS;
}

/* A length of at most left_sectors: a few sectors, some pages, up to 2 MiB, or all. */
static uint64_t pick_len(struct maker *m, uint64_t left_sectors)
{
	static const uint64_t classes[] = {16, 512, WINDOW_SECTORS, 0};
	uint64_t grain = pick_grain(m), most = classes[below(m, 4)], len;

	if (!most)
		return left_sectors;
	len = (1 + below(m, most)) / grain * grain;
	len = len ? len : grain;
	return len < left_sectors ? len : left_sectors;
}

static bool is_free(const struct maker *m, unsigned int device, uint64_t from, uint64_t len)
{
	uint64_t size = m->g->devices[device].size_sectors;

	if (len > size || from > size - len)
		return false;
	for (size_t i = 0; i < m->n_used; i++) {
		const struct used *u = &m->used[i];

		if (u->device == device && from < u->to_sectors && u->from_sectors < from + len)
			return false;
	}
	return true;
}

static int take(struct maker *m, unsigned int device, uint64_t from, uint64_t len)
{
	struct used *list = realloc(m->used, (m->n_used + 1) * sizeof(*list));

	if (!list)
		return -ENOMEM;
	m->used = list;
	list[m->n_used++] = (struct used){device, from, from + len};
	return 0;
}

/* A free range of len sectors on a device: at its start or end, after (or some units after) the
 * range used last, or anywhere.  Returns 0, -ENOSPC or -ENOMEM. */
static int find_room(struct maker *m, unsigned int device, uint64_t len, uint64_t *from)
{
	uint64_t size = m->g->devices[device].size_sectors;

	if (len > size)
		return -ENOSPC;
	for (int i = 0; i < TRIES; i++) {
		uint64_t grain = pick_offset_grain(m), last = 0;

		for (size_t u = m->n_used; u-- > 0 && !last;)
			if (m->used[u].device == device)
				last = m->used[u].to_sectors;
		switch (below(m, 5)) {
		case 0:
			*from = below(m, 2) ? 0 : (size - len) / grain * grain;
			break;
		case 1:
			*from = last;
			break;
		case 2:
			*from = last + grain * (1 + below(m, 9));
			break;
		default:
			*from = below(m, size - len + 1) / grain * grain;
			break;
		}
		if (is_free(m, device, *from, len))
			return take(m, device, *from, len);
	}
	return -ENOSPC;
}

/* A disk and its partition are not both to be had: who claims the one keeps others off the other.
 */
static bool is_divided(const struct graph *g, unsigned int device)
{
	for (unsigned int i = 0; i < g->n; i++)
		if (g->devices[i].kind == GRAPH_PARTITION && g->devices[i].on.device == device)
			return true;
	return false;
}

/* Room on any device below `under`, by preference on a DM device or partition. */
static int find_member(struct maker *m, unsigned int under, uint64_t len, struct graph_member *out)
{
	int rc = -ENOSPC;

	for (int i = 0; i < 8 && rc == -ENOSPC; i++) {
		out->device = (unsigned int)below(m, under);
		if (m->g->devices[out->device].kind == GRAPH_NAMESPACE && below(m, 2))
			out->device = (unsigned int)below(m, under);
		if (!is_divided(m->g, out->device))
			rc = find_room(m, out->device, len, &out->offset_sectors);
	}
	return rc;
}

static int add_linear(struct maker *m, unsigned int device, uint64_t len_sectors)
{
	struct graph_member member;
	int rc = find_member(m, device, len_sectors, &member);

	return rc < 0 ? rc
		      : graph_add_linear(m->g, device, len_sectors, member.device,
					 member.offset_sectors);
}

static int add_striped(struct maker *m, unsigned int device, uint64_t left_sectors)
{
	static const uint64_t chunks[] = {1, 2, 4, 8, 12, 16, 24, 64, 2048};
	struct graph_member members[STRIPES_MAX];
	struct graph_target t = {.type = TARGET_STRIPED, .members = members};
	uint64_t grain = pick_grain(m), each;
	int rc = 0;

	t.n_members = 1 + (unsigned int)below(m, STRIPES_MAX);
	t.chunk_sectors = (chunks[below(m, 9)] + grain - 1) / grain * grain;
	each = pick_len(m, left_sectors) / t.n_members / t.chunk_sectors * t.chunk_sectors;
	if (!each)
		return -ENOSPC;
	t.len_sectors = each * t.n_members;
	for (unsigned int i = 0; i < t.n_members && !rc; i++)
		rc = find_member(m, device, each, &members[i]);
	return rc < 0 ? rc : graph_add_target(m->g, device, &t);
}

/* A DM device of at most size_sectors.  Returns its index, or -errno. */
static int add_dm(struct maker *m, uint64_t size_sectors)
{
	char name[64];
	int device, rc = 0;

	snprintf(name, sizeof(name), "%s%u", m->prefix, m->g->n);
	device = graph_add_dm(m->g, name);
	for (unsigned int i = 0; device >= 0 && i < 2 * m->rules->targets_max; i++) {
		const struct graph_device *d = &m->g->devices[device];
		uint64_t left = size_sectors - d->size_sectors;

		if (!left || d->n_targets == m->rules->targets_max)
			break;
		if (d->n_targets + 1 == m->rules->targets_max)
			rc = add_linear(m, (unsigned int)device, left);
		else if (below(m, 4))
			rc = add_linear(m, (unsigned int)device, pick_len(m, left));
		else
			rc = add_striped(m, (unsigned int)device, left);
		if (rc == -ENOMEM)
			return rc;
	}
	return device;
}

/* A partition of a namespace, the first of it. */
static int add_partition(struct maker *m, unsigned int on)
{
	const struct graph_device *d = &m->g->devices[on];
	uint64_t grain = pick_grain(m), from;
	uint64_t len = m->rules->max_sectors / grain * grain;
	bool digit = isdigit((unsigned char)d->node[strlen(d->node) - 1]);
	char node[160];

	if (len > d->size_sectors / 2)
		return -ENOSPC;
	from = below(m, d->size_sectors - len + 1) / grain * grain;
	if (!is_free(m, on, from, len))
		return -ENOSPC;
	if (take(m, on, from, len) < 0)
		return -ENOMEM;
	snprintf(node, sizeof(node), "%s%s1", d->node, digit ? "p" : "");
	return graph_add_partition(m->g, node, on, from, len);
}

int graph_random(struct graph *g, const char *prefix, uint64_t seed,
		 const struct graph_random_rules *rules)
{
	struct maker m = {.g = g, .rules = rules, .prefix = prefix, .state = seed};
	uint64_t size = rules->min_sectors + below(&m, rules->max_sectors - rules->min_sectors + 1);
	unsigned int lower = (unsigned int)below(&m, rules->depth_max);
	uint64_t grain;
	int rc = 0;

	m.calm = 1 + (unsigned int)below(&m, 4);

	if (rules->partitions && !below(&m, 3))
		rc = add_partition(&m, (unsigned int)below(&m, g->n));
	if (rc == -ENOSPC)
		rc = 0;
	/* Each lower one may be a member of the next, or not: depth is what the dice give. */
	for (unsigned int i = 0; i < lower && rc >= 0; i++) {
		grain = pick_grain(&m);
		rc = add_dm(&m, (grain + below(&m, rules->max_sectors)) / grain * grain);
	}
	for (unsigned int i = 0; i < g->n && rc >= 0; i++)
		if (g->devices[i].kind == GRAPH_DM && !g->devices[i].n_targets)
			rc = -ENOSPC; /* device-mapper requires at least one */
	if (rc >= 0) {
		grain = pick_grain(&m);
		rc = add_dm(&m, size / grain * grain);
	}
	if (rc >= 0 && g->devices[rc].size_sectors < rules->min_sectors)
		rc = -ENOSPC;
	free(m.used);
	return rc;
}

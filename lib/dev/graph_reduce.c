// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reduction by trial: each step proposes a candidate, which is kept if it is sound (no byte used
 * twice) and still fails.
 */
#include "lib/dev/graph_reduce.h"

#include "lib/base/bytes.h"
#include "lib/dev/graph_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	PAGE_SECTORS = PAGE_BYTES / SECTOR_BYTES,
	WINDOW_SECTORS = WINDOW_BYTES / SECTOR_BYTES,
	FLAT_MAX = 64, /* more segments are no simpler than stripes */
};

struct reduction {
	struct graph *g;
	bool (*still_fails)(struct graph *candidate, void *arg);
	void *arg;
	int rc;
};

/* Whether a filesystem can be on it: every byte is on a device, none is used twice. */
static bool is_sound(const struct graph *g)
{
	struct graph_map map;
	bool sound;

	if (!g->n || !g->devices[g->n - 1].size_sectors)
		return false;
	sound = !graph_map_device(g, g->n - 1, &map) && !graph_map_overlaps(&map);
	graph_map_free(&map);
	return sound;
}

/* The end of the used part of a device. */
static uint64_t used_sectors(const struct graph *g, unsigned int device)
{
	uint64_t end = 0;

	for (unsigned int i = 0; i < g->n; i++) {
		const struct graph_device *d = &g->devices[i];

		if (d->kind == GRAPH_PARTITION && d->on.device == device &&
		    d->on.offset_sectors + d->size_sectors > end)
			end = d->on.offset_sectors + d->size_sectors;
		for (size_t t = 0; t < d->n_targets; t++) {
			const struct graph_target *target = &d->targets[t];

			for (unsigned int m = 0; m < target->n_members; m++) {
				const struct graph_member *member = &target->members[m];
				uint64_t to = member->offset_sectors +
					      target->len_sectors / target->n_members;

				if (member->device == device && to > end)
					end = to;
			}
		}
	}
	return end;
}

/* Removes the devices that are no member of another. */
static void drop_unused(struct graph *g)
{
	for (unsigned int i = g->n - 1; i-- > 0;) {
		if (g->devices[i].kind == GRAPH_NAMESPACE || used_sectors(g, i))
			continue;
		graph_clear_targets(g, i);
		memmove(&g->devices[i], &g->devices[i + 1], (g->n - i - 1) * sizeof(*g->devices));
		g->n--;
		g->devices[g->n] = (struct graph_device){0};
		for (unsigned int k = i; k < g->n; k++) {
			struct graph_device *d = &g->devices[k];

			if (d->kind == GRAPH_PARTITION && d->on.device > i)
				d->on.device--;
			for (size_t t = 0; t < d->n_targets; t++)
				for (unsigned int m = 0; m < d->targets[t].n_members; m++)
					if (d->targets[t].members[m].device > i)
						d->targets[t].members[m].device--;
		}
	}
}

/* Replaces the graph by the candidate if that still fails; frees the other.  Takes ownership. */
static bool try(struct reduction *s, struct graph *candidate)
{
	struct graph copy;
	bool better = false;

	if (!s->rc && is_sound(candidate)) {
		s->rc = graph_copy(candidate, &copy);
		if (!s->rc) {
			drop_unused(&copy);
			better = s->still_fails(&copy, s->arg);
			graph_destroy(&copy);
		}
	}
	if (better) {
		struct graph old = *s->g;

		*s->g = *candidate;
		*candidate = old;
	}
	graph_destroy(candidate);
	return better;
}

/* Makes a copy to change.  Returns false without memory, then and later. */
static bool begin(struct reduction *s, struct graph *candidate)
{
	if (!s->rc)
		s->rc = graph_copy(s->g, candidate);
	return !s->rc;
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* Makes the last device of segments of the namespaces, without devices between. */
static bool flatten(struct reduction *s)
{
	unsigned int top = s->g->n - 1;
	struct graph candidate;
	struct graph_map map;
	bool mapped = !graph_map_device(s->g, top, &map), same = true, better = false;

	for (unsigned int i = 0; i < top; i++)
		same = same && s->g->devices[i].kind == GRAPH_NAMESPACE;
	same = same && map.n == s->g->devices[top].n_targets;
	if (!mapped || same || map.n > FLAT_MAX || !begin(s, &candidate))
		goto out;
	graph_clear_targets(&candidate, top);
	for (size_t i = 0; i < map.n && !s->rc; i++) {
		const struct graph_piece *p = &map.list[i];

		s->rc = graph_add_linear(&candidate, top, p->len_bytes / SECTOR_BYTES, p->device,
					 p->offset_bytes / SECTOR_BYTES);
	}
	better = try(s, &candidate);
out:
	graph_map_free(&map);
	return better;
}

/* The start of the unused rest of the first namespace. */
static uint64_t fresh_sectors(const struct graph *g)
{
	return (used_sectors(g, 0) + WINDOW_SECTORS - 1) / WINDOW_SECTORS * WINDOW_SECTORS;
}

/* Replaces n targets from `at` on by one, in the unused rest of the first namespace. */
static bool merge(struct reduction *s, unsigned int device, size_t at, size_t n)
{
	const struct graph_device *d = &s->g->devices[device];
	struct graph_member member = {0};
	struct graph candidate;
	struct graph_target *one;
	uint64_t len_sectors = 0;

	if (at + n > d->n_targets)
		n = d->n_targets - at;
	for (size_t i = at; i < at + n; i++)
		len_sectors += d->targets[i].len_sectors;
	member.offset_sectors = fresh_sectors(s->g) + d->targets[at].start_sectors % WINDOW_SECTORS;
	if (n < 2 || !d->targets[at].n_members ||
	    member.offset_sectors + len_sectors > s->g->devices[0].size_sectors)
		return false;
	if (!begin(s, &candidate))
		return false;
	one = &candidate.devices[device].targets[at];
	one->type = TARGET_LINEAR;
	one->len_sectors = len_sectors;
	one->chunk_sectors = 0;
	one->n_members = 1;
	one->members[0] = member;
	graph_remove_targets(&candidate.devices[device], at + 1, n - 1);
	return try(s, &candidate);
}

/* Removes n targets from `at` on. */
static bool drop(struct reduction *s, unsigned int device, size_t at, size_t n)
{
	const struct graph_device *d = &s->g->devices[device];
	struct graph candidate;

	if (at + n > d->n_targets)
		n = d->n_targets - at;
	if (n == d->n_targets || !begin(s, &candidate))
		return false;
	graph_remove_targets(&candidate.devices[device], at, n);
	return try(s, &candidate);
}

/* Tries a step on runs of targets: halves first, single ones last. */
static bool fewer(struct reduction *s, unsigned int device,
		  bool (*step)(struct reduction *s, unsigned int device, size_t at, size_t n))
{
	bool better = false;

	for (size_t n = (s->g->devices[device].n_targets + 1) / 2; n; n /= 2)
		for (size_t at = 0; at < s->g->devices[device].n_targets && !s->rc;) {
			if (s->g->devices[device].n_targets > 1 && step(s, device, at, n))
				better = true;
			else
				at += n;
		}
	return better;
}

/* The place below a member of len sectors, if that is in one segment; else the member. */
static struct graph_member look_through(const struct graph *g, struct graph_member m, uint64_t len)
{
	const struct graph_device *d = &g->devices[m.device];

	if (d->kind == GRAPH_PARTITION)
		return (struct graph_member){d->on.device, d->on.offset_sectors + m.offset_sectors};
	for (size_t i = 0; i < d->n_targets; i++) {
		const struct graph_target *t = &d->targets[i];
		uint64_t into = m.offset_sectors - t->start_sectors;

		if (t->type == TARGET_LINEAR && m.offset_sectors >= t->start_sectors &&
		    into + len <= t->len_sectors)
			return (struct graph_member){t->members[0].device,
						     t->members[0].offset_sectors + into};
	}
	return m;
}

/* Moves a member of a target, to the simplest place first: the start of the first namespace, its
 * unused rest, the start of the same device; the offset within a page is kept. */
static bool simplify_member(struct reduction *s, unsigned int device, size_t at, unsigned int m)
{
	const struct graph_target *t = &s->g->devices[device].targets[at];
	const struct graph_member old = t->members[m];
	const struct graph_member simpler[] = {
		{0, old.offset_sectors % PAGE_SECTORS},
		{0, fresh_sectors(s->g) + old.offset_sectors % PAGE_SECTORS},
		look_through(s->g, old, t->len_sectors / t->n_members),
		{old.device, old.offset_sectors % PAGE_SECTORS},
		{old.device, old.offset_sectors % WINDOW_SECTORS},
	};

	for (size_t i = 0; i < sizeof(simpler) / sizeof(simpler[0]); i++) {
		struct graph candidate;

		if (i == 1 && !old.device)
			continue;
		if (simpler[i].device == old.device &&
		    simpler[i].offset_sectors == old.offset_sectors)
			continue;
		if (!begin(s, &candidate))
			return false;
		candidate.devices[device].targets[at].members[m] = simpler[i];
		if (try(s, &candidate))
			return true;
	}
	return false;
}

/* Makes a striped target linear. */
static bool unstripe(struct reduction *s, unsigned int device, size_t at)
{
	struct graph candidate;
	struct graph_target *t;

	if (s->g->devices[device].targets[at].type != TARGET_STRIPED || !begin(s, &candidate))
		return false;
	t = &candidate.devices[device].targets[at];
	t->type = TARGET_LINEAR;
	t->chunk_sectors = 0;
	t->n_members = 1;
	return try(s, &candidate);
}

/* Simplifies each target: linear instead of striped, simpler members. */
static bool simplify(struct reduction *s, unsigned int device)
{
	bool better = false;

	for (size_t i = 0; i < s->g->devices[device].n_targets && !s->rc; i++) {
		better |= unstripe(s, device, i);
		for (unsigned int m = 0; m < s->g->devices[device].targets[i].n_members; m++)
			better |= simplify_member(s, device, i, m);
	}
	return better;
}

int graph_reduce(struct graph *g, bool (*still_fails)(struct graph *candidate, void *arg),
		 void *arg)
{
	struct reduction s = {.g = g, .still_fails = still_fails, .arg = arg};
	bool better = true;

	while (better && !s.rc) {
		better = flatten(&s);
		drop_unused(g);
		for (unsigned int i = g->n; i-- > 0 && !s.rc;) {
			if (g->devices[i].kind != GRAPH_DM)
				continue;
			better |= fewer(&s, i, merge);
			better |= fewer(&s, i, drop);
			better |= simplify(&s, i);
		}
		drop_unused(g);
	}
	return s.rc;
}

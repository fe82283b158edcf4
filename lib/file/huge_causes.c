// SPDX-License-Identifier: GPL-2.0-only
#include "lib/file/huge_causes.h"

#include <stdio.h>

static const char *const names[HUGE_N_CAUSES] = {
	[HUGE_FRAGMENTED] = "fragmented",
	[HUGE_MKFS] = "mkfs",
	[HUGE_CHUNK] = "chunk",
	[HUGE_BOUNDARY] = "boundary",
	[HUGE_FIRST_EXTENT] = "first_extent",
	[HUGE_PARTITION] = "partition",
	[HUGE_NAMESPACE] = "namespace",
	[HUGE_MAX_SECTORS] = "max_sectors",
};

const char *huge_cause_name(enum huge_cause cause)
{
	return names[cause];
}

/* A window on its way down, as it would be with chunks of 2 MiB. */
struct way {
	struct backing at;
	uint64_t byte;
	bool found[HUGE_N_CAUSES];
	bool striped;
	uint64_t chunk_bytes, past_bytes;
};

/* One step through a DM device.  Returns false where the way ends. */
static bool descend(struct way *w)
{
	const struct graph_device *d = &w->at.graph->devices[w->at.device];
	const struct graph_target *t = graph_find_target(d, w->byte / SECTOR_BYTES);
	const struct graph_member *m;
	uint64_t chunk_bytes, into, start_bytes, offset_bytes;

	if (!t || !t->n_members || (t->type != TARGET_STRIPED && !graph_target_is_linear(t)))
		return false;
	m = &t->members[0];
	start_bytes = (t->other ? 0 : t->start_sectors) * SECTOR_BYTES;
	into = w->byte - start_bytes;
	if (w->byte + WINDOW_BYTES > (t->start_sectors + t->len_sectors) * SECTOR_BYTES)
		w->found[HUGE_BOUNDARY] = true;
	if (t->type == TARGET_STRIPED) {
		chunk_bytes = t->chunk_sectors * SECTOR_BYTES;
		w->striped = true;
		if (t->n_members > 1 && chunk_bytes % WINDOW_BYTES) {
			w->found[HUGE_CHUNK] = true;
			if (!w->chunk_bytes || chunk_bytes < w->chunk_bytes)
				w->chunk_bytes = chunk_bytes;
			chunk_bytes = WINDOW_BYTES;
		}
		if (t->n_members > 1) {
			/* It crosses the end of a chunk. */
			w->found[HUGE_FIRST_EXTENT] |= into % WINDOW_BYTES != 0;
			m = &t->members[into / chunk_bytes % t->n_members];
			into = into / chunk_bytes / t->n_members * chunk_bytes + into % chunk_bytes;
		}
	}
	offset_bytes = m->offset_sectors * SECTOR_BYTES;
	if ((offset_bytes + WINDOW_BYTES - start_bytes % WINDOW_BYTES) % WINDOW_BYTES)
		w->past_bytes = offset_bytes % WINDOW_BYTES;
	w->at.device = m->device;
	w->byte = offset_bytes + into;
	return true;
}

/* Down to the namespace.  Returns false if the way ends elsewhere. */
static bool walk(struct way *w, bool *partition)
{
	for (;;) {
		const struct graph_device *d = &w->at.graph->devices[w->at.device];

		switch (d->kind) {
		case GRAPH_NAMESPACE:
			return true;
		case GRAPH_PARTITION:
			*partition |= d->on.offset_sectors * SECTOR_BYTES % WINDOW_BYTES != 0;
			w->byte += d->on.offset_sectors * SECTOR_BYTES;
			w->at.device = d->on.device;
			break;
		case GRAPH_DM:
			if (!descend(w))
				return false;
			break;
		case GRAPH_OTHER:
			return false;
		}
	}
}

void huge_causes_add(struct huge_causes *causes, const struct extents *extents,
		     struct backing backing, uint64_t window_offset_bytes, uint64_t max_sectors_kb)
{
	const struct extent *e = extents_find(extents, window_offset_bytes);
	struct way w = {.at = backing};
	bool partition = false, misplaced;
	const struct namespace *ns;

	if (!e)
		return;
	w.byte = e->physical_bytes + (window_offset_bytes - e->logical_bytes);
	misplaced = w.byte % WINDOW_BYTES;
	w.found[HUGE_FRAGMENTED] =
		e->logical_bytes + e->len_bytes - window_offset_bytes < WINDOW_BYTES;
	if (!walk(&w, &partition))
		return;
	ns = w.at.graph->devices[w.at.device].ns;
	/* What is past 2 MiB on one level may be made up for on another. */
	if ((ns->resource_bytes + w.byte) % WINDOW_BYTES) {
		w.found[HUGE_MKFS] = misplaced;
		w.found[HUGE_FIRST_EXTENT] |= w.past_bytes != 0;
		w.found[HUGE_PARTITION] = partition;
		w.found[HUGE_NAMESPACE] = ns->resource_bytes % WINDOW_BYTES != 0;
	}
	w.found[HUGE_MAX_SECTORS] =
		w.striped && max_sectors_kb && max_sectors_kb < WINDOW_BYTES >> 10;
	for (unsigned int c = 0; c < HUGE_N_CAUSES; c++)
		causes->windows[c] += w.found[c];
	if (w.chunk_bytes && (!causes->chunk_bytes || w.chunk_bytes < causes->chunk_bytes))
		causes->chunk_bytes = w.chunk_bytes;
	if (w.found[HUGE_FIRST_EXTENT] && w.past_bytes)
		causes->past_bytes = w.past_bytes;
	causes->max_sectors_kb = max_sectors_kb;
}

static bool is_below(const struct graph *g, unsigned int device, const bool *on_the_way)
{
	for (unsigned int i = device + 1; i < g->n; i++)
		for (size_t k = 0; on_the_way[i] && k < g->devices[i].n_targets; k++)
			for (unsigned int m = 0; m < g->devices[i].targets[k].n_members; m++)
				if (g->devices[i].targets[k].members[m].device == device)
					return true;
	return false;
}

uint64_t huge_causes_max_sectors_kb(struct backing backing)
{
	bool on_the_way[GRAPH_DEVICES_MAX] = {false};
	uint64_t least = 0;

	on_the_way[backing.device] = true;
	for (unsigned int i = backing.device + 1; i-- > 0;) {
		const struct graph_device *d = &backing.graph->devices[i];
		unsigned long long kb;
		bool striped = false;
		char path[128];
		FILE *in;

		on_the_way[i] |= is_below(backing.graph, i, on_the_way);
		for (size_t k = 0; on_the_way[i] && k < d->n_targets; k++)
			striped |= d->targets[k].type == TARGET_STRIPED;
		if (!striped)
			continue;
		snprintf(path, sizeof(path), "/sys/dev/block/%s/queue/max_sectors_kb", d->numbers);
		in = fopen(path, "re");
		if (in && fscanf(in, "%llu", &kb) == 1 && (!least || kb < least))
			least = kb;
		if (in)
			fclose(in);
	}
	return least;
}

json_t *huge_causes_json(const struct huge_causes *causes)
{
	json_t *json = json_object();

	for (unsigned int c = 0; c < HUGE_N_CAUSES; c++)
		if (causes->windows[c])
			json_object_set_new(json, names[c],
					    json_integer((json_int_t)causes->windows[c]));
	if (causes->chunk_bytes)
		json_object_set_new(json, "chunk_kib",
				    json_integer((json_int_t)(causes->chunk_bytes >> 10)));
	if (causes->past_bytes)
		json_object_set_new(json, "past_kib",
				    json_integer((json_int_t)(causes->past_bytes >> 10)));
	if (causes->windows[HUGE_MAX_SECTORS])
		json_object_set_new(json, "max_sectors_kb",
				    json_integer((json_int_t)causes->max_sectors_kb));
	return json;
}

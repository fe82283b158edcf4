// SPDX-License-Identifier: GPL-2.0-only
#include "report/inspect/layout.h"

#include <string.h>

/* Windows that are looked at, at most about. */
#define WINDOWS_MAX (UINT64_C(1) << 20)

const char *const layout_trait_names[LAYOUT_N_TRAITS] = {
	[LAYOUT_DM] = "dm",
	[LAYOUT_STACKED] = "stacked",
	[LAYOUT_STRIPED] = "striped",
	[LAYOUT_STRIPES_ON_ONE] = "stripes-on-one-device",
	[LAYOUT_CHUNK_BELOW_PAGE] = "chunk-below-page",
	[LAYOUT_OFFSET_IN_PAGE] = "offset-in-page",
	[LAYOUT_SEGMENT_END_IN_PAGE] = "segment-end-in-page",
	[LAYOUT_SIZE_IN_PAGE] = "size-in-page",
	[LAYOUT_PARTITION] = "partition",
	[LAYOUT_LOG_WRITES] = "log-writes",
	[LAYOUT_WRITECACHE] = "writecache",
};

enum { PAGE_SECTORS = PAGE_BYTES / SECTOR_BYTES };

static void look_at_target(struct layout *l, const struct graph_device *d, size_t i)
{
	const struct graph_target *t = &d->targets[i];
	uint64_t end = t->start_sectors + t->len_sectors;
	bool one = true;

	for (unsigned int m = 0; m < graph_target_data_members(t); m++) {
		l->traits[LAYOUT_OFFSET_IN_PAGE] |=
			(t->members[m].offset_sectors % PAGE_SECTORS) != 0;
		one &= t->members[m].device == t->members[0].device;
	}
	if (i + 1 < d->n_targets)
		l->traits[LAYOUT_SEGMENT_END_IN_PAGE] |= end % PAGE_SECTORS != 0;
	if (t->type == TARGET_STRIPED) {
		l->traits[LAYOUT_STRIPED] |= t->n_members > 1;
		l->traits[LAYOUT_STRIPES_ON_ONE] |= one;
		l->traits[LAYOUT_CHUNK_BELOW_PAGE] |=
			t->n_members > 1 && t->chunk_sectors % PAGE_SECTORS;
	}
	if (t->other) {
		l->traits[LAYOUT_LOG_WRITES] |= !strcmp(t->other->type, "log-writes");
		l->traits[LAYOUT_WRITECACHE] |= !strcmp(t->other->type, "writecache");
	}
}

/* What of the device allows no DAX, or NULL. */
static const char *prevents(const struct graph_device *d)
{
	if (d->kind == GRAPH_OTHER ||
	    (d->kind == GRAPH_NAMESPACE && !d->ns->fsdax && d->ns->mode != NAMESPACE_VIRTIO))
		return d->node;
	for (size_t i = 0; i < d->n_targets; i++) {
		const struct graph_target *t = &d->targets[i];

		if (t->type == TARGET_ZERO || t->type == TARGET_ERROR)
			return t->type == TARGET_ZERO ? "zero" : "error";
		if (t->other && !graph_target_is_linear(t) &&
		    strcmp(t->other->type, LAYOUT_UNKNOWN) != 0)
			return t->other->type;
	}
	return NULL;
}

/* Calls visit for each device that its bytes are directly on; the last one twice does no harm. */
static void each_below(const struct graph_device *d, void (*visit)(unsigned int below, void *arg),
		       void *arg)
{
	if (d->kind == GRAPH_PARTITION)
		visit(d->on.device, arg);
	for (size_t i = 0; i < d->n_targets; i++)
		for (unsigned int m = 0; m < graph_target_data_members(&d->targets[i]); m++)
			visit(d->targets[i].members[m].device, arg);
}

static void mark(unsigned int below, void *used)
{
	((bool *)used)[below] = true;
}

struct levels {
	unsigned int of[GRAPH_DEVICES_MAX], most;
};

static void rise(unsigned int below, void *arg)
{
	struct levels *levels = arg;

	if (levels->of[below] > levels->most)
		levels->most = levels->of[below];
}

/* A device below has a lower number. */
void layout_used(const struct layout *l, bool used[GRAPH_DEVICES_MAX])
{
	memset(used, 0, GRAPH_DEVICES_MAX * sizeof(*used));
	used[l->of.device] = true;
	for (unsigned int i = l->of.device + 1; i-- > 0;)
		if (used[i])
			each_below(&l->of.graph->devices[i], mark, used);
}

static bool is_unknown(const struct graph_device *d)
{
	return d->n_targets && d->targets[0].other &&
	       !strcmp(d->targets[0].other->type, LAYOUT_UNKNOWN);
}

static void look_at(struct layout *l)
{
	bool used[GRAPH_DEVICES_MAX];
	struct levels levels = {{0}, 0};

	layout_used(l, used);
	for (unsigned int i = l->of.device + 1; i-- > 0;) {
		const struct graph_device *d = &l->of.graph->devices[i];

		if (!used[i])
			continue;
		if (is_unknown(d))
			l->unknown = d->name;
		if (!l->not_direct)
			l->not_direct = prevents(d);
		l->traits[LAYOUT_PARTITION] |= d->kind == GRAPH_PARTITION;
		if (d->kind != GRAPH_DM)
			continue;
		l->traits[LAYOUT_DM] = true;
		l->traits[LAYOUT_SIZE_IN_PAGE] |=
			!is_unknown(d) && d->size_sectors % PAGE_SECTORS != 0;
		for (size_t k = 0; k < d->n_targets; k++)
			look_at_target(l, d, k);
	}
	for (unsigned int i = 0; i <= l->of.device; i++) {
		levels.most = 0;
		each_below(&l->of.graph->devices[i], rise, &levels);
		levels.of[i] = levels.most + (l->of.graph->devices[i].kind == GRAPH_DM);
	}
	l->levels = levels.of[l->of.device];
}

static void count_windows(struct layout *l, const struct extents *extents, uint64_t max_sectors_kb)
{
	const struct extent *last = extents->n ? &extents->list[extents->n - 1] : NULL;
	uint64_t end = last ? last->logical_bytes + last->len_bytes : 0;

	l->stride = end / WINDOW_BYTES / WINDOWS_MAX + 1;
	for (uint64_t at = 0; at + WINDOW_BYTES <= end; at += l->stride * WINDOW_BYTES) {
		if (!extents_find(extents, at))
			continue; /* a hole */
		l->windows++;
		if (extents_window_is_huge(extents, l->of, at))
			continue;
		l->lost++;
		huge_causes_add(&l->causes, extents, l->of, at, max_sectors_kb);
	}
}

void layout_of(struct backing of, const char *name, const struct extents *extents,
	       uint64_t max_sectors_kb, struct layout *out)
{
	struct extent whole = {.len_bytes =
				       of.graph->devices[of.device].size_sectors * SECTOR_BYTES};
	const struct extents all = {.list = &whole, .n = 1};

	*out = (struct layout){.of = of, .name = name, .size_bytes = whole.len_bytes};
	look_at(out);
	out->traits[LAYOUT_STACKED] = out->levels > 1;
	if (!out->not_direct && !out->unknown)
		count_windows(out, extents ? extents : &all, max_sectors_kb);
}

bool layout_meets(const struct layout *l, const struct known_bug *bug)
{
	for (int i = 0; bug->layout && i < LAYOUT_N_TRAITS; i++) {
		const char *at = strstr(bug->layout, layout_trait_names[i]);
		size_t len = strlen(layout_trait_names[i]);

		/* Without DAX the others do no harm. */
		if (l->not_direct && i != LAYOUT_LOG_WRITES && i != LAYOUT_WRITECACHE)
			continue;
		if (at && l->traits[i] && (at == bug->layout || at[-1] == ' ') &&
		    (!at[len] || at[len] == ' '))
			return true;
	}
	return false;
}

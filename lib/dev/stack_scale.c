// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/stack_scale.h"

#include "lib/base/bytes.h"
#include "lib/base/number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW_SECTORS = WINDOW_BYTES / SECTOR_BYTES, RATIO_WHOLE = 1 << 20 };

/* Sectors of a namespace that a target uses. */
struct use {
	unsigned int device;
	uint64_t offset_sectors, len_sectors; /* as written */
	uint64_t made_sectors;		      /* the length that is made */
	uint64_t new_offset_sectors;
};

struct scaler {
	const struct graph *written;
	struct graph *out;
	uint64_t ratio; /* of RATIO_WHOLE */
	struct use *uses;
	size_t n_uses;
	bool done[GRAPH_DEVICES_MAX]; /* devices that are made whole, at once */
	bool overrun;		      /* a segment ends behind the end of its device */
};

/* A piece of a device: where it is in the graph that is made.  On a namespace the offset is the
 * index of a use, until all of them have their place. */
struct piece {
	uint64_t offset, len_sectors;
};

/* Makes a length shorter: what it has past a multiple of the unit remains. */
static uint64_t scale(const struct scaler *s, uint64_t len_sectors, uint64_t unit_sectors)
{
	uint64_t units = len_sectors / unit_sectors, kept;

	if (s->ratio == RATIO_WHOLE || !units)
		return len_sectors;
	kept = (uint64_t)((unsigned __int128)units * s->ratio / RATIO_WHOLE);
	return (kept ? kept : 1) * unit_sectors + len_sectors % unit_sectors;
}

static int emit(struct scaler *s, unsigned int device, uint64_t offset_sectors,
		uint64_t len_sectors, uint64_t unit_sectors, struct piece *made);

static int emit_namespace(struct scaler *s, unsigned int device, uint64_t offset_sectors,
			  uint64_t len_sectors, uint64_t unit_sectors, struct piece *made)
{
	/* There is room for the next power of two. */
	if (!(s->n_uses & (s->n_uses - 1))) {
		struct use *list =
			realloc(s->uses, (s->n_uses ? 2 * s->n_uses : 1) * sizeof(*list));

		if (!list)
			return -ENOMEM;
		s->uses = list;
	}
	*made = (struct piece){s->n_uses, scale(s, len_sectors, unit_sectors)};
	s->uses[s->n_uses++] = (struct use){
		.device = device,
		.offset_sectors = offset_sectors,
		.len_sectors = len_sectors,
		.made_sectors = made->len_sectors,
	};
	return 0;
}

/* What of target t is between from and to, sectors of its device, becomes a target of the new
 * device; *len_sectors grows by its length. */
static int emit_mapped(struct scaler *s, unsigned int device, const struct graph_target *t,
		       uint64_t from, uint64_t to, uint64_t unit_sectors, uint64_t *len_sectors)
{
	struct graph_member members[GRAPH_STRIPES_MAX];
	struct graph_target made = *t;
	uint64_t row = t->type == TARGET_STRIPED ? t->chunk_sectors * t->n_members : 1;
	uint64_t first = from - t->start_sectors, shortest = UINT64_MAX;
	unsigned int n = t->type == TARGET_STRIPED ? t->n_members : 1;
	int rc = 0;

	/* A part of a dm-stripe target that begins or ends within a row of chunks is no dm-stripe
	 * target. */
	if (first % row || (to - from) % row)
		return -EOPNOTSUPP;
	if (t->type == TARGET_STRIPED && t->chunk_sectors > unit_sectors)
		unit_sectors = t->chunk_sectors;
	for (unsigned int i = 0; i < n && !rc; i++) {
		struct piece piece;

		rc = emit(s, t->members[i].device, t->members[i].offset_sectors + first / n,
			  (to - from) / n, unit_sectors, &piece);
		members[i] = (struct graph_member){t->members[i].device, piece.offset};
		if (!rc && piece.len_sectors < shortest)
			shortest = piece.len_sectors;
	}
	if (rc < 0)
		return rc;
	if (t->type == TARGET_STRIPED)
		shortest -= shortest % t->chunk_sectors;
	made.members = members;
	made.len_sectors = shortest * n;
	*len_sectors += made.len_sectors;
	return made.len_sectors ? graph_add_target(s->out, device, &made) : -ENOSPC;
}

/* What a dm-raid target is long in terms of its data devices: times, divided by, and a multiple of
 * unit_sectors.  Source: Documentation/admin-guide/device-mapper/dm-raid.rst. */
struct raid {
	uint64_t times, divided_by, unit_sectors;
};

/* "TYPE N CHUNK [PARAMETER...] DEVICES META DATA..." */
static struct raid raid_of(const struct graph_target *t)
{
	struct raid raid = {1, 1, 1};
	unsigned int n = 0, copies = 2;
	unsigned long long chunk_sectors = 0;
	char type[16] = "";
	const char *option = strstr(t->other->args, "raid10_copies ");

	if (strcmp(t->other->type, "raid") ||
	    sscanf(t->other->args, "%15s %*u %llu", type, &chunk_sectors) != 2)
		return raid;
	for (const char *p = t->other->args; *p; p++)
		n += *p == '@';
	/* Each device has metadata, or '-' in their place. */
	if (!strstr(t->other->args, " - "))
		n /= 2;
	if (option)
		sscanf(option, "raid10_copies %u", &copies);
	if (!strcmp(type, "raid10"))
		raid = (struct raid){n, copies ? copies : 1, 1};
	else if (!strcmp(type, "raid0"))
		raid.times = n;
	else if (strcmp(type, "raid1"))
		raid.times = n - !strncmp(type, "raid6", 5) - 1;
	raid.unit_sectors = chunk_sectors ? chunk_sectors : 1;
	return raid;
}

/* The most that a dm-raid target over devices of this length may be long. */
static uint64_t raid_sectors(const struct raid *raid, uint64_t shortest)
{
	return shortest / raid->unit_sectors * raid->unit_sectors * raid->times / raid->divided_by;
}

/* A target that the model does not have, whole, and its members whole. */
static int emit_other(struct scaler *s, unsigned int device, const struct graph_target *t)
{
	const struct raid raid = raid_of(t);
	bool is_raid = !strcmp(t->other->type, "raid");
	uint64_t longest = 0, len_sectors = scale(s, t->len_sectors, WINDOW_SECTORS);
	struct graph_target made = *t;
	struct piece piece;
	int rc = 0;

	for (unsigned int i = 0; i < t->n_members && !rc; i++) {
		unsigned int below = t->members[i].device;
		const struct graph_device *d = &s->written->devices[below];
		uint64_t whole = d->size_sectors;

		/* How much of a namespace such a target uses, its arguments say. */
		if (d->kind != GRAPH_DM)
			whole = i ? 0 : t->len_sectors;
		if (whole)
			rc = emit(s, below, 0, whole, WINDOW_SECTORS, &piece);
		/* The last member of a dm-raid target is one of its data. */
		if (whole && (is_raid || piece.len_sectors > longest))
			longest = piece.len_sectors;
	}
	if (is_raid)
		longest = raid_sectors(&raid, longest);
	made.len_sectors = longest && len_sectors > longest ? longest : len_sectors;
	return rc < 0 ? rc : graph_add_target(s->out, device, &made);
}

static bool has_other(const struct graph_device *d)
{
	for (size_t i = 0; i < d->n_targets; i++)
		if (d->targets[i].other)
			return true;
	return false;
}

/* A device with targets that the model does not have is made whole, once. */
static int emit_whole(struct scaler *s, unsigned int device)
{
	const struct graph_device *d = &s->written->devices[device];
	uint64_t ignored = 0;
	int rc = 0;

	if (s->done[device])
		return 0;
	s->done[device] = true;
	for (size_t i = 0; i < d->n_targets && !rc; i++) {
		const struct graph_target *t = &d->targets[i];

		rc = t->other ? emit_other(s, device, t)
			      : emit_mapped(s, device, t, t->start_sectors,
					    t->start_sectors + t->len_sectors, WINDOW_SECTORS,
					    &ignored);
	}
	return rc;
}

static int emit(struct scaler *s, unsigned int device, uint64_t offset_sectors,
		uint64_t len_sectors, uint64_t unit_sectors, struct piece *made)
{
	const struct graph_device *d = &s->written->devices[device];
	uint64_t end = offset_sectors + len_sectors;
	int rc = 0;

	if (d->kind != GRAPH_DM)
		return emit_namespace(s, device, offset_sectors, len_sectors, unit_sectors, made);
	if (end > d->size_sectors) {
		s->overrun = true;
		return -EINVAL;
	}
	if (has_other(d)) {
		uint64_t size;

		rc = emit_whole(s, device);
		size = s->out->devices[device].size_sectors;
		*made = (struct piece){offset_sectors ? scale(s, offset_sectors, unit_sectors) : 0,
				       scale(s, len_sectors, unit_sectors)};
		if (!rc && made->offset + made->len_sectors > size)
			made->len_sectors = size > made->offset ? size - made->offset : 0;
		return rc;
	}
	*made = (struct piece){s->out->devices[device].size_sectors, 0};
	for (size_t i = 0; i < d->n_targets && !rc; i++) {
		const struct graph_target *t = &d->targets[i];
		uint64_t from = t->start_sectors, to = from + t->len_sectors;

		from = from > offset_sectors ? from : offset_sectors;
		to = to < end ? to : end;
		if (from >= to)
			continue;
		if (t->n_members) {
			rc = emit_mapped(s, device, t, from, to, unit_sectors, &made->len_sectors);
			continue;
		}
		struct graph_target empty = *t; /* error, zero */

		empty.len_sectors = scale(s, to - from, unit_sectors);
		made->len_sectors += empty.len_sectors;
		rc = graph_add_target(s->out, device, &empty);
	}
	return rc;
}

/* ---- where the pieces are on the namespaces -------------------------------------------------- */

static int by_offset(const void *a, const void *b)
{
	const struct use *x = *(const struct use *const *)a, *y = *(const struct use *const *)b;

	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return (x->offset_sectors > y->offset_sectors) - (x->offset_sectors < y->offset_sectors);
}

/* Whether two uses have a sector in common; the uses are sorted. */
static bool overlap(struct use *const *sorted, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (sorted[i]->device == sorted[i - 1]->device &&
		    sorted[i]->offset_sectors <
			    sorted[i - 1]->offset_sectors + sorted[i - 1]->len_sectors)
			return true;
	return false;
}

/* Gives each use its place: as written, or behind the one before.  The ends of the namespaces go to
 * end_sectors.  Returns 0, -EINVAL if two uses overlap, or -ENOMEM. */
static int place(struct scaler *s, bool as_written, uint64_t end_sectors[GRAPH_DEVICES_MAX])
{
	struct use **sorted = malloc((s->n_uses + 1) * sizeof(struct use *));

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_uses; i++)
		sorted[i] = &s->uses[i];
	qsort(sorted, s->n_uses, sizeof(*sorted), by_offset);
	if (overlap(sorted, s->n_uses)) {
		free(sorted);
		return -EINVAL;
	}
	for (size_t i = 0; i < s->n_uses; i++) {
		struct use *u = sorted[i];
		uint64_t *end = &end_sectors[u->device];
		uint64_t past = u->offset_sectors % WINDOW_SECTORS;

		u->new_offset_sectors =
			*end + (past + WINDOW_SECTORS - *end % WINDOW_SECTORS) % WINDOW_SECTORS;
		if (as_written)
			u->new_offset_sectors = u->offset_sectors;
		*end = u->new_offset_sectors + u->made_sectors;
	}
	free(sorted);
	return 0;
}

/* Members on namespaces and partitions get their offsets in place of the indices of their uses. */
static void settle(struct scaler *s)
{
	for (unsigned int i = 0; i < s->out->n; i++)
		for (size_t k = 0; k < s->out->devices[i].n_targets; k++) {
			struct graph_target *t = &s->out->devices[i].targets[k];

			for (unsigned int m = 0; m < t->n_members && !t->other; m++) {
				struct graph_member *member = &t->members[m];

				if (s->out->devices[member->device].kind != GRAPH_DM)
					member->offset_sectors =
						s->uses[member->offset_sectors].new_offset_sectors;
			}
		}
}

/* The devices of the graph, the DM ones without targets. */
static void copy_devices(const struct graph *g, struct graph *out)
{
	*out = *g;
	for (unsigned int i = 0; i < out->n; i++) {
		if (out->devices[i].kind != GRAPH_DM)
			continue;
		out->devices[i].targets = NULL;
		out->devices[i].n_targets = 0;
		out->devices[i].size_sectors = 0;
	}
}

/* Makes the graph at a ratio.  Returns 0 or -errno; the graph is to be freed only on success. */
static int make(const struct graph *written, unsigned int top, uint64_t ratio, bool as_written,
		struct graph *out, uint64_t end_sectors[GRAPH_DEVICES_MAX])
{
	struct scaler s = {.written = written, .out = out, .ratio = ratio};
	struct piece piece;
	int rc;

	memset(end_sectors, 0, GRAPH_DEVICES_MAX * sizeof(*end_sectors));
	copy_devices(written, out);
	rc = emit(&s, top, 0, written->devices[top].size_sectors, WINDOW_SECTORS, &piece);
	if (!rc)
		rc = place(&s, as_written, end_sectors);
	if (!rc)
		settle(&s);
	free(s.uses);
	if (rc < 0)
		graph_destroy(out);
	return rc;
}

static bool fits(const struct graph *g, const uint64_t end_sectors[GRAPH_DEVICES_MAX])
{
	for (unsigned int i = 0; i < g->n; i++)
		if (g->devices[i].kind != GRAPH_DM && end_sectors[i] > g->devices[i].size_sectors)
			return false;
	return true;
}

/* Whether all namespaces are used up to the same sector, and that one is on some of them only.
 * Sets which is too small. */
static bool is_for_equal_ones(const struct graph *g, const uint64_t end_sectors[GRAPH_DEVICES_MAX],
			      unsigned int *small)
{
	unsigned int n = 0, too_small = 0;
	uint64_t end = 0;

	for (unsigned int i = 0; i < g->n; i++) {
		/* Of namespaces with partitions, these are used. */
		if (g->devices[i].kind == GRAPH_DM || !end_sectors[i])
			continue;
		if (end && end_sectors[i] != end)
			return false;
		end = end_sectors[i];
		n++;
		if (end_sectors[i] > g->devices[i].size_sectors) {
			too_small++;
			*small = i;
		}
	}
	return n > 1 && too_small && too_small < n;
}

static int say_invalid(int rc, char *why, size_t why_len)
{
	snprintf(why, why_len, "%s",
		 rc == -EINVAL ? "two segments use the same sectors, or a segment ends behind the "
				 "end of its device"
		 : rc == -EOPNOTSUPP
			 ? "a part of a striped device is used that does not begin and end "
			   "with a row of its chunks: it fits only as written"
			 : strerror(-rc));
	return rc == -EOPNOTSUPP ? -ENOSPC : rc;
}

/* The largest ratio at which the graph fits.  Returns 0, and the graph, or -errno. */
static int search(const struct graph *written, unsigned int top, uint64_t span_bytes,
		  struct graph *out)
{
	uint64_t low = 0, high = RATIO_WHOLE, end_sectors[GRAPH_DEVICES_MAX];
	bool found = false;
	int rc = 0;

	while (low < high && !rc) {
		uint64_t ratio = low + (high - low) / 2;

		rc = make(written, top, ratio, false, out, end_sectors);
		if (rc < 0)
			break;
		found = fits(out, end_sectors) &&
			out->devices[top].size_sectors <= span_bytes / SECTOR_BYTES;
		graph_destroy(out);
		if (found)
			low = ratio + 1;
		else
			high = ratio;
	}
	if (rc < 0)
		return rc;
	if (!low)
		return -ENOSPC;
	return make(written, top, low - 1, false, out, end_sectors);
}

int stack_scale(const struct graph *written, unsigned int top, uint64_t span_bytes,
		struct graph *out, char *note, size_t note_len, char *why, size_t why_len)
{
	uint64_t end_sectors[GRAPH_DEVICES_MAX] = {0}, size, percent;
	unsigned int small = 0;
	int rc = make(written, top, RATIO_WHOLE, true, out, end_sectors);

	*note = *why = '\0';
	if (rc == -EOPNOTSUPP) /* which says nothing about whether it fits */
		return say_invalid(rc, why, why_len);
	if (rc < 0)
		return say_invalid(rc, why, why_len);
	if (fits(out, end_sectors))
		return 0;
	graph_destroy(out);
	if (is_for_equal_ones(written, end_sectors, &small)) {
		snprintf(why, why_len,
			 "it needs %s sectors of each namespace, %s has %s: the namespaces are not "
			 "equal, and a table over them is as long as the smallest one allows",
			 number((int64_t)end_sectors[small]).s, written->devices[small].node,
			 number((int64_t)written->devices[small].size_sectors).s);
		return -ENOSPC;
	}
	rc = search(written, top, span_bytes, out);
	if (rc == -ENOSPC)
		snprintf(why, why_len,
			 "it does not fit the namespaces, not even with segments of 2 MiB");
	else if (rc < 0)
		say_invalid(rc, why, why_len);
	if (rc < 0)
		return rc == -EOPNOTSUPP ? -ENOSPC : rc;
	size = written->devices[top].size_sectors;
	percent = (uint64_t)((unsigned __int128)out->devices[top].size_sectors * 100 / size);
	snprintf(note, note_len,
		 "made shorter to fit the namespaces: %s sectors of %s (%s%" PRIu64
		 " %%), each segment by the same ratio; what a length or an offset has past a "
		 "multiple of 2 MiB is kept",
		 number((int64_t)out->devices[top].size_sectors).s, number((int64_t)size).s,
		 percent ? "" : "less than ", percent ? percent : 1);
	return 0;
}

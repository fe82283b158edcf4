// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/survey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Appends a piece, or makes the last one longer. */
static int append(struct survey *s, const struct piece *p)
{
	struct piece *last = s->n ? &s->list[s->n - 1] : NULL;
	struct piece *list;

	if (last && last->device == p->device && last->at_bytes + last->len_bytes == p->at_bytes &&
	    last->offset_bytes + last->len_bytes == p->offset_bytes) {
		last->len_bytes += p->len_bytes;
		return 0;
	}
	if (!(s->n & (s->n - 1))) { /* room for 1, 2, 4, ... */
		list = realloc(s->list, (s->n ? 2 * s->n : 1) * sizeof(*list));
		if (!list)
			return -ENOMEM;
		s->list = list;
	}
	s->list[s->n++] = *p;
	return 0;
}

/* As survey_range(), to the end of out; the pieces are said to begin at at_bytes. */
static int append_range(const struct graph *g, unsigned int device, uint64_t begin_bytes,
			uint64_t len_bytes, uint64_t at_bytes, struct survey *out)
{
	uint64_t done = 0;
	int rc = 0;

	while (!rc && done < len_bytes) {
		struct graph_place place;
		struct piece piece = {.at_bytes = at_bytes + done};

		rc = graph_resolve(g, device, begin_bytes + done, &place);
		if (rc < 0)
			break;
		piece.device = place.device;
		piece.offset_bytes = place.offset_bytes;
		piece.len_bytes = place.contiguous_bytes < len_bytes - done ? place.contiguous_bytes
									    : len_bytes - done;
		done += piece.len_bytes;
		rc = append(out, &piece);
	}
	return rc;
}

int survey_range(const struct graph *g, unsigned int device, uint64_t begin_bytes,
		 uint64_t len_bytes, struct survey *out)
{
	*out = (struct survey){0};
	return append_range(g, device, begin_bytes, len_bytes, begin_bytes, out);
}

int survey_device(const struct graph *g, unsigned int device, struct survey *out)
{
	return survey_range(g, device, 0, g->devices[device].size_sectors * SECTOR_BYTES, out);
}

int survey_file(const struct graph *g, unsigned int device, const struct extents *extents,
		struct survey *out)
{
	int rc = 0;

	*out = (struct survey){0};
	for (size_t i = 0; i < extents->n && !rc; i++) {
		const struct extent *e = &extents->list[i];

		rc = append_range(g, device, e->physical_bytes, e->len_bytes, e->logical_bytes,
				  out);
	}
	return rc;
}

void survey_free(struct survey *survey)
{
	free(survey->list);
	*survey = (struct survey){0};
}

static int by_place(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return (x->offset_bytes > y->offset_bytes) - (x->offset_bytes < y->offset_bytes);
}

void survey_sort_below(struct survey *survey)
{
	if (survey->n)
		qsort(survey->list, survey->n, sizeof(*survey->list), by_place);
}

int survey_aliases(const struct survey *survey)
{
	struct survey copy = {.n = survey->n};
	int aliases = 0;

	if (!survey->n)
		return 0;
	copy.list = malloc(survey->n * sizeof(*copy.list));
	if (!copy.list)
		return -ENOMEM;
	memcpy(copy.list, survey->list, survey->n * sizeof(*copy.list));
	survey_sort_below(&copy);
	for (size_t i = 1; i < copy.n && !aliases; i++) {
		const struct piece *before = &copy.list[i - 1], *p = &copy.list[i];

		aliases = p->device == before->device &&
			  p->offset_bytes < before->offset_bytes + before->len_bytes;
	}
	survey_free(&copy);
	return aliases;
}

bool survey_torn_page(const struct survey *survey, uint64_t *at_bytes)
{
	uint64_t end_bytes = 0;

	if (survey->n) {
		const struct piece *last = &survey->list[survey->n - 1];

		end_bytes = (last->at_bytes + last->len_bytes) / PAGE_BYTES * PAGE_BYTES;
	}
	for (size_t i = 0; i < survey->n; i++) {
		const struct piece *p = &survey->list[i];
		bool begins_page = !(p->at_bytes % PAGE_BYTES);

		*at_bytes = p->at_bytes / PAGE_BYTES * PAGE_BYTES;
		if (*at_bytes >= end_bytes)
			return false;
		/* A piece that begins within a page tears that one; one that begins with a page
		 * must do so below as well. */
		if (!begins_page || p->offset_bytes % PAGE_BYTES)
			return true;
		*at_bytes = (p->at_bytes + p->len_bytes) / PAGE_BYTES * PAGE_BYTES;
		if (p->len_bytes % PAGE_BYTES && *at_bytes < end_bytes)
			return true;
	}
	return false;
}

/* A device refers only to devices of lower index, whose entries are already set. */
static bool device_is_paged(const struct graph_device *d, const bool *paged)
{
	const uint64_t page_sectors = PAGE_BYTES / SECTOR_BYTES;

	if (d->kind == GRAPH_PARTITION)
		return !(d->on.offset_sectors % page_sectors) &&
		       !(d->size_sectors % page_sectors) && paged[d->on.device];
	for (size_t i = 0; i < d->n_targets; i++) {
		const struct graph_target *t = &d->targets[i];

		if (t->len_sectors % page_sectors || t->chunk_sectors % page_sectors)
			return false;
		for (unsigned int m = 0; m < t->n_members; m++)
			if (t->members[m].offset_sectors % page_sectors ||
			    !paged[t->members[m].device])
				return false;
	}
	return true;
}

bool graph_is_paged(const struct graph *g, unsigned int device)
{
	bool paged[GRAPH_DEVICES_MAX];

	for (unsigned int i = 0; i <= device; i++)
		paged[i] = device_is_paged(&g->devices[i], paged);
	return paged[device];
}

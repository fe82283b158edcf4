/* SPDX-License-Identifier: GPL-2.0-only */
/* What a device of a graph is made of, from its first byte to its last.  Pure. */
#ifndef DAXDM_SURVEY_H
#define DAXDM_SURVEY_H

#include "lib/dev/graph.h"

struct piece {
	uint64_t at_bytes;   /* in what was surveyed: a device, a file */
	unsigned int device; /* the namespace (or other device) it lies on */
	uint64_t offset_bytes;
	uint64_t len_bytes;
};

struct survey {
	struct piece *list; /* by at_bytes */
	size_t n;
};

/*
 * The pieces of len_bytes of a device from begin_bytes on; neighbours that follow each other below
 * as well are one, whatever lies between.  Returns 0, -ENOMEM, or what graph_resolve() gave for a
 * byte that is on no device; free with survey_free() in any case.
 */
int survey_range(const struct graph *g, unsigned int device, uint64_t begin_bytes,
		 uint64_t len_bytes, struct survey *out);
int survey_device(const struct graph *g, unsigned int device, struct survey *out);
/* The same for the bytes of a file; holes are left out. */
int survey_file(const struct graph *g, unsigned int device, const struct extents *extents,
		struct survey *out);
void survey_free(struct survey *survey);

/* By device and offset, as one reads a disk from front to end. */
void survey_sort_below(struct survey *survey);

/* Whether two of its bytes are the same byte below: no filesystem can live there.  -ENOMEM. */
int survey_aliases(const struct survey *survey);

/*
 * The first whole page of the surveyed device that is not one whole, aligned page below; direct
 * access to it cannot be right.  Returns true and where it begins, or false if there is none.
 */
bool survey_torn_page(const struct survey *survey, uint64_t *at_bytes);

/*
 * Whether every start, length, chunk and offset on the way down is a multiple of a page: then no
 * page of the device is torn, and no layer sees one torn either.
 */
bool graph_is_paged(const struct graph *g, unsigned int device);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What each further segment costs in device-mapper's operations on tables, as a line: a line through
 * the medians of the stacks; and what the first fault after them costs. */
#ifndef DAXDM_FIT_SEGMENTS_H
#define DAXDM_FIT_SEGMENTS_H

#include "report/findings/fit.h"
#include "report/findings/say.h"
#include "report/table/table.h"

struct segment_fit {
	double base, per_segment; /* cost = base + per_segment * segments */
	double most_off;    /* the largest distance of a point from it, as a part of the point */
	size_t n;	    /* different numbers of segments */
	double least, most; /* cost */
	bool grows;	    /* from the fewest segments to the most by more than a tenth */
	/* With more segments it never costs less, but for a tenth of the whole range. */
	bool rises;
};

/* What can be said of a fit. */
enum fit_segments_shape {
	FIT_SEGMENTS_LINE, /* grows, and no point is further than a tenth off; two points fit any line */
	FIT_SEGMENTS_BENDS, /* grows, but not by a line */
	FIT_SEGMENTS_FLAT,  /* the most is less than a tenth above the least */
	FIT_SEGMENTS_OTHER, /* differs by more than that, but not with the segments */
};

enum fit_segments_shape fit_segments_shape(const struct segment_fit *fit);

/* Fits by least squares of the relative distances, so that the fewest segments count as much as the
 * most; base and per_segment are rounded to what sentences say of them, and most_off is that of the
 * rounded line.  x: segments, y: cost, above 0.  Pure. */
struct segment_fit fit_segments(const struct fit_points *points);

/* The fit of one row, over the stacks of one device.  False if there are less than two of them. */
bool fit_segments_of(const struct table *table, const struct table_row *row,
		     struct segment_fit *fit);

/* Sentences on the table benchmark, for one filesystem. */
void fit_segments_say(const struct tables *tables, const struct table *table, findings_say *say,
		      void *arg);

#endif

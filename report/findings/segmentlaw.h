/* SPDX-License-Identifier: GPL-2.0-only */
/* What each further segment costs in device-mapper's operations on tables, as a law: a line through
 * the medians of the stacks; and what the first fault after them costs. */
#ifndef DAXDM_SEGMENTLAW_H
#define DAXDM_SEGMENTLAW_H

#include "report/findings/findings.h"
#include "report/findings/fit.h"

struct segment_law {
	double base, per_segment; /* cost = base + per_segment * segments */
	double most_off;    /* the largest distance of a point from it, as a part of the point */
	size_t n;	    /* different numbers of segments */
	double least, most; /* cost */
	bool grows;	    /* from the fewest segments to the most by more than a tenth */
	/* With more segments it never costs less, but for a tenth of the whole range. */
	bool rises;
};

/* What can be said of a law. */
enum segment_shape {
	SEGMENT_LINE, /* grows, and no point is further than a tenth off; two points fit any line */
	SEGMENT_BENDS, /* grows, but not by a line */
	SEGMENT_FLAT,  /* the most is less than a tenth above the least */
	SEGMENT_OTHER, /* differs by more than that, but not with the segments */
};

enum segment_shape segment_law_shape(const struct segment_law *law);

/* Fits by least squares of the relative distances, so that the fewest segments count as much as the
 * most; base and per_segment are rounded to what sentences say of them, and most_off is that of the
 * rounded line.  x: segments, y: cost, above 0.  Pure. */
struct segment_law segment_law_fit(const struct fit_points *points);

/* The law of one row, over the stacks of one device.  False if there are less than two of them. */
bool segment_law_of(const struct table *table, const struct table_row *row,
		    struct segment_law *law);

/* Sentences on the table benchmark, for one filesystem. */
void segment_law_say(const struct tables *tables, const struct table *table, findings_say *say,
		     void *arg);

#endif

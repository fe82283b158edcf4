/* SPDX-License-Identifier: GPL-2.0-only */
/* Cost of device-mapper ioctls by number of segments, as a linear fit through the medians of the
 * stacks, and cost of the first fault after them. */
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
	bool rises;	    /* fit_rises() */
};

enum fit_segments_shape {
	FIT_SEGMENTS_LINE,  /* grows, maximum deviation 10 %; two points fit any line */
	FIT_SEGMENTS_BENDS, /* grows, not linearly */
	FIT_SEGMENTS_FLAT,  /* maximum less than 10 % above the minimum */
	FIT_SEGMENTS_OTHER, /* varies by 10 % or more, does not grow */
};

enum fit_segments_shape fit_segments_shape(const struct segment_fit *fit);

/* Least squares of the relative distances, so that few segments weigh as much as many; base and
 * per_segment are rounded as findings print them, and most_off is that of the rounded line.  x:
 * segments, y: cost, above 0.  Pure. */
struct segment_fit fit_segments(const struct fit_points *points);

/* The fit of one row, over the stacks of one device.  False if there are less than two of them. */
bool fit_segments_of(const struct table *table, const struct table_row *row,
		     struct segment_fit *fit);

/* Sentences on the table benchmark, for one filesystem. */
void fit_segments_say(const struct tables *tables, const struct table *table, findings_say *say,
		      void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Linear least squares (GSL).  Pure. */
#ifndef DAXDM_FIT_H
#define DAXDM_FIT_H

#include <stdbool.h>
#include <stddef.h>

enum { FIT_POINTS_MAX = 256 };

struct fit_points {
	size_t n;
	double x[FIT_POINTS_MAX], y[FIT_POINTS_MAX];
};

/* Points beyond FIT_POINTS_MAX are ignored. */
void fit_add(struct fit_points *points, double x, double y);

/* y = base + slope * x; both are 0 and known is false unless there are two different x. */
struct fit_line {
	double base, slope;
	double x_mean; /* weighted as the fit is */
	double r2;     /* the part of y's variance that the line explains, 0 to 1 */
	bool known;
};

/* relative: minimises the squares of the relative distances, so that small y weigh as much as large
 * ones; every y must be above 0.  r2 is that of the plain fit only. */
struct fit_line fit_line(const struct fit_points *points, bool relative);

/* The largest distance of a point from the line; relative: as a part of the point. */
double fit_distance(const struct fit_points *points, double base, double slope, bool relative);

/* Whether no point is below another of smaller x by more than 10 % of the range of y. */
bool fit_rises(const struct fit_points *points);

#endif

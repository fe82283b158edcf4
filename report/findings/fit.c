// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/fit.h"

#include <gsl/gsl_fit.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

void fit_add(struct fit_points *p, double x, double y)
{
	if (p->n == FIT_POINTS_MAX)
		return;
	p->x[p->n] = x;
	p->y[p->n++] = y;
}

struct fit_line fit_line(const struct fit_points *p, bool relative)
{
	double weights[FIT_POINTS_MAX], cov[3], square_sum, total;
	struct fit_line line = {.known = false};

	for (size_t i = 1; i < p->n && !line.known; i++)
		line.known = p->x[i] != p->x[0];
	if (!line.known)
		return line;
	for (size_t i = 0; i < p->n && relative; i++)
		weights[i] = 1 / (p->y[i] * p->y[i]);
	line.x_mean = relative ? gsl_stats_wmean(weights, 1, p->x, 1, p->n)
			       : gsl_stats_mean(p->x, 1, p->n);
	if (relative) {
		gsl_fit_wlinear(p->x, 1, weights, 1, p->y, 1, p->n, &line.base, &line.slope,
				&cov[0], &cov[1], &cov[2], &square_sum);
		return line;
	}
	gsl_fit_linear(p->x, 1, p->y, 1, p->n, &line.base, &line.slope, &cov[0], &cov[1], &cov[2],
		       &square_sum);
	total = gsl_stats_tss(p->y, 1, p->n);
	line.r2 = total > 1e-9 ? fmin(1, fmax(0, 1 - square_sum / total)) : 1;
	return line;
}

double fit_distance(const struct fit_points *p, double base, double slope, bool relative)
{
	double most = 0;

	for (size_t i = 0; i < p->n; i++)
		most = fmax(most,
			    fabs(base + slope * p->x[i] - p->y[i]) / (relative ? p->y[i] : 1));
	return most;
}

bool fit_rises(const struct fit_points *p)
{
	double least = p->n ? p->y[0] : 0, most = least;

	for (size_t i = 0; i < p->n; i++) {
		least = fmin(least, p->y[i]);
		most = fmax(most, p->y[i]);
	}
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < p->n; k++)
			if (p->x[i] < p->x[k] && p->y[i] - p->y[k] > (most - least) / 10)
				return false;
	return true;
}

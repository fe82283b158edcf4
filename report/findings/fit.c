// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/fit.h"

#include <errno.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_multifit.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

/* Singular values below this part of the largest are zero. */
#define TOLERANCE 1e-9

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

/* Fits the terms listed in used[].  Returns 1 if they are independent, 0 if not, or -ENOMEM. */
static int fit_used(size_t n, const double (*terms)[FIT_TERMS_MAX], const double *y,
		    const size_t *used, size_t n_used, double fitted[FIT_TERMS_MAX])
{
	gsl_multifit_linear_workspace *work = gsl_multifit_linear_alloc(n, n_used);
	gsl_matrix *x = gsl_matrix_alloc(n, n_used), *cov = gsl_matrix_alloc(n_used, n_used);
	gsl_vector_const_view want = gsl_vector_const_view_array(y, n);
	gsl_vector_view cost = gsl_vector_view_array(fitted, n_used);
	double square_sum;
	size_t rank = 0;
	int rc = -ENOMEM;

	if (!work || !x || !cov)
		goto out;
	for (size_t i = 0; i < n; i++)
		for (size_t t = 0; t < n_used; t++)
			gsl_matrix_set(x, i, t, terms[i][used[t]]);
	rc = gsl_multifit_linear_tsvd(x, &want.vector, TOLERANCE, &cost.vector, cov, &square_sum,
				      &rank, work);
	rc = rc ? -ENOMEM : rank == n_used;
out:
	gsl_matrix_free(cov);
	gsl_matrix_free(x);
	gsl_multifit_linear_free(work);
	return rc;
}

int fit_terms(size_t n, size_t n_terms, const double (*terms)[FIT_TERMS_MAX], const double *y,
	      double cost[FIT_TERMS_MAX], bool known[FIT_TERMS_MAX])
{
	gsl_error_handler_t *before = gsl_set_error_handler_off();
	size_t used[FIT_TERMS_MAX], n_used = 0;
	int rc = 0;

	for (size_t t = 0; t < n_terms; t++) {
		cost[t] = 0;
		known[t] = false;
	}
	for (size_t t = 0; t < n_terms && rc >= 0 && n_used < n; t++) {
		double fitted[FIT_TERMS_MAX];

		used[n_used] = t;
		rc = fit_used(n, terms, y, used, n_used + 1, fitted);
		if (rc <= 0)
			continue;
		n_used++;
		known[t] = true;
		for (size_t u = 0; u < n_used; u++)
			cost[used[u]] = fitted[u];
	}
	gsl_set_error_handler(before);
	return rc < 0 ? rc : 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Exact Mann-Whitney U test with ties, and Hodges-Lehmann shift.  Pure. */
#ifndef DAXDM_RANKS_H
#define DAXDM_RANKS_H

#include <stddef.h>
#include <stdint.h>

enum { RANKS_MAX = 16 }; /* values of one sample */

struct rank_test {
	double p; /* two-sided */
	/* b minus a: median of all differences (Hodges-Lehmann) and its confidence interval, with a
	 * lower confidence if there are too few values. */
	double shift, low, high;
};

/*
 * Compares a[0..n) with b[0..m), each at most RANKS_MAX values.  confidence: e.g. 0.95.  Returns 0,
 * or -EINVAL if a sample is empty or too large.
 * Source: Hollander, Wolfe, Chicken, "Nonparametric Statistical Methods", 4.1 to 4.3; R's
 * wilcox.test() gives the same where no two values are equal.
 */
int rank_test(const int64_t *a, size_t n, const int64_t *b, size_t m, double confidence,
	      struct rank_test *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether two small samples differ in place: the rank test of Mann and Whitney, exact, ties and
 * all.  Pure. */
#ifndef DAXDM_RANKS_H
#define DAXDM_RANKS_H

#include <stddef.h>
#include <stdint.h>

enum { RANKS_MAX = 16 }; /* values of one sample */

struct rank_test {
	double p; /* two-sided: so often chance alone sets the samples at least as far apart */
	/* What b has more than a, in the unit of the values: the median of all differences
	 * (Hodges and Lehmann), and the interval that holds the true one with the confidence asked
	 * for, or with the most that so few values give. */
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

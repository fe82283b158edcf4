/* SPDX-License-Identifier: GPL-2.0-only */
/* Statistics of one record's samples.  Pure: no kernel, no root, no allocation left behind. */
#ifndef DAXDM_STATS_H
#define DAXDM_STATS_H

#include <stddef.h>
#include <stdint.h>

/* All in the unit of the samples.  Quantiles are nearest-rank: always a value that occurred. */
struct stats {
	size_t n;
	int64_t min, p10, median, p90, p99, max;
	double mean;
};

/* Fills *out from n > 0 samples in any order; the samples keep their order.
 * Returns 0, -EINVAL if n is 0, or -ENOMEM. */
int stats_summarise(const int64_t *samples, size_t n, struct stats *out);

/* FNV-1a (64 bits) over the samples, in order, each as eight little-endian bytes.  Equal digests
 * mean the same samples in the same order. */
uint64_t stats_digest(const int64_t *samples, size_t n);

/* Comparison function for qsort() of int64_t, ascending. */
int stats_compare(const void *a, const void *b);

/* Sorts n > 0 ticks and returns their median, the upper one of two. */
uint64_t stats_median_ticks(uint64_t *ticks, size_t n);

#endif

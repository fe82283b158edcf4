// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/ranks.h"

#include "lib/base/memory.h"
#include "lib/base/stats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sums of doubled ranks: two equal values share a rank, which may be a half. */
enum { ALL_MAX = 2 * RANKS_MAX, SUM_MAX = ALL_MAX * (ALL_MAX + 1) };

/* ways[k][s]: in how many ways k of the ranks add up to s. */
struct ways {
	double ways[RANKS_MAX + 1][SUM_MAX + 1];
};

static struct ways *count_ways(const int *doubled_ranks, size_t all, size_t n)
{
	struct ways *w = memory_check(calloc(1, sizeof(*w)));

	if (!w)
		return NULL;
	w->ways[0][0] = 1;
	for (size_t i = 0; i < all; i++)
		for (size_t k = n < i + 1 ? n : i + 1; k; k--)
			for (int s = SUM_MAX; s >= doubled_ranks[i]; s--)
				w->ways[k][s] += w->ways[k - 1][s - doubled_ranks[i]];
	return w;
}

/* Ranks of all values, doubled, those of a first.  Returns the sum over a. */
static int rank_all(const int64_t *a, size_t n, const int64_t *b, size_t m, int *doubled)
{
	int sum = 0;

	for (size_t i = 0; i < n + m; i++) {
		int64_t value = i < n ? a[i] : b[i - n];
		int below = 0, equal = 0;

		for (size_t j = 0; j < n + m; j++) {
			int64_t other = j < n ? a[j] : b[j - n];

			below += other < value;
			equal += other == value;
		}
		doubled[i] = 2 * below + equal + 1;
		sum += i < n ? doubled[i] : 0;
	}
	return sum;
}

static double two_sided(const struct ways *w, size_t n, size_t all, int sum)
{
	double total = 0, far = 0, middle = (double)n * ((double)all + 1);

	for (int s = 0; s <= SUM_MAX; s++) {
		total += w->ways[n][s];
		if (fabs(s - middle) >= fabs(sum - middle))
			far += w->ways[n][s];
	}
	return far / total;
}

/* The place from either end of the sorted differences at which the interval begins. */
static size_t interval_place(size_t n, size_t m, double confidence)
{
	int doubled[ALL_MAX];
	struct ways *w;
	double total = 0, below = 0;
	size_t place = 0;

	for (size_t i = 0; i < n + m; i++)
		doubled[i] = 2 * ((int)i + 1);
	w = count_ways(doubled, n + m, n);
	if (!w)
		return 1;
	for (int s = 0; s <= SUM_MAX; s++)
		total += w->ways[n][s];
	/* The smallest sum of ranks is n (n + 1) / 2, and every step from there is one difference.
	 */
	for (int s = (int)(n * (n + 1)); s <= SUM_MAX; s += 2) {
		below += w->ways[n][s];
		if (below / total >= (1 - confidence) / 2)
			break;
		place++;
	}
	free(w);
	return place ? place : 1;
}

int rank_test(const int64_t *a, size_t n, const int64_t *b, size_t m, double confidence,
	      struct rank_test *out)
{
	int64_t diff[RANKS_MAX * RANKS_MAX];
	int doubled[ALL_MAX], sum;
	size_t n_diff = 0, place;
	struct ways *w;

	if (!n || !m || n > RANKS_MAX || m > RANKS_MAX)
		return -EINVAL;
	sum = rank_all(a, n, b, m, doubled);
	w = count_ways(doubled, n + m, n);
	if (!w)
		return -ENOMEM;
	out->p = two_sided(w, n, n + m, sum);
	free(w);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < m; j++)
			diff[n_diff++] = b[j] - a[i];
	qsort(diff, n_diff, sizeof(*diff), stats_compare);
	place = interval_place(n, m, confidence);
	out->shift = ((double)diff[(n_diff - 1) / 2] + (double)diff[n_diff / 2]) / 2;
	out->low = (double)diff[place - 1];
	out->high = (double)diff[n_diff - place];
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/stats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int stats_compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The smallest sample that at least `percent` of all samples do not exceed. */
static int64_t nearest_rank(const int64_t *sorted, size_t n, unsigned int percent)
{
	size_t rank = (n * percent + 99) / 100;

	return sorted[rank ? rank - 1 : 0];
}

int stats_summarise(const int64_t *samples, size_t n, struct stats *out)
{
	int64_t *sorted;
	double sum = 0;

	if (!n)
		return -EINVAL;
	sorted = malloc(n * sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, samples, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), stats_compare);
	for (size_t i = 0; i < n; i++)
		sum += (double)sorted[i];
	*out = (struct stats){
		.n = n,
		.min = sorted[0],
		.p10 = nearest_rank(sorted, n, 10),
		.median = nearest_rank(sorted, n, 50),
		.p90 = nearest_rank(sorted, n, 90),
		.p99 = nearest_rank(sorted, n, 99),
		.max = sorted[n - 1],
		.mean = sum / (double)n,
	};
	free(sorted);
	return 0;
}

uint64_t stats_digest(const int64_t *samples, size_t n)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++) {
		uint64_t value = (uint64_t)samples[i];

		for (int byte = 0; byte < 8; byte++) {
			hash ^= (value >> (8 * byte)) & 0xff;
			hash *= 0x100000001b3u;
		}
	}
	return hash;
}

static int compare_ticks(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint64_t stats_median_ticks(uint64_t *ticks, size_t n)
{
	qsort(ticks, n, sizeof(*ticks), compare_ticks);
	return ticks[n / 2];
}

// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/nearest.h"

#include <stddef.h>
#include <string.h>

enum { WORD_MAX = 63 };

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours (optimal string alignment); words
 * longer than WORD_MAX are "far away". */
static unsigned int edit_distance(const char *a, const char *b)
{
	unsigned int d[WORD_MAX + 1][WORD_MAX + 1];
	size_t len_a = strlen(a), len_b = strlen(b);

	if (len_a > WORD_MAX || len_b > WORD_MAX)
		return WORD_MAX;
	for (size_t i = 0; i <= len_a; i++)
		for (size_t j = 0; j <= len_b; j++) {
			if (!i || !j) {
				d[i][j] = (unsigned int)(i + j);
				continue;
			}
			d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1,
					d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[len_a][len_b];
}

const char *nearest_of(const char *typed, const char *best, const char *candidate)
{
	unsigned int limit = (unsigned int)strlen(typed) / 3, d = edit_distance(typed, candidate);

	if (limit < 1)
		limit = 1;
	if (limit > 3)
		limit = 3;
	if (d > limit)
		return best;
	return !best || d < edit_distance(typed, best) ? candidate : best;
}

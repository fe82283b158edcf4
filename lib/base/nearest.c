// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/nearest.h"

#include <stddef.h>
#include <string.h>

enum { WORD_MAX = 63 };

/* Levenshtein distance; words longer than WORD_MAX are "far away". */
static unsigned int edit_distance(const char *a, const char *b)
{
	size_t len_a = strlen(a), len_b = strlen(b);
	unsigned int row[WORD_MAX + 1];

	if (len_a > WORD_MAX || len_b > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= len_b; j++)
		row[j] = (unsigned int)j;
	for (size_t i = 1; i <= len_a; i++) {
		unsigned int diagonal = row[0];

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= len_b; j++) {
			unsigned int cost = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < cost)
				cost = row[j] + 1;
			if (row[j - 1] + 1 < cost)
				cost = row[j - 1] + 1;
			row[j] = cost;
		}
	}
	return row[len_b];
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

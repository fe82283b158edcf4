/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DAXDM_NEAREST_H
#define DAXDM_NEAREST_H

/*
 * Finds the word nearest to a misspelt one, by edit distance.  best is the result of the previous
 * call, or NULL.  Returns best, or candidate if it is nearer; NULL if none is within a third of the
 * word's length (at least one, at most three edits).
 */
const char *nearest_of(const char *typed, const char *best, const char *candidate);

#endif

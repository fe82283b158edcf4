/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DAXDM_NEAREST_H
#define DAXDM_NEAREST_H

/*
 * Keeps the better of two guesses at what `typed` was meant to be, by edit distance.
 * best may be NULL.  Returns best, or candidate if that is nearer; NULL while nothing is within a
 * third of the word's length (at least one, at most three edits).
 */
const char *nearest_of(const char *typed, const char *best, const char *candidate);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers that people write, read strictly. */
#ifndef DAXDM_NUMBER_H
#define DAXDM_NUMBER_H

#include <stdint.h>

/*
 * A whole number in decimal digits from min to max.  There may be a - in front; blanks, a +, zeros
 * in front and anything behind are refused: who writes them may mean another base or another word.
 * Returns 0, or -EINVAL with *out as it was.
 */
int number_parse(const char *text, int64_t min, int64_t max, int64_t *out);

#endif

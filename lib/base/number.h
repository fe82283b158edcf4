/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers as people write them, read strictly, and as people read them. */
#ifndef DAXDM_NUMBER_H
#define DAXDM_NUMBER_H

#include <stdint.h>

/*
 * A whole number in decimal digits from min to max.  There may be a - in front; blanks, a +, zeros
 * in front and anything behind are refused: who writes them may mean another base or another word.
 * Returns 0, or -EINVAL with *out as it was.
 */
int number_parse(const char *text, int64_t min, int64_t max, int64_t *out);

/* 4223 as "4,223", and with its sign as "+188".  By value, so that several fit one printf. */
struct number {
	char s[32];
};
struct number number(int64_t value);
struct number number_signed(int64_t value);
/* Of what was fitted: rounded, and within what can be printed whatever a fit came to. */
int64_t number_round(double value);
/* Rounded, and grouped if it is whole; else with one digit behind the point: "14", "0.4". */
struct number number_tenths(double value);
/* 100 * part / whole as "+4.7 %". */
struct number number_percent(int64_t part, int64_t whole);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Strict parsing and readable printing of numbers. */
#ifndef DAXDM_NUMBER_H
#define DAXDM_NUMBER_H

#include <stdint.h>

/*
 * A whole number in decimal digits from min to max.  A leading - is allowed; blanks, a leading + or
 * zero, and trailing characters are rejected, because they may mean another base or be a typing
 * error. Returns 0, or -EINVAL with *out as it was.
 */
int number_parse(const char *text, int64_t min, int64_t max, int64_t *out);

/* 4223 as "4,223", and with its sign as "+188".  By value, so that several fit one printf. */
struct number {
	char s[32];
};
struct number number(int64_t value);
struct number number_signed(int64_t value);
/* Rounds a fitted value, and clamps it to the range that number() can print. */
int64_t number_round(double value);
/* Rounded to tenths; grouped and without a fraction if it is whole: "14", "0.4". */
struct number number_tenths(double value);
/* 100 * part / whole as "+4.7 %". */
struct number number_percent(int64_t part, int64_t whole);

#endif

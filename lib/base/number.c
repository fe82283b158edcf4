// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int number_parse(const char *text, int64_t min, int64_t max, int64_t *out)
{
	const char *digits = text + (*text == '-');
	char *end;
	long long number;

	if (!isdigit((unsigned char)*digits) || (digits[0] == '0' && (digits[1] || *text == '-')))
		return -EINVAL;
	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno || *end || number < min || number > max)
		return -EINVAL;
	*out = number;
	return 0;
}

struct number number(int64_t value)
{
	struct number out;
	char digits[32];
	uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)size);
	char *to = out.s;

	if (value < 0)
		*to++ = '-';
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return out;
}

struct number number_signed(int64_t value)
{
	struct number out = number(value);

	if (value >= 0) {
		memmove(out.s + 1, out.s, strlen(out.s) + 1);
		out.s[0] = '+';
	}
	return out;
}

int64_t number_round(double value)
{
	const double most = 1e18;

	return isnan(value) ? 0 : llround(fmax(-most, fmin(most, value)));
}

struct number number_tenths(double value)
{
	struct number out;

	if (fabs(value - round(value)) < 0.01)
		return number(number_round(value));
	snprintf(out.s, sizeof(out.s), "%.1f", value);
	return out;
}

struct number number_percent(int64_t part, int64_t whole)
{
	struct number out;

	snprintf(out.s, sizeof(out.s), "%+.1f %%", whole ? 100.0 * part / whole : 0.0);
	return out;
}

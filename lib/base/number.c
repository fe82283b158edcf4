// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/number.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

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

// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/bytes.h"

#include <ctype.h>
#include <errno.h>

int bytes_parse(const char *text, size_t len, uint64_t *bytes)
{
	uint64_t value = 0;
	size_t i = 0;

	if (len > 1 && text[0] == '0' && isdigit((unsigned char)text[1]))
		return -EINVAL; /* octal elsewhere */
	while (i < len && isdigit((unsigned char)text[i])) {
		if (value > (UINT64_MAX >> 40) / 10)
			return -EINVAL;
		value = value * 10 + (uint64_t)(text[i++] - '0');
	}
	if (!i)
		return -EINVAL;
	if (i < len) {
		switch (tolower((unsigned char)text[i++])) {
		case 'k':
			value <<= 10;
			break;
		case 'm':
			value <<= 20;
			break;
		case 'g':
			value <<= 30;
			break;
		default:
			return -EINVAL;
		}
	}
	if (i != len)
		return -EINVAL;
	*bytes = value;
	return 0;
}

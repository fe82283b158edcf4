// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/bytes.h"

#include "lib/base/number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>

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

struct bytes_text bytes_text(uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	unsigned int unit = 0;
	struct bytes_text out;
	uint64_t below;

	while (unit < 6 && bytes >> (10 * unit) >= 1024)
		unit++;
	if (unit && bytes % (UINT64_C(1) << (10 * unit))) {
		below = UINT64_C(1) << (10 * (unit - 1));
		if (bytes % below) {
			snprintf(out.s, sizeof(out.s), "%.2f %s",
				 ldexp((double)bytes, -10 * (int)unit), units[unit]);
			return out;
		}
		unit--;
	}
	snprintf(out.s, sizeof(out.s), "%.20s %s", number((int64_t)(bytes >> (10 * unit))).s,
		 units[unit]);
	return out;
}

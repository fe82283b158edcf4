// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/xml.h"

/*
 * The number of bytes at text that XML 1.0 does not allow, escaped or not.  C1 controls and DEL are
 * allowed there, but many readers fail on them.  Text is valid UTF-8, because jansson accepts no
 * other.
 */
static size_t forbidden(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	if ((p[0] < ' ' && p[0] != '\n' && p[0] != '\t') || p[0] == 0x7f)
		return 1;
	if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
		return 2;
	if (p[0] == 0xef && p[1] == 0xbf && (p[2] == 0xbe || p[2] == 0xbf)) /* U+FFFE, U+FFFF */
		return 3;
	return 0;
}

void xml_put(FILE *out, const char *text)
{
	while (*text) {
		size_t skip = forbidden(text);

		text += skip;
		if (skip)
			continue;
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>': /* content must not contain "]]>" */
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\n': /* readers replace it by a blank in an attribute */
			fputs("&#10;", out);
			break;
		case '\t':
			fputs("&#9;", out);
			break;
		default:
			fputc(*text, out);
		}
		text++;
	}
}

void xml_attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	xml_put(out, value);
	fputc('"', out);
}

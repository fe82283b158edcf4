// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The length of the valid UTF-8 character at p, with its code point in *code; 0 if it is invalid.
 * Source: RFC 3629, 4. */
static size_t decode(const unsigned char *p, unsigned int *code)
{
	static const struct {
		unsigned char mask, lead;
		unsigned int least; /* smaller code points have a shorter, valid form */
	} forms[] = {
		{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
	size_t n = 0;

	while (n < 4 && (*p & forms[n].mask) != forms[n].lead)
		n++;
	if (n == 4)
		return 0;
	*code = *p & (unsigned char)~forms[n].mask;
	for (size_t i = 1; i <= n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (p[i] & 0x3f);
	}
	if (*code < forms[n].least || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return n + 1;
}

static bool is_control(unsigned int code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* The length in bytes of the printable character at text; 0 if there is none. */
static size_t char_bytes(const char *text)
{
	unsigned int code;
	size_t n = decode((const unsigned char *)text, &code);

	return n && !is_control(code) ? n : 0;
}

const char *text_unprintable(const char *text)
{
	size_t n;

	while ((n = char_bytes(text)))
		text += n;
	return *text ? text : NULL;
}

/* Stores the next character of an escaped text, unchanged or as "\x1b".  Returns its length and
 * advances *text. */
static size_t next_piece(const char **text, char piece[8])
{
	unsigned int code;
	size_t n = char_bytes(*text);

	if (n) {
		memcpy(piece, *text, n);
		*text += n;
		return n;
	}
	n = decode((const unsigned char *)*text, &code);
	if (!n)
		code = (unsigned char)**text;
	*text += n ? n : 1;
	return (size_t)snprintf(piece, 8, "\\x%02x", code);
}

void text_put(const char *text, FILE *out)
{
	char some[256];
	size_t used = 0;

	/* stderr is not buffered. */
	while (*text) {
		used += next_piece(&text, some + used);
		if (used + 8 > sizeof(some) || !*text) {
			fwrite(some, 1, used, out);
			used = 0;
		}
	}
}

char *text_escaped(const char *text)
{
	size_t size = 4 * strlen(text) + 1; /* each byte may become "\x1b" */
	char *buf = malloc(size);

	if (buf)
		text_escape(text, buf, size);
	return buf;
}

const char *text_escape(const char *text, char *buf, size_t size)
{
	char piece[8];
	size_t used = 0;

	while (*text) {
		size_t n = next_piece(&text, piece);

		if (used + n >= size)
			break;
		memcpy(buf + used, piece, n);
		used += n;
	}
	buf[used] = '\0';
	return buf;
}

void text_put_console(const char *bytes, size_t n, FILE *out)
{
	char some[256];
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if ((c >= ' ' && c <= '~') || c == '\n' || c == '\t')
			some[used++] = (char)c;
		else if (c != '\r')
			used += (size_t)snprintf(some + used, 8, "\\x%02x", c);
		if (used + 8 > sizeof(some)) {
			fwrite(some, 1, used, out);
			used = 0;
		}
	}
	fwrite(some, 1, used, out);
}

const char *text_plural(size_t n)
{
	return n == 1 ? "" : "s";
}

void text_flatten(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p; p++) {
		if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
			p[0] = p[1] = ' ';
		else if (p[0] < ' ' || p[0] == 0x7f)
			p[0] = ' ';
	}
}

void text_append(char *buf, size_t size, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf + used, size - used, fmt, ap);
	va_end(ap);
}

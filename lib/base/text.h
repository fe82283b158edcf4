/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Printing text from a guest, a kernel or a file.  It must not control the terminal (ESC and the C1
 * control characters do) or begin a new line.  Pure.
 */
#ifndef DAXDM_TEXT_H
#define DAXDM_TEXT_H

#include <stddef.h>
#include <stdio.h>

/*
 * The first byte of text that is not part of a printable character, or NULL.  Printable in one line
 * is valid UTF-8 but control characters (C0 including tab and newline, DEL, C1).
 */
const char *text_unprintable(const char *text);

/* Writes text as one line without a newline.  Unprintable characters are escaped as \x1b (C1
 * control characters by their code, invalid UTF-8 byte by byte). */
void text_put(const char *text, FILE *out);

/* The same as an allocated string; free() it.  NULL without memory. */
char *text_escaped(const char *text);

/* The same into a buffer; never ends within a character.  Returns buf. */
const char *text_escape(const char *text, char *buf, size_t size);

/* The ending of a noun that so many things have: "s", or "" of one. */
const char *text_plural(size_t n);

/* Replaces the control characters of text (C0, DEL, C1) by blanks. */
void text_flatten(char *text);

/* Writes n bytes of console output, which may begin and end anywhere.  Printable ASCII, newlines
 * and tabs are unchanged, carriage returns are dropped, all other bytes are escaped as \x1b. */
void text_put_console(const char *bytes, size_t n, FILE *out);

/* Appends to the string in buf; truncates at size. */
__attribute__((format(printf, 3, 4))) void text_append(char *buf, size_t size, const char *fmt,
						       ...);

#endif

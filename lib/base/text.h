/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Printing text from a guest, a kernel or a file.  It must not control the terminal (ESC and the C1
 * control characters do) or begin a new line.  Pure.
 */
#ifndef DAXDM_TEXT_H
#define DAXDM_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Bytes of the character at text if it can be printed as a part of one line: valid UTF-8, no
 * control character (C0, tab and newline too, DEL, C1).  0 if it cannot, and at the end. */
size_t text_char_bytes(const char *text);

/* The first byte of text that is no part of such a character, or NULL. */
const char *text_unprintable(const char *text);

/* Writes text as one line without a newline: what cannot be printed is written as \x1b (a C1
 * control character by its code, what is not UTF-8 by its byte). */
void text_put(const char *text, FILE *out);

/* The same as a text of its own; free() it.  NULL without memory. */
char *text_escaped(const char *text);

/* The same into a buffer; never ends within a character.  Returns buf. */
const char *text_escape(const char *text, char *buf, size_t size);

/* Replaces the control characters of text (C0, DEL, C1) by blanks. */
void text_flatten(char *text);

/* Writes n bytes of a console, which may be cut anywhere: printable ASCII, newlines and tabs as
 * they are, carriage returns not at all, all else as \x1b. */
void text_put_console(const char *bytes, size_t n, FILE *out);

/* Adds to the text in buf what there is room for. */
__attribute__((format(printf, 3, 4))) void text_append(char *buf, size_t size, const char *fmt,
						       ...);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Text files that people write: workloads, thresholds, fio jobs, known kernel bugs. */
#ifndef DAXDM_TEXT_FILE_H
#define DAXDM_TEXT_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	TEXT_FILE_BYTES_MAX = 1 << 20,
	TEXT_LINE_CHARS_MAX = 4000,
};

/*
 * Opens a regular file of at most max_bytes for reading.  What may never end (a pipe, a terminal,
 * /dev/zero) is refused before it is waited for.  Returns 0, or -errno with one sentence in why
 * that names the path and what to do.
 */
int text_file_open(const char *path, uint64_t max_bytes, FILE **out, char *why, size_t why_len);

/* A line without its end; it may be written into.  Returns 0, or -errno after one error line. */
typedef int text_line_fn(void *arg, const char *path, unsigned int line, char *text);

/*
 * Calls take for each line, numbered from 1, until it fails.  Lines may end with CRLF, and the last
 * one without either.  `what` says in error lines what the file is to be ("the workload").
 * Returns 0, what take gave, or -errno after one error line: no regular file, larger than
 * TEXT_FILE_BYTES_MAX; and with line and column a line longer than TEXT_LINE_CHARS_MAX, or a
 * control character such as NUL, but for tabs.
 */
int text_file_read(const char *path, const char *what, text_line_fn *take, void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Text files that users write: workloads, thresholds, fio jobs, known kernel bugs; and files of one
 * line that the kernel writes. */
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
 * Opens a regular file of at most max_bytes for reading.  Anything else (a pipe, a terminal,
 * /dev/zero) is refused without blocking.  Returns 0, or -errno with one sentence in why
 * that names the path and what to do.
 */
int text_file_open(const char *path, uint64_t max_bytes, FILE **out, char *why, size_t why_len);

/* Gets one line without its newline, which it may modify.  Returns 0, or -errno after one error
 * line. */
typedef int text_line_fn(void *arg, const char *path, unsigned int line, char *text);

/*
 * Calls take for each line, numbered from 1, until it fails.  Lines may end with CRLF; the last one
 * may have no newline.  `what` names the file in error lines ("the workload"). Returns 0, the error
 * of take, or -errno after one error line: the file is not regular or larger than
 * TEXT_FILE_BYTES_MAX; or, with line and column, a line is longer than TEXT_LINE_CHARS_MAX or has a
 * control character other than a tab.
 */
int text_file_read(const char *path, const char *what, text_line_fn *take, void *arg);

/* The first line of a file in sysfs or proc, without its newline; "" if it cannot be read.
 * Returns out. */
const char *text_file_line(const char *path, char *out, size_t size);

#endif

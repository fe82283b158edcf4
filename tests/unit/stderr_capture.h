/* SPDX-License-Identifier: GPL-2.0-only */
/* Captures what a call writes to stderr. */
#ifndef DAXDM_TEST_STDERR_CAPTURE_H
#define DAXDM_TEST_STDERR_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct stderr_capture {
	int saved, file;
	char text[4096];
};

static inline void stderr_capture_begin(struct stderr_capture *capture)
{
	fflush(stderr);
	capture->saved = dup(STDERR_FILENO);
	capture->file = memfd_create("stderr", 0);
	assert_true(capture->saved >= 0 && capture->file >= 0);
	dup2(capture->file, STDERR_FILENO);
}

static inline void stderr_capture_end(struct stderr_capture *capture)
{
	ssize_t n;

	fflush(stderr);
	dup2(capture->saved, STDERR_FILENO);
	close(capture->saved);
	n = pread(capture->file, capture->text, sizeof(capture->text) - 1, 0);
	capture->text[n > 0 ? n : 0] = '\0';
	close(capture->file);
}

static inline int stderr_capture_lines(const struct stderr_capture *capture)
{
	int lines = 0;

	for (const char *p = capture->text; *p; p++)
		lines += *p == '\n';
	return lines;
}

#endif

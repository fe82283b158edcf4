/* SPDX-License-Identifier: GPL-2.0-only */
/* Captures what a call writes to stderr. */
#ifndef DAXDM_TEST_SAID_H
#define DAXDM_TEST_SAID_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct said {
	int saved, file;
	char text[4096];
};

static inline void said_begin(struct said *said)
{
	fflush(stderr);
	said->saved = dup(STDERR_FILENO);
	said->file = memfd_create("said", 0);
	assert_true(said->saved >= 0 && said->file >= 0);
	dup2(said->file, STDERR_FILENO);
}

static inline void said_end(struct said *said)
{
	ssize_t n;

	fflush(stderr);
	dup2(said->saved, STDERR_FILENO);
	close(said->saved);
	n = pread(said->file, said->text, sizeof(said->text) - 1, 0);
	said->text[n > 0 ? n : 0] = '\0';
	close(said->file);
}

static inline int said_lines(const struct said *said)
{
	int lines = 0;

	for (const char *p = said->text; *p; p++)
		lines += *p == '\n';
	return lines;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What a call says on stderr, kept for the test. */
#ifndef DAXDM_TEST_SAID_H
#define DAXDM_TEST_SAID_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct said {
	int saved, file;
	char text[1024];
};

static inline void said_begin(struct said *said)
{
	char path[] = "/tmp/daxdm-said-XXXXXX";

	fflush(stderr);
	said->saved = dup(STDERR_FILENO);
	said->file = mkstemp(path);
	assert_true(said->saved >= 0 && said->file >= 0);
	unlink(path);
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

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Whom a report about files of the kernel goes to, by sections of its MAINTAINERS. */
#ifndef DAXDM_MAINTAINERS_H
#define DAXDM_MAINTAINERS_H

#include "lib/base/words.h"

struct maintainers {
	struct words to, cc; /* M: addresses; R: addresses and L: lists */
};

/*
 * Reads a file of sections like those of the kernel's MAINTAINERS, and adds the addresses of each
 * section with an F: pattern that one of the files (with blanks between them) matches.  Returns 0,
 * -ENOENT if no section matches, or -errno after one error line.
 */
int maintainers_find(const char *path, const char *files, struct maintainers *out);
void maintainers_free(struct maintainers *m);

/*
 * Whether the F: pattern of MAINTAINERS is about the file: a directory ("fs/xfs/") is about all
 * below it, and "*" stands for any part of one name.
 */
bool maintainers_match(const char *pattern, const char *file);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* A kernel bug as a mail for the kernel's lists. */
#ifndef DAXDM_BUG_MAIL_H
#define DAXDM_BUG_MAIL_H

#include "report/checks/bug_matrix.h"

#include <stdio.h>

/* Beside the entries: sections of the kernel's MAINTAINERS. */
#define BUG_MAIL_MAINTAINERS "MAINTAINERS.txt"

/*
 * Prints headers (To:, Cc:, Subject:) and text: what happens, kernels with and without it, the
 * reproducer whole, what it printed, the kernel's oops or warning, and the commit if it is known.
 * dir holds the entries, matrix_dir the matrix and bugs/NAME.txt.  Returns 0, or -errno after one
 * error line.
 */
int bug_mail_print(const struct known_bug *bug, const struct bug_matrix *m, const char *dir,
		   const char *matrix_dir, FILE *out);

/* The path of the reproducer of an entry (the first word of its key `reproducer`); returns -ENOENT
 * if that is no file. */
int bug_mail_reproducer(const struct known_bug *bug, const char *dir, char *path, size_t size);

/*
 * The lines of a kernel log that belong to its first oops or warning: from "cut here" or the first
 * complaint to the end of the trace.  n: of lines.  Returns how many there are, from *first.
 */
size_t bug_mail_find_splat(char *const *lines, size_t n, size_t *first);

#endif

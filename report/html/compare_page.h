/* SPDX-License-Identifier: GPL-2.0-only */
/* The page of a comparison of two kernels, or of a ladder of more. */
#ifndef DAXDM_COMPARE_PAGE_H
#define DAXDM_COMPARE_PAGE_H

#include "report/checks/behaviour_changes.h"
#include "report/compare/compare.h"

#include <stdio.h>

/*
 * Writes the page, with the ladder-*.svg of DIR.  checks and explained are those of a comparison
 * with a module or a kernel of the user's own, or NULL; all: also rows that are equal, which a
 * ladder always has.  Returns 0 or -errno.
 */
int compare_page_write(const struct comparison *c, const struct behaviour *checks,
		       const json_t *explained, bool all, const char *dir, FILE *out);

/* The page of runs of checks that are compared. */
int compare_page_write_checks(const struct behaviour *checks, bool forced, FILE *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The page of the same checks on several kernels. */
#ifndef DAXDM_BEHAVIOUR_PAGE_H
#define DAXDM_BEHAVIOUR_PAGE_H

#include "report/checks/behaviour_changes.h"

#include "report/table/grid.h"

#include <stdio.h>

enum { BEHAVIOUR_PAGE_RUNS_MAX = GRID_COLUMNS_MAX - 2 };

/*
 * Writes the page of runs that behaviour_add() added, at most BEHAVIOUR_PAGE_RUNS_MAX: outcomes by
 * kernel, by family and kernel, and each check that does not pass on all; and how many other runs
 * are left out.  Returns 0 or -errno.
 */
int behaviour_page_write(const struct behaviour *b, size_t left_out, FILE *out);

#endif

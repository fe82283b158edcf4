/* SPDX-License-Identifier: GPL-2.0-only */
/* Each metric over the kernels of a ladder, with the kernels at which it changed. */
#ifndef DAXDM_TRENDS_PAGE_H
#define DAXDM_TRENDS_PAGE_H

#include "report/compare/compare.h"

#include <stdio.h>

/*
 * Writes the page of a comparison of three kernels or more: the ten largest changes since the last
 * long-term kernel, of raw and of DM overhead, and a line per metric.  A change point is a step of
 * the threshold or more in which the ranges over the initial states are disjoint: numbers are
 * exact, so that no estimate is needed.  Returns 0 or -errno.
 */
int trends_page_write(const struct comparison *c, FILE *out);

#endif

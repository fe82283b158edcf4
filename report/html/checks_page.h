/* SPDX-License-Identifier: GPL-2.0-only */
/* The page of a run of checks: the verdicts by family, evidence folded. */
#ifndef DAXDM_CHECKS_PAGE_H
#define DAXDM_CHECKS_PAGE_H

#include "lib/run/run.h"

#include <stdio.h>

/* Writes the page of a run whose known failures are marked (check_run_judge()).  Returns 0 or
 * -errno. */
int checks_page_write(const struct run *run, FILE *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What the second sweep of `bench --counters` counted, per operation, for terminal and page. */
#ifndef DAXDM_COUNTERS_REPORT_H
#define DAXDM_COUNTERS_REPORT_H

#include "lib/run/run.h"
#include "report/findings/say.h"

#include <stdio.h>

/* What one sentence can say of a counter: it is the same everywhere, or nowhere to be had. */
void counters_report_say(const struct run *run, findings_say *say, void *arg);

/* A table for each counter that is not: variants by stacks. */
void counters_report_tables(const struct run *run, FILE *out);

#endif

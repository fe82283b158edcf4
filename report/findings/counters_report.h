/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of `bench --counters`, per operation, for terminal and HTML. */
#ifndef DAXDM_COUNTERS_REPORT_H
#define DAXDM_COUNTERS_REPORT_H

#include "lib/run/run.h"
#include "report/findings/say.h"

#include <stdio.h>

/* Counters that are equal in all passes, or unavailable. */
void counters_report_say(const struct run *run, findings_say *say, void *arg);

/* A table of variants by stacks per other counter. */
void counters_report_tables(const struct run *run, FILE *out);

#endif

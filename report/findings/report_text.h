/* SPDX-License-Identifier: GPL-2.0-only */
/* A run of benchmarks as text for a terminal. */
#ifndef DAXDM_REPORT_TEXT_H
#define DAXDM_REPORT_TEXT_H

#include "report/table/table.h"

/* More lines than two screens have are printed only if all is asked for. */
enum { REPORT_LINES_MAX = 100 };

/*
 * What was measured, the findings, what is missing, and the tables, in lines of width columns.
 * Unless all is set and if that is more than REPORT_LINES_MAX lines, only the findings that people
 * act on and one row for each section of the tables.  Returns whether it printed everything.
 */
bool report_text(const struct tables *tables, int width, bool all, FILE *out);

#endif

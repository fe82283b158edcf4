/* SPDX-License-Identifier: GPL-2.0-only */
/* A run of benchmarks as text for a terminal. */
#ifndef DAXDM_REPORT_TEXT_H
#define DAXDM_REPORT_TEXT_H

#include "report/table/table.h"

/* A longer report is printed in its short form unless all is set. */
enum { REPORT_LINES_MAX = 100 };

/*
 * Prints context, findings, gaps and tables in lines of width columns.  Unless all is set, a report
 * of more than REPORT_LINES_MAX lines is reduced to findings_main() and one row per section of the
 * tables.  Returns whether it printed everything.
 */
bool report_text(const struct tables *tables, int width, bool all, FILE *out);

#endif

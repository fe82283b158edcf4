/* SPDX-License-Identifier: GPL-2.0-only */
/* The pages of a run of benchmarks: report.html, and statistics.html with every statistic. */
#ifndef DAXDM_RUN_PAGE_H
#define DAXDM_RUN_PAGE_H

#include "report/table/table.h"

/* Writes report.html to out, with the *.svg plots in DIR.  Returns 0 or -errno. */
int run_page_write(const struct tables *tables, const char *dir, FILE *out);
/* The same of statistics.html. */
int run_page_write_statistics(const struct tables *tables, FILE *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Input of the scripts of plot/: TSV files, and plot.gp with numbers only. */
#ifndef DAXDM_PLOTDATA_H
#define DAXDM_PLOTDATA_H

#include "report/table/table.h"

struct comparison;
struct explanation;

/*
 * Writes plot.gp and the TSV files it names into the existing directory DIR.  draw_NAME in
 * plot.gp is 1 for each plot that the run has data for.
 * Returns 0 or -errno.
 */
int plotdata_write(const struct tables *tables, const char *dir);

/* The same of a comparison, for the plots of cost and DM overhead by kernel (plot_ladder.c). */
int plotdata_write_ladder(const struct comparison *c, const char *dir);

/* waterfall.gp and waterfall.tsv of an explanation (plot_waterfall.c).  Returns 0 or -errno. */
int plotdata_write_waterfall(const struct explanation *e, const char *dir);

#endif

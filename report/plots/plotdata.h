/* SPDX-License-Identifier: GPL-2.0-only */
/* What the scripts of plot/ draw from: numbers and words as TSV and, in plot.gp, numbers alone as
 * gnuplot settings. */
#ifndef DAXDM_PLOTDATA_H
#define DAXDM_PLOTDATA_H

#include "report/table/table.h"

/*
 * Writes plot.gp and the TSV files it names into the existing directory DIR.  plot.gp says in
 * draw_segments, draw_growth, draw_dist, draw_huge and draw_bio which plots the run has data for.
 * Returns 0 or -errno.
 */
int plotdata_write(const struct tables *tables, const char *dir);

#endif

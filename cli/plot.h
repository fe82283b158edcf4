/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to plotdata.c and the plot_*.c files: the panels, and helpers that write plot.gp and TSV
 * files.  Panel P (from 1) is filesystem P.  A colour column holds the number of a line type of
 * plot/style.gp.
 */
#ifndef DAXDM_PLOT_H
#define DAXDM_PLOT_H

#include "cli/cost.h"

#define PANELS_MAX 4
#define SERIES_MAX 2 /* PTE, PMD */
#define GROWING_MAX 4
#define LABELS_MAX (2 * GROWING_MAX) /* a line's own and its raw's */

struct plot_label {
	double x, y;
	char text[128];
	int colour;
};

struct plot_panel {
	const struct table *table;
	struct cost series[SERIES_MAX];
	size_t n_series;
	struct cost growing[GROWING_MAX];
	size_t n_growing;
};

struct plot {
	const struct tables *tables;
	const char *dir, *unit;
	struct plot_panel panel[PANELS_MAX];
	size_t n_panels;
	FILE *gp;
};

/* Opens DIR/NAME for writing; NULL with errno. */
__attribute__((format(printf, 2, 3))) FILE *plot_open(const struct plot *p, const char *fmt, ...);
/* Returns 0, or -EIO if anything written to it was lost. */
int plot_close(FILE *out);

/* NAME = 'TEXT', as a gnuplot string. */
void plot_put_string(FILE *gp, const char *name, const char *text);
/* NAME_lo, NAME_hi and NAME_tics, about COUNT of them; sign: with + before what is above zero. */
void plot_put_axis(FILE *gp, const char *name, double lo, double hi, int count, bool sign);

/* Moves at most LABELS_MAX labels apart, symmetrically, until no two are nearer than apart. */
void plot_spread(struct plot_label *label, size_t n, double apart);
/* Writes NAME-P-labels.tsv.  Returns 0 or -errno. */
int plot_put_labels(const struct plot *p, const char *name, size_t panel,
		    const struct plot_label *label, size_t n);

/* The series that titles are about: the first there is, or NULL. */
const struct cost *plot_first_series(const struct plot *p);

/* Each writes the data of its plots, and to plot.gp whether there is any.  Returns 0 or -errno. */
int plot_put_segments(const struct plot *p); /* fault-by-segments and fault-extra */
int plot_put_growth(const struct plot *p);   /* fault-growth */
int plot_put_dist(const struct plot *p);     /* fault-distribution */
int plot_put_huge(const struct plot *p);     /* huge-pages */
int plot_put_bio(const struct plot *p);	     /* bio-ratio */
int plot_put_table(const struct plot *p);    /* table-ops */

/* Whether the table has what table-ops draws. */
bool plot_has_table(const struct table *table);

#endif

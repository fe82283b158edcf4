/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to plotdata.c, plot.c and the plot_*.c files: the panels, and helpers that write plot.gp
 * and TSV files.  Panel P (from 1) is filesystem P.  A colour column holds the number of a line
 * type of plot/style.gp.
 *
 * gnuplot executes plot.gp, so it holds numbers only (draw.h): what comes from a run, a
 * kernel's release for one, must never be a command.  Words go into words.tsv, which gnuplot reads
 * as data, and plot.gp has their number: `bio_title = 3` is words[3] of the scripts in plot/.
 */
#ifndef DAXDM_PLOT_H
#define DAXDM_PLOT_H

#include "report/findings/cost.h"

struct comparison;

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
	struct plot_words *words;
	/* The same of each initial state that was measured as a whole, without files; titles have
	 * to hold in all of them. */
	struct plot *of_state;
	unsigned int *state;
	size_t n_states;
};

/* words.tsv: its number, a place on an axis (0 if it belongs to none), and the text. */
struct plot_words {
	FILE *out;
	size_t n;
};

/* Opens DIR/NAME for writing; NULL with errno. */
__attribute__((format(printf, 2, 3))) FILE *plot_open(const struct plot *p, const char *fmt, ...);
/* Returns 0, or -EIO if anything written to it was lost. */
int plot_close(FILE *out);

/* Opens plot.gp and words.tsv, and closes them.  Return 0 or -errno. */
int plot_begin(struct plot *p, struct plot_words *words);
int plot_end(struct plot *p);

/* Writes a column of text into a TSV file, so that gnuplot shows it as it is. */
void plot_put_text(FILE *tsv, const char *text);

/* NAME = N, the number of TEXT in words.tsv. */
void plot_put_string(const struct plot *p, const char *name, const char *text);

/* Writes a title; "" if it cannot be said. */
typedef void plot_title(const struct plot *p, char *buf, size_t size);
/* NAME = N, the number of the title; it names the initial states in which it does not hold. */
void plot_put_title(const struct plot *p, const char *name, plot_title *title);

/* NAME_tic_first and NAME_tic_last, the numbers of the tics put in between. */
void plot_tics_begin(const struct plot *p, const char *name);
void plot_put_tic(const struct plot *p, double at, const char *text);
void plot_tics_end(const struct plot *p, const char *name);

/* NAME_lo, NAME_hi and tics, about COUNT of them; sign: with + before what is above zero. */
void plot_put_axis(const struct plot *p, const char *name, double lo, double hi, int count,
		   bool sign);

/* The same of a logarithmic axis: 1, 2 and 5 of each power of ten if these are at most about COUNT,
 * or only 1. */
void plot_put_log_axis(const struct plot *p, const char *name, double lo, double hi, int count);

/* Moves labels vertically, symmetrically, to at least this distance from each other; all stay
 * within lo and hi, because gnuplot drops labels beyond. */
void plot_spread(struct plot_label *label, size_t n, double distance, double lo, double hi);
/* Writes NAME-P-labels.tsv.  Returns 0 or -errno. */
int plot_put_labels(const struct plot *p, const char *name, size_t panel,
		    const struct plot_label *label, size_t n);

/* The series in the titles: the first one, or NULL. */
const struct cost *plot_first_series(const struct plot *p);

/* Each writes the data of its plots, and draw_NAME to plot.gp.  Returns 0 or -errno. */
int plot_put_segments(const struct plot *p); /* fault-by-segments and fault-extra */
int plot_put_growth(const struct plot *p);   /* fault-growth */
int plot_put_dist(const struct plot *p);     /* fault-distribution */
int plot_put_pages(const struct plot *p);    /* fault-pages */
int plot_put_huge(const struct plot *p);     /* huge-pages */
int plot_put_bio(const struct plot *p);	     /* bio-ratio */
int plot_put_copy(const struct plot *p);     /* copy-cost */
int plot_put_table(const struct plot *p);    /* table-ops */
int plot_put_depth(const struct plot *p);    /* dm-depth */
/* ladder-paths */
int plot_put_paths(const struct plot *p, const struct comparison *c);

/* Whether the table has what table-ops draws. */
bool plot_has_table(const struct table *table);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plots of labelled lines, a panel for each filesystem, both axes logarithmic (plot/lines.gp).
 * Files of the plot NAME:
 *   NAME-P.tsv                panel P, one index per line: x, y, least, most, colour
 *   NAME-border-P-labels.tsv  where the lines end at the right border: x, y, text, colour
 *   NAME-inner-P-labels.tsv   where the others end
 */
#ifndef DAXDM_PLOT_LINES_H
#define DAXDM_PLOT_LINES_H

#include "report/plots/plot.h"

struct plot_lines {
	double x_lo, x_hi, lo, hi;
	size_t most_points; /* of a line */
	/* The line that is written. */
	FILE *out;
	int colour;
	size_t points;
	/* Where the lines end, of all panels one after the other. */
	struct plot_label *label;
	size_t n_labels, n[PANELS_MAX];
	bool no_memory;
};

struct plot_lines_kind {
	const char *name;
	/* Writes the lines of a panel by the functions below. */
	void (*put)(const struct plot *p, const struct table *t, struct plot_lines *lines);
	plot_title *title;
	/* The x axis has labels at the powers of x_step. */
	double x_step;
	/* The label at x; NULL: the number. */
	const char *(*x_text)(double x, char *buf, size_t size);
};

/* Begins a line in the I-th colour. */
void plot_lines_begin(struct plot_lines *lines, size_t i);
/* A point; left out unless x and all of y are above 0. */
void plot_lines_point(struct plot_lines *lines, double x, struct quantity y);
/* Ends the line: TEXT and its last y are its label.  Without a point there is no line. */
void plot_lines_end(struct plot_lines *lines, const char *text);

/* Writes the plot: its lines, its title, and draw_NAME, which is 0 unless a line has two points
 * at different x.  Returns 0 or -errno. */
int plot_lines_put(const struct plot *p, const struct plot_lines_kind *kind);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * table-ops: what device-mapper's operations on tables cost by the number of segments, both axes
 * logarithmic.  Files:
 *   table-P.tsv         panel P, one index per line: segments, cost, least, most
 *   table-P-labels.tsv  where the lines end: segments, cost, text, colour
 */
#include "lib/base/number.h"
#include "report/findings/fit_segments.h"
#include "report/plots/plot.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Line types of plot/style.gp. */
static const int colours[] = {3, 1, 2, 4, 5, 6, 7};

enum { N_COLOURS = sizeof(colours) / sizeof(colours[0]) };

/* The I-th role that has a line; NULL: there are no more. */
static const struct role *line_at(size_t i)
{
	const struct role *role;
	const char *bench;

	for (size_t r = 0; (role = role_at(r, &bench)); r++)
		if (role->line && !i--)
			return role;
	return NULL;
}

/* Shared by the panels. */
struct table_plot {
	double x_lo, x_hi, lo, hi;
	size_t most_points;
	size_t places; /* for the lines of a panel */
};

static const struct table_row *find_row(const struct table *t, const struct role *role)
{
	for (size_t r = 0; r < t->n_rows; r++)
		if (t->rows[r].role == role)
			return &t->rows[r];
	return NULL;
}

static const struct table_row *find_headline(const struct table *t)
{
	for (size_t r = 0; r < t->n_rows; r++)
		if (t->rows[r].role->line && t->rows[r].role->headline)
			return &t->rows[r];
	return NULL;
}

bool plot_has_table(const struct table *t)
{
	for (size_t r = 0; r < t->n_rows; r++)
		if (t->rows[r].role->line)
			return true;
	return false;
}

/* One line over the plain stacks; the label is where it ends.  Returns how many points it has. */
static size_t put_line(const struct table *t, const struct table_row *row, FILE *out,
		       struct plot_label *label, struct table_plot *plot)
{
	char target[32];
	size_t n = 0;

	for (size_t c = 0; c < t->n_columns; c++) {
		const struct run_record *rec = row->cell[t->columns[c]];
		struct quantity q;
		double x, y;

		if (!rec || rec->median <= 0 || over_states_median(rec).least <= 0 ||
		    !cost_plain(rec->stack, target))
			continue;
		x = (double)rec->segments;
		y = (double)rec->median;
		q = over_states_median(rec);
		fprintf(out, "%.0f\t%.0f\t%lld\t%lld\n", x, y, (long long)q.least,
			(long long)q.most);
		plot->x_lo = plot->x_lo > 0 ? fmin(plot->x_lo, x) : x;
		plot->x_hi = fmax(plot->x_hi, x);
		plot->lo = plot->lo > 0 ? fmin(plot->lo, (double)q.least) : (double)q.least;
		plot->hi = fmax(plot->hi, (double)q.most);
		label->x = x;
		label->y = log10(y);
		n++;
	}
	if (n)
		fputs("\n\n", out);
	return n;
}

static int put_panel(const struct plot *p, size_t panel, struct plot_label *label, size_t *n_lines,
		     struct table_plot *plot)
{
	const struct table *t = p->panel[panel].table;
	FILE *out = plot_open(p, "table-%zu.tsv", panel + 1);
	const struct role *role;

	if (!out)
		return -errno;
	fputs("# segments, median, least, most\n", out);
	*n_lines = 0;
	for (size_t l = 0; (role = line_at(l)); l++) {
		const struct table_row *row = find_row(t, role);
		struct plot_label *at = &label[*n_lines];
		size_t n = row ? put_line(t, row, out, at, plot) : 0;

		if (!n)
			continue;
		snprintf(at->text, sizeof(at->text), "%s %s", role->line,
			 number(number_round(pow(10, at->y))).s);
		at->colour = colours[l % N_COLOURS];
		++*n_lines;
		fprintf(p->gp, "table_colour[%zu] = %d\n", panel * plot->places + *n_lines,
			at->colour);
		plot->most_points = n > plot->most_points ? n : plot->most_points;
	}
	fprintf(p->gp, "table_n[%zu] = %zu\n", panel + 1, *n_lines);
	return plot_close(out);
}

/* The fit of the headline operation. */
static void write_title(const struct plot *p, char *title, size_t size)
{
	for (size_t i = 0; i < p->n_panels; i++) {
		const struct table *t = p->panel[i].table;
		const struct table_row *row = find_headline(t);
		struct segment_fit fit;

		if (!row || !fit_segments_of(t, row, &fit) ||
		    fit_segments_shape(&fit) != FIT_SEGMENTS_LINE || fit.base < 0)
			continue;
		snprintf(title, size, "Table %s: %s %s per segment + %s constant", row->role->line,
			 number_tenths(fit.per_segment).s, t->unit,
			 number(number_round(fit.base)).s);
		return;
	}
	snprintf(title, size, "Cost of device-mapper ioctls");
}

/* Powers of BASE^STEP within the axis. */
static void put_tics(const struct plot *p, const char *name, double lo, double hi, double step)
{
	fprintf(p->gp, "%s_lo = %.6g\n%s_hi = %.6g\n", name, lo, name, hi);
	plot_tics_begin(p, name);
	for (double at = 1; at <= hi; at *= step)
		if (at >= lo)
			plot_put_tic(p, at, number(number_round(at)).s);
	plot_tics_end(p, name);
}

/* The labels of all panels, at the ends of their lines.  Returns 0 or -errno. */
static int put_all_labels(const struct plot *p, const struct table_plot *plot,
			  struct plot_label *label, const size_t *n)
{
	int rc = 0;

	for (size_t i = 0; i < p->n_panels && !rc; i++, label += plot->places) {
		/* Distances on the logarithmic axis. */
		plot_spread(label, n[i], log10(plot->hi / plot->lo) / 20, log10(plot->lo),
			    log10(plot->hi));
		for (size_t l = 0; l < n[i]; l++)
			label[l].y = pow(10, label[l].y);
		rc = plot_put_labels(p, "table", i, label, n[i]);
	}
	return rc;
}

int plot_put_table(const struct plot *p)
{
	struct table_plot plot = {.places = 1};
	struct plot_label *label;
	size_t n[PANELS_MAX] = {0};
	int rc = 0;

	while (line_at(plot.places))
		plot.places++;
	label = calloc(PANELS_MAX * plot.places, sizeof(*label));
	if (!label)
		return -ENOMEM;
	fprintf(p->gp, "array table_n[%d]\narray table_colour[%zu]\ntable_places = %zu\n",
		PANELS_MAX, PANELS_MAX * plot.places, plot.places);
	for (size_t i = 0; i < p->n_panels && !rc; i++)
		rc = put_panel(p, i, label + i * plot.places, &n[i], &plot);
	/* A line needs two points. */
	fprintf(p->gp, "draw_table = %d\n", !rc && plot.most_points > 1 ? 1 : 0);
	if (!rc && plot.most_points > 1) {
		plot.lo /= 1.5;
		plot.hi *= 1.5;
		plot_put_title(p, "table_title", write_title);
		put_tics(p, "table_x", plot.x_lo, plot.x_hi, 4);
		put_tics(p, "table", plot.lo, plot.hi, 10);
		rc = put_all_labels(p, &plot, label, n);
	}
	free(label);
	return rc;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * bio-ratio: cost of a read or write without DAX relative to DAX, by size.
 * Files:
 *   bio-P.tsv         panel P, one index per line: bytes, multiple, least, most
 *   bio-P-labels.tsv  where the lines end: bytes, multiple, text, colour
 */
#include "report/findings/fallback_cost.h"
#include "report/plots/plot.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { LINES_MAX = 4 };

static const char *const ops[] = {"read", "write"};

/* Shared by the panels. */
struct bio_plot {
	double x_lo, x_hi, lo, hi;
	size_t most_sizes;
};

/* Raw and the stack that findings name; returns how many. */
static size_t find_stacks(const struct plot *p, const struct table *t, size_t stacks[2])
{
	long dm = cost_dm_stack(p->tables, t, role_bench(ROLE_FILE_IO));
	size_t n = 0;

	if (p->tables->raw >= 0)
		stacks[n++] = (size_t)p->tables->raw;
	if (dm >= 0)
		stacks[n++] = (size_t)dm;
	return n;
}

/* One line; the label is where it ends.  Returns how many points it has. */
static size_t put_line(const struct table *t, size_t stack, const char *op, FILE *out,
		       struct plot_label *label, struct bio_plot *plot)
{
	const char *size;
	size_t n = 0;

	for (size_t i = 0; (size = fallback_cost_size(t, op, i)); i++) {
		const struct real_range range =
			fallback_cost_ratio_range(t, stack, "direct", op, "", size);
		double ratio = range.median;
		double bytes = fallback_cost_size_bytes(size);

		if (ratio <= 0 || bytes <= 0)
			continue;
		fprintf(out, "%.0f\t%.4f\t%.4f\t%.4f\n", bytes, ratio, range.least, range.most);
		plot->x_lo = plot->x_lo > 0 ? fmin(plot->x_lo, bytes) : bytes;
		plot->x_hi = fmax(plot->x_hi, bytes);
		plot->hi = fmax(plot->hi, range.most);
		if (range.least < ratio)
			plot->lo = fmin(plot->lo, range.least);
		label->x = bytes;
		label->y = ratio;
		n++;
	}
	if (n)
		fputs("\n\n", out);
	return n;
}

static int put_panel(const struct plot *p, size_t panel, struct plot_label *label, size_t *n_lines,
		     struct bio_plot *plot)
{
	const struct table *t = p->panel[panel].table;
	FILE *out = plot_open(p, "bio-%zu.tsv", panel + 1);
	size_t stacks[2], n_stacks = find_stacks(p, t, stacks), n_raw = 0;

	if (!out)
		return -errno;
	fputs("# bytes, cost relative to DAX, least, most\n", out);
	*n_lines = 0;
	for (size_t s = 0; s < n_stacks; s++) {
		for (size_t o = 0; o < sizeof(ops) / sizeof(ops[0]); o++) {
			struct plot_label *l = &label[*n_lines];
			size_t n = put_line(t, stacks[s], ops[o], out, l, plot);

			if (!n)
				continue;
			snprintf(l->text, sizeof(l->text), "%s, %s", ops[o],
				 p->tables->run->stacks.name[stacks[s]]);
			l->colour = (int)o + 1;
			fprintf(p->gp, "bio_colour[%zu] = %d\n", panel * LINES_MAX + *n_lines + 1,
				l->colour);
			n_raw += p->tables->raw == (long)stacks[s];
			++*n_lines;
			if (n > plot->most_sizes)
				plot->most_sizes = n;
		}
	}
	fprintf(p->gp, "bio_n[%zu] = %zu\nbio_raw[%zu] = %zu\n", panel + 1, *n_lines, panel + 1,
		n_raw);
	return plot_close(out);
}

static void write_title(const struct plot *p, char *title, size_t size)
{
	for (size_t i = 0; i < p->n_panels; i++) {
		const struct table *t = p->panel[i].table;
		const char *least = fallback_cost_size(t, "read", 0);
		size_t stacks[2], n = find_stacks(p, t, stacks);
		double ratio = least && n ? fallback_cost_ratio(t, stacks[n - 1], "direct", "read",
								"", least)
					  : 0;

		if (ratio <= 0)
			continue;
		snprintf(title, size,
			 "%s read without DAX on %s: %.1fx the cost with DAX (%s, O_DIRECT)",
			 fallback_cost_size_words(least).s,
			 p->tables->run->stacks.name[stacks[n - 1]], ratio, table_fs(t));
		return;
	}
	snprintf(title, size, "Cost of reads and writes without DAX");
}

static void put_sizes(const struct plot *p)
{
	const char *size;

	plot_tics_begin(p, "bio");
	for (size_t i = 0; p->n_panels && (size = fallback_cost_size(p->panel[0].table, "read", i));
	     i++)
		plot_put_tic(p, fallback_cost_size_bytes(size), fallback_cost_size_words(size).s);
	plot_tics_end(p, "bio");
}

int plot_put_bio(const struct plot *p)
{
	struct plot_label label[PANELS_MAX][LINES_MAX];
	struct bio_plot plot = {.lo = 1, .hi = 1};
	size_t n[PANELS_MAX] = {0};
	double top;
	int rc = 0;

	fprintf(p->gp,
		"array bio_n[%d]\narray bio_colour[%d]\narray bio_raw[%d]\nbio_places = %d\n",
		PANELS_MAX, PANELS_MAX * LINES_MAX, PANELS_MAX, LINES_MAX);
	for (size_t i = 0; i < p->n_panels && !rc; i++)
		rc = put_panel(p, i, label[i], &n[i], &plot);
	top = fmax(1.1, 1 + (plot.hi - 1) * 1.15);
	plot.lo = 1 - (1 - plot.lo) * 1.15;
	for (size_t i = 0; i < p->n_panels && !rc; i++) {
		plot_spread(label[i], n[i], (top - plot.lo) / 18, plot.lo, top);
		rc = plot_put_labels(p, "bio", i, label[i], n[i]);
	}
	/* A line needs two points. */
	fprintf(p->gp, "draw_bio = %d\n", !rc && plot.most_sizes > 1 ? 1 : 0);
	if (rc || plot.most_sizes < 2)
		return rc;
	plot_put_title(p, "bio_title", write_title);
	put_sizes(p);
	fprintf(p->gp, "bio_x_lo = %.0f\nbio_x_hi = %.0f\nbio_lo = %.6g\nbio_hi = %.4f\n",
		plot.x_lo, plot.x_hi, plot.lo, top);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "report/plots/plot_lines.h"
#include "lib/base/memory.h"
#include "lib/base/number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Line types of plot/style.gp. */
static const int colours[] = {3, 1, 2, 4, 5, 6, 7};

enum { N_COLOURS = sizeof(colours) / sizeof(colours[0]) };

void plot_lines_begin(struct plot_lines *l, size_t i)
{
	struct plot_label *more =
		memory_check(realloc(l->label, (l->n_labels + 1) * sizeof(*more)));

	l->no_memory |= !more;
	l->label = more ? more : l->label;
	l->colour = colours[i % N_COLOURS];
	l->points = 0;
}

void plot_lines_point(struct plot_lines *l, double x, struct quantity y)
{
	if (x <= 0 || y.least <= 0 || l->no_memory)
		return;
	fprintf(l->out, "%.0f\t%lld\t%lld\t%lld\t%d\n", x, (long long)y.median, (long long)y.least,
		(long long)y.most, l->colour);
	l->x_lo = l->x_lo > 0 ? fmin(l->x_lo, x) : x;
	l->x_hi = fmax(l->x_hi, x);
	l->lo = l->lo > 0 ? fmin(l->lo, (double)y.least) : (double)y.least;
	l->hi = fmax(l->hi, (double)y.most);
	l->label[l->n_labels].x = x;
	l->label[l->n_labels].y = (double)y.median;
	l->points++;
}

void plot_lines_end(struct plot_lines *l, const char *text)
{
	struct plot_label *at = &l->label[l->n_labels];

	if (!l->points)
		return;
	fputs("\n\n", l->out);
	at->colour = l->colour;
	snprintf(at->text, sizeof(at->text), "%s %s", text, number(number_round(at->y)).s);
	l->n_labels++;
	l->most_points = l->points > l->most_points ? l->points : l->most_points;
}

static int put_panel(const struct plot *p, const struct plot_lines_kind *kind, size_t panel,
		     struct plot_lines *l)
{
	size_t before = l->n_labels;
	int rc;

	l->out = plot_open(p, "%s-%zu.tsv", kind->name, panel + 1);
	if (!l->out)
		return -errno;
	fputs("# x, median, least, most, colour\n", l->out);
	kind->put(p, p->panel[panel].table, l);
	l->n[panel] = l->n_labels - before;
	fprintf(p->gp, "%s_n_%zu = %zu\n", kind->name, panel + 1, l->n[panel]);
	rc = plot_close(l->out);
	return l->no_memory ? -ENOMEM : rc;
}

/* Powers of the step within the axis. */
static void put_x_axis(const struct plot *p, const struct plot_lines_kind *kind,
		       const struct plot_lines *l)
{
	char name[64], buf[64];

	snprintf(name, sizeof(name), "%s_x", kind->name);
	fprintf(p->gp, "%s_lo = %.17g\n%s_hi = %.17g\n", name, l->x_lo, name, l->x_hi);
	plot_tics_begin(p, name);
	for (double at = 1; at <= l->x_hi; at *= kind->x_step)
		if (at >= l->x_lo)
			plot_put_tic(p, at,
				     kind->x_text ? kind->x_text(at, buf, sizeof(buf))
						  : number(number_round(at)).s);
	plot_tics_end(p, name);
}

/* NAME-P-END-labels.tsv and NAME_END_P: labels of lines that end at the right border, or of those
 * that end before it.  Returns 0 or -errno. */
static int put_ends(const struct plot *p, const char *name, size_t panel, bool border,
		    const struct plot_lines *l, const struct plot_label *label)
{
	const char *end = border ? "border" : "inner";
	struct plot_label *some = memory_check(calloc(l->n[panel] + 1, sizeof(*some)));
	char file[64];
	size_t n = 0;
	int rc = -ENOMEM;

	for (size_t i = 0; some && i < l->n[panel]; i++)
		if ((label[i].x >= l->x_hi) == border)
			some[n++] = label[i];
	fprintf(p->gp, "%s_%s_%zu = %zu\n", name, end, panel + 1, n);
	snprintf(file, sizeof(file), "%s-%s", name, end);
	if (some)
		rc = plot_put_labels(p, file, panel, some, n);
	free(some);
	return rc;
}

/* The labels of all panels, at the ends of their lines.  Returns 0 or -errno. */
static int put_labels(const struct plot *p, const struct plot_lines_kind *kind,
		      struct plot_lines *l)
{
	struct plot_label *label = l->label;
	int rc = 0;

	for (size_t i = 0; i < p->n_panels && !rc; label += l->n[i++]) {
		/* Distances on the logarithmic axis. */
		for (size_t j = 0; j < l->n[i]; j++)
			label[j].y = log10(label[j].y);
		plot_spread(label, l->n[i], log10(l->hi / l->lo) / 20, log10(l->lo), log10(l->hi));
		for (size_t j = 0; j < l->n[i]; j++)
			label[j].y = pow(10, label[j].y);
		rc = put_ends(p, kind->name, i, true, l, label);
		if (!rc)
			rc = put_ends(p, kind->name, i, false, l, label);
	}
	return rc;
}

int plot_lines_put(const struct plot *p, const struct plot_lines_kind *kind)
{
	struct plot_lines l = {0};
	char name[64];
	bool draw;
	int rc = 0;

	for (size_t i = 0; i < p->n_panels && !rc; i++)
		rc = put_panel(p, kind, i, &l);
	draw = !rc && l.most_points > 1 && l.x_hi > l.x_lo;
	fprintf(p->gp, "draw_%s = %d\n", kind->name, draw);
	if (draw) {
		l.lo /= 1.5;
		l.hi *= 1.5;
		snprintf(name, sizeof(name), "%s_title", kind->name);
		plot_put_title(p, name, kind->title);
		put_x_axis(p, kind, &l);
		plot_put_log_axis(p, kind->name, l.lo, l.hi, 9);
		rc = put_labels(p, kind, &l);
	}
	free(l.label);
	return rc;
}

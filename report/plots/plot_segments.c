// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plots over the number of segments: fault-by-segments, fault-extra and fault-growth.  Files of
 * panel P:
 *   segments-P.tsv         blocks, one per line: segments, median, DM overhead, colour; least and
 *                          most over the initial states: of the median, of the DM overhead
 *                          (growth-P.tsv: the same, of the growing faults)
 *   segments-P-labels.tsv  x, y, text, colour   (extra-P-, growth-P-labels.tsv: the same)
 *   extra-P-others.tsv     blocks, one per further variant: segments, DM overhead, least, most
 */
#include "lib/base/number.h"
#include "lib/base/text.h"
#include "report/plots/plot.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Minimum distance of two labels as a part of the axis. */
#define LABEL_APART 0.06
/* The segments axis extends by this factor at both ends, as in the scripts; text over a line takes
 * this part of it. */
#define X_MARGIN 1.35
#define WORDS_PART 0.39

static const char *page_words(enum run_page page)
{
	return page == RUN_PAGE_PMD ? "2 MiB" : "4 KiB";
}

/* The plain stacks of the series' target, in order of their segments. */
static size_t plain_cells(const struct cost *c, const struct run_record **cell)
{
	size_t n = 0;
	char target[32];

	for (size_t i = 0; i < c->table->n_columns; i++) {
		const struct run_record *rec = c->row->cell[c->table->columns[i]];
		size_t at = n;

		if (!rec || rec->segments < 1 || !cost_plain(rec->stack, target) ||
		    strcmp(target, c->target))
			continue;
		for (; at && cell[at - 1]->segments > rec->segments; at--)
			cell[at] = cell[at - 1];
		cell[at] = rec;
		n++;
	}
	return n;
}

/* The ranges shared by all panels of a plot. */
struct ranges {
	double x_min, x_max, lo, hi, extra_lo, extra_hi;
};

/* The upper end of its bar. */
static double most_of(const struct run_record *rec)
{
	return (double)over_states_median(rec).most;
}

static double least_of(const struct run_record *rec)
{
	return (double)over_states_median(rec).least;
}

/* The maximum of the line below its text, which starts at the left end and takes less than half of
 * the axis. */
static double below_words(const struct run_record *const *cell, size_t n, const struct ranges *g)
{
	double axis = log2(g->x_max * X_MARGIN) - log2(g->x_min / X_MARGIN);
	double end = log2(g->x_min) + WORDS_PART * axis, top = n ? most_of(cell[0]) : g->lo;

	for (size_t i = 1; i < n; i++) {
		double x0 = log2((double)cell[i - 1]->segments), y0 = most_of(cell[i - 1]);
		double x1 = log2((double)cell[i]->segments), y1 = most_of(cell[i]);

		if (x0 >= end)
			break;
		top = fmax(top, x1 > end ? y0 + (y1 - y0) * (end - x0) / (x1 - x0) : y1);
	}
	return top;
}

/* Lines of one panel: what goes into NAME-P.tsv and into the arrays NAME_*. */
struct curves {
	const char *name;
	const struct cost *cost;
	size_t n, places; /* places: of the arrays, per panel */
};

static void put_point(FILE *out, const struct cost *c, const struct run_record *rec)
{
	const struct quantity median = over_states_median(rec), extra = cost_extra(c, rec);

	fprintf(out, "%lld\t%lld\t%lld\t%d\t%lld\t%lld\t%lld\t%lld\n", (long long)rec->segments,
		(long long)median.median, (long long)extra.median, (int)c->row->page + 1,
		(long long)median.least, (long long)median.most, (long long)extra.least,
		(long long)extra.most);
}

static int put_curves(const struct plot *p, size_t panel, const struct curves *curves,
		      const struct ranges *g)
{
	const struct run_record **cell = calloc(p->tables->run->stacks.n, sizeof(*cell));
	FILE *out = plot_open(p, "%s-%zu.tsv", curves->name, panel + 1);

	if (!cell || !out) {
		free(cell);
		return -errno;
	}
	fprintf(p->gp, "%s_n[%zu] = %zu\n", curves->name, panel + 1, curves->n);
	for (size_t s = 0; s < curves->n; s++) {
		const struct cost *c = &curves->cost[s];
		size_t n = plain_cells(c, cell), place = panel * curves->places + s + 1;
		const struct quantity raw = over_states_median(c->raw);
		char name[64], words[256];

		snprintf(name, sizeof(name), "%s_words[%zu]", curves->name, place);
		plot_put_string(p, name, cost_words(c->row, words, sizeof(words)));
		fprintf(p->gp, "%s_raw[%zu] = %lld\n%s_over[%zu] = %.6g\n%s_colour[%zu] = %d\n",
			curves->name, place, (long long)c->raw->median, curves->name, place,
			below_words(cell, n, g), curves->name, place, (int)c->row->page + 1);
		fprintf(p->gp, "%s_raw_least[%zu] = %lld\n%s_raw_most[%zu] = %lld\n", curves->name,
			place, (long long)raw.least, curves->name, place, (long long)raw.most);
		fputs("# segments, median, DM overhead, colour, range of each\n", out);
		for (size_t i = 0; i < n; i++)
			put_point(out, c, cell[i]);
		fputs("\n\n", out);
	}
	free(cell);
	return plot_close(out);
}

static void put_arrays(const struct plot *p, const char *name, size_t places)
{
	size_t all = PANELS_MAX * places;

	fprintf(p->gp,
		"%s_places = %zu\narray %s_n[%d]\narray %s_words[%zu]\narray %s_raw[%zu]\n"
		"array %s_over[%zu]\narray %s_colour[%zu]\narray %s_raw_least[%zu]\n"
		"array %s_raw_most[%zu]\n",
		name, places, name, PANELS_MAX, name, all, name, all, name, all, name, all, name,
		all, name, all);
}

/* Labels of one panel of fault-by-segments: at the right end of each line and of its raw. */
static int put_segment_labels(const struct plot *p, size_t panel, const struct ranges *g)
{
	const struct plot_panel *pn = &p->panel[panel];
	struct plot_label label[LABELS_MAX];
	size_t n = 0;

	for (size_t s = 0; s < pn->n_series; s++) {
		const struct cost *c = &pn->series[s];
		int colour = (int)c->row->page + 1;

		label[n] = (struct plot_label){g->x_max, (double)c->many->median, "", colour};
		snprintf(label[n++].text, sizeof(label->text), "%s  %s (%s)",
			 page_words(c->row->page), number(c->many->median).s,
			 number_percent(cost_extra(c, c->many).median, c->raw->median).s);
		label[n] = (struct plot_label){g->x_max, (double)c->raw->median, "", colour};
		snprintf(label[n++].text, sizeof(label->text), "raw  %s", number(c->raw->median).s);
	}
	plot_spread(label, n, (g->hi - g->lo) * LABEL_APART, g->lo, g->hi);
	return plot_put_labels(p, "segments", panel, label, n);
}

static int put_extra_labels(const struct plot *p, size_t panel, const struct ranges *g)
{
	const struct plot_panel *pn = &p->panel[panel];
	struct plot_label label[LABELS_MAX];
	size_t n = 0;

	for (size_t s = 0; s < pn->n_series; s++) {
		const struct cost *c = &pn->series[s];
		int64_t extra = cost_extra(c, c->many).median;

		label[n] = (struct plot_label){g->x_max, (double)extra, "", (int)c->row->page + 1};
		snprintf(label[n++].text, sizeof(label->text), "%s  %s (%s)",
			 page_words(c->row->page), number_signed(extra).s,
			 number_percent(extra, c->raw->median).s);
	}
	plot_spread(label, n, (g->extra_hi - g->extra_lo) * LABEL_APART, g->extra_lo, g->extra_hi);
	return plot_put_labels(p, "extra", panel, label, n);
}

/* DM overhead of all other fault variants, for the background; *beyond counts those off the
 * axis. */
static int put_others(const struct plot *p, size_t panel, double lo, double hi, size_t *n_others,
		      size_t *beyond)
{
	const struct table *t = p->panel[panel].table;
	const struct run_record **cell = calloc(p->tables->run->stacks.n, sizeof(*cell));
	FILE *out = plot_open(p, "extra-%zu-others.tsv", panel + 1);

	if (!cell || !out) {
		free(cell);
		return -errno;
	}
	for (size_t r = 0; r < t->n_rows; r++) {
		struct cost c;
		size_t n;
		bool out_of_axis = false;

		if (t->rows[r].role->kind != ROLE_FAULT ||
		    &t->rows[r] == cost_headline(t, t->rows[r].bench, t->rows[r].page) ||
		    !cost_find(p->tables, t, &t->rows[r], NULL, &c))
			continue;
		n = plain_cells(&c, cell);
		fputs("# segments, DM overhead, least, most\n", out);
		for (size_t i = 0; i < n; i++) {
			const struct quantity q = cost_extra(&c, cell[i]);
			double extra = (double)q.median;

			out_of_axis = out_of_axis || extra < lo || extra > hi;
			fprintf(out, "%lld\t%lld\t%lld\t%lld\n", (long long)cell[i]->segments,
				(long long)q.median, (long long)q.least, (long long)q.most);
		}
		fputs("\n\n", out);
		(*n_others)++;
		*beyond += out_of_axis;
	}
	free(cell);
	return plot_close(out);
}

/* "+188 insn (+4.7 %) on ext4, +190 insn (+4.5 %) on xfs" for the page size's series. */
static void title_extras(const struct plot *p, enum run_page page, char *buf, size_t size)
{
	*buf = '\0';
	for (size_t i = 0; i < p->n_panels; i++) {
		for (size_t s = 0; s < p->panel[i].n_series; s++) {
			const struct cost *c = &p->panel[i].series[s];
			int64_t extra = cost_extra(c, c->at).median;
			size_t used = strlen(buf);

			if (c->row->page != page)
				continue;
			snprintf(buf + used, size - used, "%s%s %s (%s) on %s", used ? ", " : "",
				 number_signed(extra).s, p->unit,
				 number_percent(extra, c->raw->median).s, table_fs(c->table));
		}
	}
}

static void write_segments_title(const struct plot *p, char *title, size_t size)
{
	const struct cost *c = plot_first_series(p);
	char words[256], extras[256];

	if (!c)
		return;
	title_extras(p, c->row->page, extras, sizeof(extras));
	snprintf(title, size, "dm-%s with %s segment%s, %s: %s", c->target,
		 number(c->at->segments).s, c->at->segments == 1 ? "" : "s",
		 cost_words(c->row, words, sizeof(words)), extras);
}

static void write_extra_title(const struct plot *p, char *title, size_t size)
{
	const struct cost *c = plot_first_series(p);
	char trend[128];

	if (!c || c->n_stacks < 2) {
		write_segments_title(p, title, size);
		return;
	}
	snprintf(title, size, "dm-%s on %s: %s %s with %s segment%s, %s with %s; %s", c->target,
		 table_fs(c->table), number_signed(cost_extra(c, c->few).median).s, p->unit,
		 number(c->few->segments).s, c->few->segments == 1 ? "" : "s",
		 number_signed(cost_extra(c, c->many).median).s, number(c->many->segments).s,
		 cost_trend(c, trend, sizeof(trend)));
}

static void put_segment_tics(const struct plot *p, const char *name, double x_min, double x_max)
{
	fprintf(p->gp, "%s_lo = %g\n%s_hi = %g\n", name, x_min, name, x_max);
	plot_tics_begin(p, name);
	for (double x = 1; x <= x_max; x *= x_max > 64 ? 4 : 2)
		if (x >= x_min)
			plot_put_tic(p, x, number((int64_t)x).s);
	plot_tics_end(p, name);
}

static void find_ranges(const struct plot *p, struct ranges *g)
{
	bool any = false;

	*g = (struct ranges){1, 1, 0, 1, 0, 1};
	for (size_t i = 0; i < p->n_panels; i++) {
		for (size_t s = 0; s < p->panel[i].n_series; s++) {
			const struct cost *c = &p->panel[i].series[s];
			double low = fmin(least_of(c->raw), least_of(c->few));
			double high = fmax(most_of(c->raw), most_of(c->many));
			const struct quantity few = cost_extra(c, c->few),
					      many = cost_extra(c, c->many);

			g->lo = any ? fmin(g->lo, low) : low;
			g->hi = any ? fmax(g->hi, high) : high;
			g->x_min = any ? fmin(g->x_min, (double)c->few->segments)
				       : (double)c->few->segments;
			g->x_max = fmax(g->x_max, (double)c->many->segments);
			g->extra_lo =
				fmin(g->extra_lo, fmin((double)few.least, (double)many.least));
			g->extra_hi = fmax(g->extra_hi, fmax((double)few.most, (double)many.most));
			any = true;
		}
	}
	/* Room for the text over the lines; the overhead axis includes zero. */
	g->lo -= 0.10 * (g->hi - g->lo) + 1;
	g->hi += 0.14 * (g->hi - g->lo) + 1;
	g->extra_hi = fmax(g->extra_hi * 1.45, 4);
	g->extra_lo = g->extra_lo < 0 ? g->extra_lo * 1.2 : 0;
}

/* "warm 4 KiB read fault and warm 2 MiB read fault": the series, for the subtitle. */
static void put_extra_words(const struct plot *p)
{
	const struct plot_panel *most = &p->panel[0];
	char words[256], text[512] = "";

	for (size_t i = 1; i < p->n_panels; i++)
		most = p->panel[i].n_series > most->n_series ? &p->panel[i] : most;
	for (size_t s = 0; s < most->n_series; s++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", s ? " and " : "",
			 cost_words(most->series[s].row, words, sizeof(words)));
	plot_put_string(p, "extra_words", text);
}

int plot_put_segments(const struct plot *p)
{
	const struct cost *c = plot_first_series(p);
	size_t others = 0, beyond = 0, growing = 0;
	struct ranges g;
	char note[128] = "";
	int rc = 0;

	fprintf(p->gp, "draw_segments = %d\n", c ? 1 : 0);
	if (!c)
		return 0;
	find_ranges(p, &g);
	plot_put_title(p, "segments_title", write_segments_title);
	plot_put_title(p, "extra_title", write_extra_title);
	put_segment_tics(p, "x", g.x_min, g.x_max);
	plot_put_axis(p, "segments", g.lo, g.hi, 6, false);
	plot_put_axis(p, "extra", g.extra_lo, g.extra_hi, 6, true);
	put_arrays(p, "segments", SERIES_MAX);
	fprintf(p->gp, "array others_n[%d]\n", PANELS_MAX);
	for (size_t i = 0; i < p->n_panels && !rc; i++) {
		const struct curves curves = {"segments", p->panel[i].series, p->panel[i].n_series,
					      SERIES_MAX};
		size_t before = others;

		rc = put_curves(p, i, &curves, &g);
		growing += p->panel[i].n_growing;
		if (!rc)
			rc = put_segment_labels(p, i, &g);
		if (!rc)
			rc = put_extra_labels(p, i, &g);
		if (!rc)
			rc = put_others(p, i, g.extra_lo, g.extra_hi, &others, &beyond);
		fprintf(p->gp, "others_n[%zu] = %zu\n", i + 1, others - before);
	}
	put_extra_words(p);
	if (others)
		snprintf(note, sizeof(note), "; grey: other variants");
	if (beyond)
		snprintf(note + strlen(note), sizeof(note) - strlen(note),
			 " (%zu of %zu off the axis: %s)", beyond, others,
			 growing ? "see fault-growth and the table" : "see the table");
	plot_put_string(p, "extra_note", note);
	return rc;
}

static int put_growth_labels(const struct plot *p, size_t panel, const struct ranges *g)
{
	const struct plot_panel *pn = &p->panel[panel];
	struct plot_label label[LABELS_MAX];
	size_t n = 0;

	/* Apart by what the eye sees: the axis is logarithmic. */
	for (size_t s = 0; s < pn->n_growing; s++) {
		const struct cost *c = &pn->growing[s];
		double times = over_states_ratio(c->many, c->raw).median;
		int colour = (int)c->row->page + 1;

		label[n] =
			(struct plot_label){g->x_max, log10((double)c->many->median), "", colour};
		snprintf(label[n++].text, sizeof(label->text), "%s (%.*f × raw)",
			 number(c->many->median).s, times < 9.95, times);
		label[n] = (struct plot_label){g->x_max, log10((double)c->raw->median), "", colour};
		snprintf(label[n++].text, sizeof(label->text), "raw  %s", number(c->raw->median).s);
	}
	plot_spread(label, n, log10(g->hi / g->lo) * LABEL_APART, log10(g->lo), log10(g->hi));
	for (size_t i = 0; i < n; i++)
		label[i].y = pow(10, label[i].y);
	return plot_put_labels(p, "growth", panel, label, n);
}

/* The row that grows most, or NULL. */
static const struct cost *find_worst(const struct plot *p)
{
	for (size_t i = 0; i < p->n_panels; i++)
		if (p->panel[i].n_growing)
			return &p->panel[i].growing[0];
	return NULL;
}

/* What the worst row does, and how many times raw it costs on each filesystem. */
static void write_growth_title(const struct plot *p, char *title, size_t size)
{
	const struct cost *worst = find_worst(p);
	char words[256], slope[96], times[64];
	const char *comma = "";

	if (!worst)
		return;
	cost_words(worst->row, words, sizeof(words));
	if (cost_fits(worst))
		snprintf(title, size, "Cost of a %s grows by %s: ", words,
			 cost_slope(worst, slope, sizeof(slope)));
	else
		snprintf(title, size, "Cost of a %s grows with the number of segments: ", words);
	for (size_t i = 0; i < p->n_panels; i++) {
		for (size_t s = 0; s < p->panel[i].n_growing; s++) {
			const struct cost *c = &p->panel[i].growing[s];

			if (strcmp(c->row->variant, worst->row->variant))
				continue;
			text_append(title, size, "%s%s on %s", comma,
				    cost_times(c, times, sizeof(times)), table_fs(c->table));
			comma = ", ";
		}
	}
}

static void put_growth_words(const struct plot *p)
{
	char note[256];

	plot_put_title(p, "growth_title", write_growth_title);
	snprintf(note, sizeof(note),
		 "Median %s per fault, log-log; faults whose DM overhead grows by more than half "
		 "of raw; "
		 "dashed: raw",
		 p->unit);
	plot_put_string(p, "growth_note", note);
}

static void find_growth_ranges(const struct plot *p, struct ranges *g)
{
	bool any = false;

	*g = (struct ranges){1, 1, 1, 10, 0, 0};
	for (size_t i = 0; i < p->n_panels; i++) {
		for (size_t s = 0; s < p->panel[i].n_growing; s++) {
			const struct cost *c = &p->panel[i].growing[s];
			/* The axis is logarithmic and has no zero. */
			double low = fmax(1, fmin(least_of(c->raw), least_of(c->few)));

			g->lo = any ? fmin(g->lo, low) : low;
			g->hi = any ? fmax(g->hi, most_of(c->many)) : most_of(c->many);
			g->x_min = any ? fmin(g->x_min, (double)c->few->segments)
				       : (double)c->few->segments;
			g->x_max = fmax(g->x_max, (double)c->many->segments);
			any = true;
		}
	}
	g->lo /= 1.25;
	g->hi *= 1.5;
}

int plot_put_growth(const struct plot *p)
{
	const struct cost *worst = find_worst(p);
	struct ranges g;
	int rc = 0;

	fprintf(p->gp, "draw_growth = %d\n", worst ? 1 : 0);
	if (!worst)
		return 0;
	put_growth_words(p);
	find_growth_ranges(p, &g);
	put_segment_tics(p, "growth_x", g.x_min, g.x_max);
	plot_put_log_axis(p, "growth", g.lo, g.hi, 9);
	put_arrays(p, "growth", GROWING_MAX);
	for (size_t i = 0; i < p->n_panels && !rc; i++) {
		const struct curves curves = {"growth", p->panel[i].growing, p->panel[i].n_growing,
					      GROWING_MAX};

		rc = put_curves(p, i, &curves, &g);
		if (!rc)
			rc = put_growth_labels(p, i, &g);
	}
	return rc;
}

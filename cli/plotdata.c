// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data for plots.  What a plot says (titles, labels, which numbers) is decided here, where the
 * findings are; how it looks (sizes, colours, fonts) is decided by the scripts of plot/.  A colour
 * column holds the number of a line type of plot/style.gp.
 *
 * Panel P (from 1) is filesystem P.  Files:
 *   segments-P.tsv         blocks, one per line: segments, median, extra over raw, colour
 *                          (growth-P.tsv: the same, of the faults that grow)
 *   segments-P-labels.tsv  x, y, text, colour   (extra-P-, growth-P-labels.tsv: the same)
 *   extra-P-others.tsv     blocks, one per further variant: segments, extra over raw
 *   dist-P-R.tsv           stack R: middle of a bin, samples in it
 *   huge-P.tsv             place from the top, cost of a 2 MiB window, text if kept, text if lost,
 *                          colour, stack
 */
#include "cli/plotdata.h"
#include "cli/findings.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PANELS_MAX 4
#define SERIES_MAX 2 /* PTE, PMD */
#define GROWING_MAX 4
#define LABELS_MAX (2 * GROWING_MAX) /* a line's own and its raw's */
#define DIST_MAX 4
/* Line types of plot/style.gp. */
#define COLOUR_LOST 3
#define COLOUR_RAW 9
/* Two labels nearer than this part of the axis would touch. */
#define LABEL_APART 0.06
/* The segments axis goes on by this factor at either end, as the scripts have it; words over a line
 * take this part of it. */
#define X_MARGIN 1.35
#define WORDS_PART 0.39

struct label {
	double x, y;
	char text[128];
	int colour;
};

struct panel {
	const struct table *table;
	struct cost series[SERIES_MAX];
	size_t n_series;
	struct cost growing[GROWING_MAX];
	size_t n_growing;
};

struct plot {
	const struct tables *tables;
	const char *dir, *unit;
	struct panel panel[PANELS_MAX];
	size_t n_panels;
	FILE *gp;
};

/* Opens DIR/NAME for writing; NULL with errno. */
__attribute__((format(printf, 2, 3))) static FILE *open_data(const struct plot *p, const char *fmt,
							     ...)
{
	char name[64], path[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	if (snprintf(path, sizeof(path), "%s/%s", p->dir, name) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return fopen(path, "we");
}

static int close_data(FILE *out)
{
	int bad = ferror(out);

	return fclose(out) || bad ? -EIO : 0;
}

/* A gnuplot string in single quotes: nothing in it means anything but the quote itself. */
static void put_string(FILE *gp, const char *name, const char *text)
{
	fprintf(gp, "%s = '", name);
	for (; *text; text++)
		fputs(*text == '\'' ? "''" : (char[]){*text, '\0'}, gp);
	fputs("'\n", gp);
}

/* A step of 1, 2 or 5 times a power of ten that makes about COUNT tics. */
static double nice_step(double range, int count)
{
	double rough = range / count, power = pow(10, floor(log10(rough)));

	if (rough / power > 5)
		return 10 * power;
	return rough / power > 2 ? 5 * power : rough / power > 1 ? 2 * power : power;
}

/* NAME_lo, NAME_hi, and NAME_tics with digits in groups of three, which gnuplot has no way to
 * print in the C locale. */
static void put_axis(FILE *gp, const char *name, double lo, double hi, int count, bool sign)
{
	double step = fmax(1, nice_step(hi - lo, count));
	const char *comma = "";

	fprintf(gp, "%s_lo = %.6g\n%s_hi = %.6g\n%s_tics = '", name, lo, name, hi, name);
	for (double at = ceil(lo / step) * step; at <= hi; at += step) {
		int64_t value = llround(at);

		fprintf(gp, "%s\"%s\" %lld", comma,
			sign && value ? number_signed(value).s : number(value).s, (long long)value);
		comma = ", ";
	}
	fputs("'\n", gp);
}

static int by_y(const void *a, const void *b)
{
	const struct label *la = *(struct label *const *)a, *lb = *(struct label *const *)b;

	return (la->y > lb->y) - (la->y < lb->y);
}

/* Moves labels apart, symmetrically, until no two are nearer than apart. */
static void spread(struct label *label, size_t n, double apart)
{
	struct label *order[LABELS_MAX];

	for (size_t i = 0; i < n; i++)
		order[i] = &label[i];
	qsort(order, n, sizeof(order[0]), by_y);
	for (int round = 0; round < 200; round++) {
		for (size_t i = 1; i < n; i++) {
			double miss = apart - (order[i]->y - order[i - 1]->y);

			if (miss <= 1e-9)
				continue;
			order[i]->y += miss / 2;
			order[i - 1]->y -= miss / 2;
		}
	}
}

static int put_labels(const struct plot *p, const char *name, size_t panel,
		      const struct label *label, size_t n)
{
	FILE *out = open_data(p, "%s-%zu-labels.tsv", name, panel + 1);

	if (!out)
		return -errno;
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%.6g\t%.6g\t%s\t%d\n", label[i].x, label[i].y, label[i].text,
			label[i].colour);
	return close_data(out);
}

/* 4 KiB or 2 MiB: what tells the two series of a panel apart. */
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

		if (!rec || rec->segments < 1 || !findings_plain(rec->stack, target) ||
		    strcmp(target, c->target))
			continue;
		for (; at && cell[at - 1]->segments > rec->segments; at--)
			cell[at] = cell[at - 1];
		cell[at] = rec;
		n++;
	}
	return n;
}

static void find_panels(struct plot *p)
{
	for (size_t i = 0; i < p->tables->n && p->n_panels < PANELS_MAX; i++) {
		struct panel *panel = &p->panel[p->n_panels];

		*panel = (struct panel){.table = &p->tables->table[i]};
		for (int page = RUN_PAGE_PTE; page <= RUN_PAGE_PMD; page++) {
			const struct table_row *row =
				findings_headline(panel->table, "fault", (enum run_page)page);

			if (row && findings_cost(p->tables, panel->table, row, NULL,
						 &panel->series[panel->n_series]))
				panel->n_series++;
		}
		panel->n_growing = findings_growing(p->tables, panel->table, "fault", NULL,
						    panel->growing, GROWING_MAX);
		if (findings_headline(panel->table, "fault", RUN_PAGE_PTE) ||
		    findings_headline(panel->table, "fault", RUN_PAGE_PMD))
			p->n_panels++;
	}
}

/* The ranges that all panels of a plot share, so that panels can be compared by eye. */
struct ranges {
	double x_min, x_max, lo, hi, extra_lo, extra_hi;
};

/* The top of the line below its words, which begin at its left end and take less than half of the
 * axis. */
static double below_words(const struct run_record *const *cell, size_t n, const struct ranges *g)
{
	double axis = log2(g->x_max * X_MARGIN) - log2(g->x_min / X_MARGIN);
	double end = log2(g->x_min) + WORDS_PART * axis, top = (double)cell[0]->median;

	for (size_t i = 1; i < n; i++) {
		double x0 = log2((double)cell[i - 1]->segments), y0 = (double)cell[i - 1]->median;
		double x1 = log2((double)cell[i]->segments), y1 = (double)cell[i]->median;

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

static int put_curves(const struct plot *p, size_t panel, const struct curves *curves,
		      const struct ranges *g)
{
	const struct run_record **cell = calloc(p->tables->run->stacks.n, sizeof(*cell));
	FILE *out = open_data(p, "%s-%zu.tsv", curves->name, panel + 1);

	if (!cell || !out) {
		free(cell);
		return -errno;
	}
	fprintf(p->gp, "%s_n[%zu] = %zu\n", curves->name, panel + 1, curves->n);
	for (size_t s = 0; s < curves->n; s++) {
		const struct cost *c = &curves->cost[s];
		size_t n = plain_cells(c, cell), place = panel * curves->places + s + 1;
		char name[64], words[256];

		snprintf(name, sizeof(name), "%s_words[%zu]", curves->name, place);
		put_string(p->gp, name, findings_words(c->row, words, sizeof(words)));
		fprintf(p->gp, "%s_raw[%zu] = %lld\n%s_over[%zu] = %.6g\n%s_colour[%zu] = %d\n",
			curves->name, place, (long long)c->raw->median, curves->name, place,
			below_words(cell, n, g), curves->name, place, (int)c->row->page + 1);
		fprintf(out, "# %s: segments, median (%s), extra over raw (%s), colour\n",
			c->row->variant, p->unit, p->unit);
		for (size_t i = 0; i < n; i++)
			fprintf(out, "%lld\t%lld\t%lld\t%d\n", (long long)cell[i]->segments,
				(long long)cell[i]->median,
				(long long)(cell[i]->median - c->raw->median),
				(int)c->row->page + 1);
		fputs("\n\n", out);
	}
	free(cell);
	return close_data(out);
}

static void put_arrays(const struct plot *p, const char *name, size_t places)
{
	size_t all = PANELS_MAX * places;

	fprintf(p->gp,
		"%s_places = %zu\narray %s_n[%d]\narray %s_words[%zu]\narray %s_raw[%zu]\n"
		"array %s_over[%zu]\narray %s_colour[%zu]\n",
		name, places, name, PANELS_MAX, name, all, name, all, name, all, name, all);
}

/* Labels of one panel of fault-by-segments: at the right end of each line and of its raw. */
static int put_segment_labels(const struct plot *p, size_t panel, double range, double x_max)
{
	const struct panel *pn = &p->panel[panel];
	struct label label[LABELS_MAX];
	size_t n = 0;

	for (size_t s = 0; s < pn->n_series; s++) {
		const struct cost *c = &pn->series[s];
		int colour = (int)c->row->page + 1;

		label[n] = (struct label){x_max, (double)c->many->median, "", colour};
		snprintf(label[n++].text, sizeof(label->text), "%s  %s (%s)",
			 page_words(c->row->page), number(c->many->median).s,
			 number_percent(c->many->median - c->raw->median, c->raw->median).s);
		label[n] = (struct label){x_max, (double)c->raw->median, "", colour};
		snprintf(label[n++].text, sizeof(label->text), "raw  %s", number(c->raw->median).s);
	}
	spread(label, n, range * LABEL_APART);
	return put_labels(p, "segments", panel, label, n);
}

static int put_extra_labels(const struct plot *p, size_t panel, double range, double x_max)
{
	const struct panel *pn = &p->panel[panel];
	struct label label[LABELS_MAX];
	size_t n = 0;

	for (size_t s = 0; s < pn->n_series; s++) {
		const struct cost *c = &pn->series[s];
		int64_t extra = c->many->median - c->raw->median;

		label[n] = (struct label){x_max, (double)extra, "", (int)c->row->page + 1};
		snprintf(label[n++].text, sizeof(label->text), "%s  %s (%s)",
			 page_words(c->row->page), number_signed(extra).s,
			 number_percent(extra, c->raw->median).s);
	}
	spread(label, n, range * LABEL_APART);
	return put_labels(p, "extra", panel, label, n);
}

/* The extra of all other variants of faults, for the background; *beyond counts those that leave
 * the axis. */
static int put_others(const struct plot *p, size_t panel, double lo, double hi, size_t *n_others,
		      size_t *beyond)
{
	const struct table *t = p->panel[panel].table;
	const struct run_record **cell = calloc(p->tables->run->stacks.n, sizeof(*cell));
	FILE *out = open_data(p, "extra-%zu-others.tsv", panel + 1);

	if (!cell || !out) {
		free(cell);
		return -errno;
	}
	for (size_t r = 0; r < t->n_rows; r++) {
		struct cost c;
		size_t n;
		bool out_of_axis = false;

		if (strcmp(t->rows[r].bench, "fault") ||
		    &t->rows[r] == findings_headline(t, "fault", t->rows[r].page) ||
		    !findings_cost(p->tables, t, &t->rows[r], NULL, &c))
			continue;
		n = plain_cells(&c, cell);
		fprintf(out, "# %s: segments, extra over raw (%s)\n", c.row->variant, p->unit);
		for (size_t i = 0; i < n; i++) {
			int64_t extra = cell[i]->median - c.raw->median;

			out_of_axis = out_of_axis || extra < lo || extra > hi;
			fprintf(out, "%lld\t%lld\n", (long long)cell[i]->segments,
				(long long)extra);
		}
		fputs("\n\n", out);
		(*n_others)++;
		*beyond += out_of_axis;
	}
	free(cell);
	return close_data(out);
}

/* "+188 insn (+4.7 %) on ext4, +190 insn (+4.5 %) on xfs" for the page size's series. */
static void title_extras(const struct plot *p, enum run_page page, char *buf, size_t size)
{
	*buf = '\0';
	for (size_t i = 0; i < p->n_panels; i++) {
		for (size_t s = 0; s < p->panel[i].n_series; s++) {
			const struct cost *c = &p->panel[i].series[s];
			int64_t extra = c->at->median - c->raw->median;
			size_t used = strlen(buf);

			if (c->row->page != page)
				continue;
			snprintf(buf + used, size - used, "%s%s %s (%s) on %s", used ? ", " : "",
				 number_signed(extra).s, p->unit,
				 number_percent(extra, c->raw->median).s, table_fs(c->table));
		}
	}
}

static const struct cost *first_series(const struct plot *p)
{
	for (size_t i = 0; i < p->n_panels; i++)
		if (p->panel[i].n_series)
			return &p->panel[i].series[0];
	return NULL;
}

static void put_segment_titles(const struct plot *p, const struct cost *c)
{
	int64_t few = c->few->median - c->raw->median, many = c->many->median - c->raw->median;
	char words[256], extras[256], title[1024], trend[128];

	title_extras(p, c->row->page, extras, sizeof(extras));
	findings_words(c->row, words, sizeof(words));
	snprintf(title, sizeof(title), "dm-%s with %s segment%s, %s: %s", c->target,
		 number(c->at->segments).s, c->at->segments == 1 ? "" : "s", words, extras);
	put_string(p->gp, "segments_title", title);
	if (fabs(c->per_doubling) < 0.5)
		snprintf(trend, sizeof(trend), "the number of segments hardly matters");
	else
		snprintf(trend, sizeof(trend),
			 "each doubling of the segments %s %.1f %s on average",
			 c->per_doubling > 0 ? "adds" : "saves", fabs(c->per_doubling), p->unit);
	if (c->n_stacks > 1)
		snprintf(title, sizeof(title),
			 "dm-%s on %s: %s %s with %s segment%s, %s with %s; %s", c->target,
			 table_fs(c->table), number_signed(few).s, p->unit,
			 number(c->few->segments).s, c->few->segments == 1 ? "" : "s",
			 number_signed(many).s, number(c->many->segments).s, trend);
	put_string(p->gp, "extra_title", title);
}

static void put_segment_tics(const struct plot *p, const char *name, double x_min, double x_max)
{
	const char *comma = "";

	fprintf(p->gp, "%s_lo = %g\n%s_hi = %g\n%s_tics = '", name, x_min, name, x_max, name);
	for (double x = 1; x <= x_max; x *= x_max > 64 ? 4 : 2) {
		if (x >= x_min)
			fprintf(p->gp, "%s\"%s\" %g", comma, number((int64_t)x).s, x);
		comma = x >= x_min ? ", " : comma;
	}
	fputs("'\n", p->gp);
}

static void find_ranges(const struct plot *p, struct ranges *g)
{
	bool any = false;

	*g = (struct ranges){1, 1, 0, 1, 0, 1};
	for (size_t i = 0; i < p->n_panels; i++) {
		for (size_t s = 0; s < p->panel[i].n_series; s++) {
			const struct cost *c = &p->panel[i].series[s];
			double low = (double)c->raw->median, high = low;
			double few = (double)(c->few->median - c->raw->median);
			double many = (double)(c->many->median - c->raw->median);

			low = fmin(low, (double)c->few->median);
			high = fmax(high, (double)c->many->median);
			g->lo = any ? fmin(g->lo, low) : low;
			g->hi = any ? fmax(g->hi, high) : high;
			g->x_min = any ? fmin(g->x_min, (double)c->few->segments)
				       : (double)c->few->segments;
			g->x_max = fmax(g->x_max, (double)c->many->segments);
			g->extra_lo = fmin(g->extra_lo, fmin(few, many));
			g->extra_hi = fmax(g->extra_hi, fmax(few, many));
			any = true;
		}
	}
	/* Room for the text over the lines; the extra's axis always shows its zero. */
	g->lo -= 0.10 * (g->hi - g->lo) + 1;
	g->hi += 0.14 * (g->hi - g->lo) + 1;
	g->extra_hi = fmax(g->extra_hi * 1.45, 4);
	g->extra_lo = g->extra_lo < 0 ? g->extra_lo * 1.2 : 0;
}

/* "warm 4 KiB read fault and warm 2 MiB read fault": the series, for the subtitle. */
static void put_extra_words(const struct plot *p)
{
	const struct panel *most = &p->panel[0];
	char words[256], text[512] = "";

	for (size_t i = 1; i < p->n_panels; i++)
		most = p->panel[i].n_series > most->n_series ? &p->panel[i] : most;
	for (size_t s = 0; s < most->n_series; s++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", s ? " and " : "",
			 findings_words(most->series[s].row, words, sizeof(words)));
	put_string(p->gp, "extra_words", text);
}

/* fault-by-segments and fault-extra. */
static int put_segments(const struct plot *p)
{
	const struct cost *c = first_series(p);
	size_t others = 0, beyond = 0, growing = 0;
	struct ranges g;
	char note[128] = "";
	int rc = 0;

	fprintf(p->gp, "draw_segments = %d\n", c ? 1 : 0);
	if (!c)
		return 0;
	find_ranges(p, &g);
	put_segment_titles(p, c);
	put_segment_tics(p, "x", g.x_min, g.x_max);
	put_axis(p->gp, "segments", g.lo, g.hi, 6, false);
	put_axis(p->gp, "extra", g.extra_lo, g.extra_hi, 6, true);
	put_arrays(p, "segments", SERIES_MAX);
	fprintf(p->gp, "array others_n[%d]\n", PANELS_MAX);
	for (size_t i = 0; i < p->n_panels && !rc; i++) {
		const struct curves curves = {"segments", p->panel[i].series, p->panel[i].n_series,
					      SERIES_MAX};
		size_t before = others;

		rc = put_curves(p, i, &curves, &g);
		growing += p->panel[i].n_growing;
		if (!rc)
			rc = put_segment_labels(p, i, g.hi - g.lo, g.x_max);
		if (!rc)
			rc = put_extra_labels(p, i, g.extra_hi - g.extra_lo, g.x_max);
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
	put_string(p->gp, "extra_note", note);
	return rc;
}

static int put_growth_labels(const struct plot *p, size_t panel, const struct ranges *g)
{
	const struct panel *pn = &p->panel[panel];
	struct label label[LABELS_MAX];
	size_t n = 0;

	/* Apart by what the eye sees: the axis is logarithmic. */
	for (size_t s = 0; s < pn->n_growing; s++) {
		const struct cost *c = &pn->growing[s];
		double times = (double)c->many->median / (double)c->raw->median;
		int colour = (int)c->row->page + 1;

		label[n] = (struct label){g->x_max, log10((double)c->many->median), "", colour};
		snprintf(label[n++].text, sizeof(label->text), "%s (%.*f × raw)",
			 number(c->many->median).s, times < 9.95, times);
		label[n] = (struct label){g->x_max, log10((double)c->raw->median), "", colour};
		snprintf(label[n++].text, sizeof(label->text), "raw  %s", number(c->raw->median).s);
	}
	spread(label, n, log10(g->hi / g->lo) * LABEL_APART);
	for (size_t i = 0; i < n; i++)
		label[i].y = pow(10, label[i].y);
	return put_labels(p, "growth", panel, label, n);
}

/* What the worst row does, and how many times raw it costs on each filesystem. */
static void put_growth_title(const struct plot *p, const struct cost *worst)
{
	char words[256], slope[96], times[64], title[1024], note[256];
	const char *comma = "";

	snprintf(title, sizeof(title),
		 "A %s grows by about %s: ", findings_words(worst->row, words, sizeof(words)),
		 findings_slope(worst, slope, sizeof(slope)));

	for (size_t i = 0; i < p->n_panels; i++) {
		for (size_t s = 0; s < p->panel[i].n_growing; s++) {
			const struct cost *c = &p->panel[i].growing[s];
			size_t used = strlen(title);

			if (strcmp(c->row->variant, worst->row->variant))
				continue;
			snprintf(title + used, sizeof(title) - used, "%s%s on %s", comma,
				 findings_times(c, times, sizeof(times)), table_fs(c->table));
			comma = ", ";
		}
	}
	put_string(p->gp, "growth_title", title);
	snprintf(note, sizeof(note),
		 "Median %s per fault, both axes logarithmic; the faults whose extra grows by more "
		 "than half of raw; dashed: raw",
		 p->unit);
	put_string(p->gp, "growth_note", note);
}

static void find_growth_ranges(const struct plot *p, struct ranges *g)
{
	bool any = false;

	*g = (struct ranges){1, 1, 1, 10, 0, 0};
	for (size_t i = 0; i < p->n_panels; i++) {
		for (size_t s = 0; s < p->panel[i].n_growing; s++) {
			const struct cost *c = &p->panel[i].growing[s];
			double low = fmin((double)c->raw->median, (double)c->few->median);

			g->lo = any ? fmin(g->lo, low) : low;
			g->hi = any ? fmax(g->hi, (double)c->many->median)
				    : (double)c->many->median;
			g->x_min = any ? fmin(g->x_min, (double)c->few->segments)
				       : (double)c->few->segments;
			g->x_max = fmax(g->x_max, (double)c->many->segments);
			any = true;
		}
	}
	g->lo /= 1.25;
	g->hi *= 1.5;
}

/* 1, 2 and 5 of each power of ten, or only 1 where the axis is long. */
static void put_log_tics(FILE *gp, const char *name, double lo, double hi)
{
	static const int steps[] = {1, 2, 5};
	size_t n = hi / lo > 1000 ? 1 : 3;
	const char *comma = "";

	fprintf(gp, "%s_lo = %.6g\n%s_hi = %.6g\n%s_tics = '", name, lo, name, hi, name);
	for (double power = 1; power <= hi; power *= 10) {
		for (size_t i = 0; i < n; i++) {
			if (power * steps[i] < lo || power * steps[i] > hi)
				continue;
			fprintf(gp, "%s\"%s\" %.0f", comma, number((int64_t)(power * steps[i])).s,
				power * steps[i]);
			comma = ", ";
		}
	}
	fputs("'\n", gp);
}

/* fault-growth. */
static int put_growth(const struct plot *p)
{
	const struct cost *worst = NULL;
	struct ranges g;
	int rc = 0;

	for (size_t i = 0; i < p->n_panels && !worst; i++)
		worst = p->panel[i].n_growing ? &p->panel[i].growing[0] : NULL;
	fprintf(p->gp, "draw_growth = %d\n", worst ? 1 : 0);
	if (!worst)
		return 0;
	put_growth_title(p, worst);
	find_growth_ranges(p, &g);
	put_segment_tics(p, "growth_x", g.x_min, g.x_max);
	put_log_tics(p->gp, "growth", g.lo, g.hi);
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

/* The stacks of the distribution: raw, then the fewest, 16 and the most segments. */
static size_t pick_dist(const struct cost *c, const struct run_record **picked)
{
	const struct run_record *want[DIST_MAX] = {c->raw, c->few, c->at, c->many};
	size_t n = 0;

	for (size_t i = 0; i < DIST_MAX; i++) {
		bool seen = false;

		for (size_t e = 0; e < n; e++)
			seen = seen || picked[e] == want[i];
		if (!seen)
			picked[n++] = want[i];
	}
	return n;
}

/* The part of the samples that the axis shows, in bins of `bin` units from lo on. */
struct dist_axis {
	int64_t lo, hi, bin;
};

/* Faults that make a page-table page, or meet a timer tick, cost several times as much as the
 * others.  An axis that showed them would squeeze the rest into one bar, so where p99 is far out
 * the axis ends soon after p90, and words tell what is beyond. */
static void find_dist_axis(const struct run_record *const *rec, size_t n, struct dist_axis *axis)
{
	int64_t lo = rec[0]->min, hi = rec[0]->p90;

	for (size_t i = 0; i < n; i++) {
		int64_t body = rec[i]->p90 - rec[i]->p10 + 16;
		bool near = rec[i]->p99 - rec[i]->p90 <= 4 * body;
		int64_t top = near ? rec[i]->p99 : rec[i]->p90 + body / 2;

		lo = rec[i]->min < lo ? rec[i]->min : lo;
		hi = top > hi ? top : hi;
	}
	axis->bin = (hi - lo) / 120 + 1;
	axis->lo = lo - 3 * axis->bin;
	axis->hi = hi + 4 * axis->bin;
}

/* The middle one of the samples beyond the axis; nearest rank. */
static int64_t median_beyond(const struct run_record *rec, int64_t hi, int64_t beyond)
{
	int64_t seen = 0;

	for (size_t i = 0; i < rec->n_values; i++) {
		if (rec->values[i].value <= hi)
			continue;
		seen += rec->values[i].count;
		if (2 * seen >= beyond)
			return rec->values[i].value;
	}
	return rec->max;
}

/* Writes the bins that hold samples; returns how many samples are beyond the axis. */
static int64_t put_bins(FILE *out, const struct run_record *rec, const struct dist_axis *axis)
{
	int64_t beyond = 0, start = 0, count = 0;

	for (size_t i = 0; i <= rec->n_values; i++) {
		const struct run_value *v = i < rec->n_values ? &rec->values[i] : NULL;
		int64_t in = v ? axis->lo + (v->value - axis->lo) / axis->bin * axis->bin : 0;

		if (count && (!v || v->value > axis->hi || in != start)) {
			fprintf(out, "%g\t%lld\n", (double)start + (double)axis->bin / 2,
				(long long)count);
			count = 0;
		}
		if (!v)
			break;
		if (v->value > axis->hi) {
			beyond += v->count;
			continue;
		}
		start = in;
		count += v->count;
	}
	return beyond;
}

static int put_dist_stack(const struct plot *p, size_t panel, size_t place,
			  const struct run_record *rec, const struct run_record *raw,
			  const struct dist_axis *axis)
{
	FILE *out = open_data(p, "dist-%zu-%zu.tsv", panel + 1, place + 1);
	size_t at = panel * DIST_MAX + place + 1;
	int64_t beyond;
	char name[64], text[256];
	int used;

	if (!out)
		return -errno;
	fprintf(out, "# %s: middle of a bin of %lld %s, samples\n", rec->id, (long long)axis->bin,
		p->unit);
	beyond = put_bins(out, rec, axis);
	used = snprintf(text, sizeof(text), "median %s%s%s%s", number(rec->median).s,
			rec == raw ? "" : " (",
			rec == raw ? "" : number_signed(rec->median - raw->median).s,
			rec == raw ? "" : ")");
	if (beyond)
		snprintf(text + used, sizeof(text) - used, "; %.1f %% beyond: median %s, max %s",
			 100.0 * (double)beyond / (double)rec->n,
			 number(median_beyond(rec, axis->hi, beyond)).s, number(rec->max).s);
	snprintf(name, sizeof(name), "dist_text[%zu]", at);
	put_string(p->gp, name, text);
	snprintf(name, sizeof(name), "dist_stack[%zu]", at);
	put_string(p->gp, name, rec->stack);
	fprintf(p->gp, "dist_median[%zu] = %lld\n", at, (long long)rec->median);
	return close_data(out);
}

static void put_dist_title(const struct plot *p, const struct cost *c)
{
	int64_t p10 = c->at->p10 - c->raw->p10, p90 = c->at->p90 - c->raw->p90;
	int64_t median = c->at->median - c->raw->median;
	/* Lower and upper end moved like the middle, within a tenth: nothing but a shift. */
	bool shift = llabs(p10 - median) * 10 <= llabs(median) &&
		     llabs(p90 - median) * 10 <= llabs(median);
	char words[256], title[512];

	snprintf(title, sizeof(title), "%s %s a %s: p10 %s, median %s, p90 %s %s (%s)",
		 c->at->stack, shift ? "shifts the whole distribution of" : "changes",
		 findings_words(c->row, words, sizeof(words)), number_signed(p10).s,
		 number_signed(median).s, number_signed(p90).s, p->unit, table_fs(c->table));
	put_string(p->gp, "dist_title", title);
}

static int put_dist(const struct plot *p)
{
	const struct cost *first = first_series(p);
	size_t most = 0;
	int64_t top = 1;
	int rc = 0;

	fprintf(p->gp, "draw_dist = %d\n", first ? 1 : 0);
	if (!first)
		return 0;
	put_dist_title(p, first);
	fprintf(p->gp,
		"dist_places = %d\narray dist_stack[%d]\narray dist_text[%d]\n"
		"array dist_median[%d]\narray dist_n[%d]\narray dist_bin[%d]\n",
		DIST_MAX, DIST_MAX * PANELS_MAX, DIST_MAX * PANELS_MAX, DIST_MAX * PANELS_MAX,
		PANELS_MAX, PANELS_MAX);
	for (size_t i = 0; i < p->n_panels && !rc; i++) {
		const struct run_record *rec[DIST_MAX];
		size_t n = p->panel[i].n_series ? pick_dist(&p->panel[i].series[0], rec) : 0;
		struct dist_axis axis = {0, 1, 1};
		char name[32];

		if (n)
			find_dist_axis(rec, n, &axis);
		for (size_t d = 0; d < n && !rc; d++) {
			rc = put_dist_stack(p, i, d, rec[d], rec[0], &axis);
			top = rec[d]->n > top ? rec[d]->n : top;
		}
		snprintf(name, sizeof(name), "dist%zu", i + 1);
		put_axis(p->gp, name, (double)axis.lo, (double)axis.hi, 8, false);
		fprintf(p->gp, "dist_bin[%zu] = %lld\n", i + 1, (long long)axis.bin);
		fprintf(p->gp, "dist_n[%zu] = %zu\n", i + 1, n);
		most = n > most ? n : most;
	}
	fprintf(p->gp, "dist_rows = %zu\ndist_top = %lld\n", most, (long long)top);
	return rc;
}

/* What the panels of huge-pages share, and the stack that its title is about. */
struct huge_plot {
	double lo, hi;
	size_t places, name_len;
	bool lost;
	struct huge worst;
};

static int put_huge_panel(const struct plot *p, size_t panel, struct huge_plot *plot)
{
	const struct table *t = p->panel[panel].table;
	FILE *out = open_data(p, "huge-%zu.tsv", panel + 1);
	size_t place = 0;

	if (!out)
		return -errno;
	fprintf(out,
		"# place, cost of a 2 MiB window (%s), text if kept, text if lost, colour, stack\n",
		p->unit);
	for (size_t s = 0; s < p->tables->run->stacks.n; s++) {
		struct huge h;
		char text[160];
		int colour;

		if (!findings_huge(p->tables, t, s, &h) || h.cost < 1)
			continue;
		place++;
		colour = h.lost			   ? COLOUR_LOST
			 : !strcmp(h.stack, "raw") ? COLOUR_RAW
						   : RUN_PAGE_PMD + 1;
		if (h.lost)
			snprintf(text, sizeof(text), " \t%s: %s of %s huge pages lost",
				 number(h.cost).s, number(h.lost).s, number(h.windows).s);
		else
			snprintf(text, sizeof(text), "%s\t ", number(h.cost).s);
		fprintf(out, "%zu\t%lld\t%s", place, (long long)h.cost, text);
		fprintf(out, "\t%d\t%s\n", colour, h.stack);
		plot->lo = plot->lo > 0 ? fmin(plot->lo, (double)h.cost) : (double)h.cost;
		plot->hi = fmax(plot->hi, (double)h.cost);
		if (strlen(h.stack) > plot->name_len)
			plot->name_len = strlen(h.stack);
		if (h.lost && (!plot->lost || h.cost > plot->worst.cost)) {
			plot->lost = true;
			plot->worst = h;
		}
	}
	if (place > plot->places)
		plot->places = place;
	fprintf(p->gp, "huge_n[%zu] = %zu\n", panel + 1, place);
	return close_data(out);
}

static void put_huge_titles(const struct plot *p, const struct huge *worst)
{
	char title[512], words[256];
	int used = snprintf(title, sizeof(title),
			    "%s loses %s of %s huge pages on %s: 2 MiB cost %s %s", worst->stack,
			    number(worst->lost).s, number(worst->windows).s, worst->fs,
			    number(worst->cost).s, p->unit);

	if (worst->raw > 0 && used > 0 && used < (int)sizeof(title))
		snprintf(title + used, sizeof(title) - used, ", %s times as many as on raw",
			 number((worst->cost + worst->raw / 2) / worst->raw).s);
	put_string(p->gp, "huge_title", title);
	snprintf(title, sizeof(title),
		 "To touch all of a 2 MiB window: one %s, or %d faults of 4 KiB where it is lost",
		 findings_words(worst->row, words, sizeof(words)), PAGES_PER_WINDOW);
	put_string(p->gp, "huge_words", title);
}

static int put_huge(const struct plot *p)
{
	struct huge_plot plot = {.hi = 1};
	const char *comma = "";
	int rc = 0;

	fprintf(p->gp, "array huge_n[%d]\n", PANELS_MAX);
	for (size_t i = 0; i < p->n_panels && !rc; i++)
		rc = put_huge_panel(p, i, &plot);
	/* Nothing lost is a sentence, not a plot. */
	fprintf(p->gp, "draw_huge = %d\n", plot.lost && !rc ? 1 : 0);
	if (rc || !plot.lost)
		return rc;
	put_huge_titles(p, &plot.worst);
	fprintf(p->gp,
		"huge_lo = %.6g\nhuge_hi = %.6g\nhuge_places = %zu\nhuge_name_len = %zu\n"
		"huge_tics = '",
		plot.lo / 1.6, plot.hi * 1.6, plot.places, plot.name_len);
	for (double x = 1; x <= plot.hi * 1.6; x *= 10) {
		if (x < plot.lo / 1.6)
			continue;
		fprintf(p->gp, "%s\"%s\" %.0f", comma, number((int64_t)x).s, x);
		comma = ", ";
	}
	fputs("'\n", p->gp);
	return 0;
}

static void put_context(const struct plot *p)
{
	const struct run *run = p->tables->run;
	const struct run_context *c = &run->context;
	const struct cost *first = first_series(p);
	/* A kernel from a file has a path there, which says nothing to a reader elsewhere. */
	const char *version = strncmp(c->package, "file ", 5) ? strchr(c->package, ' ') : NULL;
	char text[512], words[256];

	snprintf(text, sizeof(text), "%sLinux %s%s%s%s, meter %s (%s%s%.*s)",
		 run_is_complete(run) ? "" : "INCOMPLETE RUN: ", c->release, version ? " (" : "",
		 version ? version + 1 : "", version ? ")" : "", c->meter,
		 !strcmp(c->meter, "insn") ? "exact guest instructions" : p->unit,
		 *c->qemu ? ", QEMU " : "", (int)strcspn(c->qemu, " "), c->qemu);
	put_string(p->gp, "subtitle", text);
	put_string(p->gp, "unit", p->unit);
	put_string(p->gp, "fault_words",
		   first ? findings_words(first->row, words, sizeof(words)) : "fault");
	fprintf(p->gp, "panels = %zu\narray panel[%zu]\n", p->n_panels,
		p->n_panels ? p->n_panels : 1);
	for (size_t i = 0; i < p->n_panels; i++) {
		char name[32];

		snprintf(name, sizeof(name), "panel[%zu]", i + 1);
		put_string(p->gp, name, table_fs(p->panel[i].table));
	}
}

int plotdata_write(const struct tables *tables, const char *dir)
{
	struct plot p = {.tables = tables, .dir = dir};
	int rc, closed;

	p.gp = open_data(&p, "plot.gp");
	if (!p.gp)
		return -errno;
	find_panels(&p);
	p.unit = p.n_panels ? p.panel[0].table->unit : "";
	fputs("# SPDX-License-Identifier: GPL-2.0-only\n", p.gp);
	put_context(&p);
	rc = put_segments(&p);
	if (!rc)
		rc = put_growth(&p);
	if (!rc)
		rc = put_dist(&p);
	if (!rc)
		rc = put_huge(&p);
	closed = close_data(p.gp);
	return rc ? rc : closed;
}

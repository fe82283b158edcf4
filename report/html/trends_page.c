// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/trends_page.h"

#include "lib/base/memory.h"
#include "lib/base/number.h"
#include "lib/base/xml.h"
#include "report/compare/compare_show.h"
#include "report/compare/series.h"
#include "report/html/page.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 10, POINTS_NAMED = 12, LINE_WIDTH = 140, LINE_HEIGHT = 28, MARGIN = 4 };

/* ---- changes since the last long-term kernel ------------------------------------------------- */

/* kernel.org maintains these series for years. */
static bool is_long_term(const char *label)
{
	static const char *const series[] = {"5.10.", "5.15.", "6.1.", "6.6.", "6.12.", "6.18."};

	for (size_t i = 0; i < sizeof(series) / sizeof(series[0]); i++)
		if (!strncmp(label, series[i], strlen(series[i])))
			return true;
	return false;
}

/* The last long-term kernel before the newest, or else the first. */
static size_t find_base(const struct comparison *c)
{
	for (size_t s = c->n_sides - 1; s-- > 0;)
		if (is_long_term(c->sides[s].label))
			return s;
	return 0;
}

/* Whether it differs by the threshold or more, and all states agree. */
static bool changed(const struct comparison *c, const struct quantity *base,
		    const struct quantity *new, int64_t whole, double threshold)
{
	const struct judge judge = {.time = c->time, .threshold = threshold};
	enum change_kind kind;

	if (!base->n || !new->n)
		return false;
	kind = change_judge(base, new, whole, &judge).kind;
	/* CHANGE_UNSURE: one difference alone needs no correction for the number of them. */
	return change_is_beyond(kind) || kind == CHANGE_UNSURE;
}

struct largest {
	const struct row *row;
	double size; /* to sort by */
};

static int by_size(const void *a, const void *b)
{
	double x = ((const struct largest *)a)->size, y = ((const struct largest *)b)->size;

	return (x < y) - (x > y);
}

static const struct quantity *of(const struct cell *cell, bool tax)
{
	return tax ? &cell->tax : &cell->metric;
}

/* Raw by its share, DM overhead by its instructions. */
static size_t find_largest(const struct comparison *c, size_t base, bool tax, struct largest *list)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_rows; i++) {
		const struct row *row = &c->rows[i];
		const struct quantity *was = of(&row->cells[base], tax),
				      *is = of(&row->cells[c->n_sides - 1], tax);
		double difference = fabs((double)(is->median - was->median));

		if (!tax && strcmp(row->rec->stack, "raw") != 0)
			continue;
		if (!changed(c, was, is, row->cells[base].metric.median,
			     tax ? row->tax_threshold : row->threshold))
			continue;
		list[n++] = (struct largest){
			row, tax ? difference
				 : difference / (double)(was->median ? llabs(was->median) : 1)};
	}
	if (n)
		qsort(list, n, sizeof(*list), by_size);
	return n;
}

static void put_largest(const struct comparison *c, size_t base, bool tax, FILE *out)
{
	struct largest *list = memory_check(calloc(c->n_rows + 1, sizeof(*list)));
	size_t n = list ? find_largest(c, base, tax, list) : 0;
	char caption[256];
	struct grid g;

	snprintf(caption, sizeof(caption), "%s: the %s of %zu changes from %s to %s",
		 tax ? "DM overhead" : "Raw, without device-mapper",
		 n > LARGEST ? "ten largest" : "largest", n, c->sides[base].label,
		 c->sides[c->n_sides - 1].label);
	grid_init(&g, 1);
	grid_column(&g, "metric", true);
	grid_column(&g, c->sides[base].label, false);
	grid_column(&g, c->sides[c->n_sides - 1].label, false);
	grid_column(&g, "difference", false);
	for (size_t i = 0; i < n && i < LARGEST; i++) {
		const struct row *row = list[i].row;
		const struct quantity *was = of(&row->cells[base], tax),
				      *is = of(&row->cells[c->n_sides - 1], tax);
		char text[2][64];

		grid_line(&g);
		grid_cell(&g, 0, "%s", row->rec->id);
		grid_cell(&g, 1, "%s", compare_value(was, text[0], sizeof(text[0])));
		grid_cell(&g, 2, "%s", compare_value(is, text[1], sizeof(text[1])));
		grid_cell(&g, 3, "%s (%s)", number_signed(is->median - was->median).s,
			  was->median ? number_percent(is->median - was->median, was->median).s
				      : "from 0");
	}
	if (n)
		page_grid(out, &g, caption);
	else
		page_paragraph(out, NULL, caption);
	grid_free(&g);
	free(list);
}

/* ---- a line per metric ----------------------------------------------------------------------- */

static size_t x_of(const struct series *s, size_t kernel)
{
	return MARGIN + kernel * (LINE_WIDTH - 2 * MARGIN) / (s->n - 1);
}

static double y_of(const struct series_point *p, int64_t most)
{
	return LINE_HEIGHT - MARGIN - (double)p->median / (double)most * (LINE_HEIGHT - 2 * MARGIN);
}

/* Whether the point would be hidden: an earlier one of the same column of pixels is the same. */
static bool is_hidden(const struct series *s, const struct series_point *points, size_t kernel)
{
	for (size_t k = kernel; k-- && x_of(s, k) == x_of(s, kernel);)
		if (points[k].measured == points[kernel].measured &&
		    points[k].median == points[kernel].median)
			return true;
	return false;
}

/* From zero, so that a line is as steep as the cost. */
static void put_line(const struct series *s, const struct series_metric *m, FILE *out)
{
	const struct series_point *points = m->points;
	int64_t most = 1;
	bool down = false;
	size_t x = 0;

	for (size_t k = 0; k < s->n; k++)
		if (points[k].measured && points[k].median > most)
			most = points[k].median;
	fprintf(out,
		"<td><svg width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"by kernel\"><path "
		"d=\"",
		LINE_WIDTH, LINE_HEIGHT);
	for (size_t k = 0; k < s->n; k++) {
		if (points[k].measured && !is_hidden(s, points, k))
			fprintf(out, "%c%zu %.0f", down ? 'L' : 'M', x_of(s, k),
				y_of(&points[k], most));
		down = points[k].measured;
	}
	fputs("\"/>", out);
	for (size_t k = 1; k < s->n; k++)
		if (points[k].changed && x_of(s, k) != x) {
			x = x_of(s, k);
			fprintf(out, "<circle cx=\"%zu\" cy=\"%.0f\" r=\"3\"/>", x,
				y_of(&points[k], most));
		}
	fputs("</svg>", out);
}

static void put_points(const struct series *s, const struct series_metric *m, FILE *out)
{
	size_t n = 0;

	fputs("<td class=\"text wide\">", out);
	for (size_t k = 1; k < s->n; k++) {
		const struct series_point *p = &m->points[k];

		if (!p->changed || n++ >= POINTS_NAMED)
			continue;
		fprintf(out, "%s", n > 1 ? ", " : "");
		xml_put(out, s->kernels[k].label);
		fprintf(out, " %s", number_percent(p->median - p[-1].median, p[-1].median).s);
	}
	if (n > POINTS_NAMED)
		fprintf(out, " and at %zu more", n - POINTS_NAMED);
}

static void put_metric(const struct series *s, const struct series_metric *m, FILE *out)
{
	const struct series_point *first = &m->points[0], *last = &m->points[s->n - 1];

	fputs("<tr id=\"", out);
	page_put_id(out, m->id);
	fputs("\">", out);
	page_row_head(out, m->id, m->id);
	fprintf(out, "<td>%s", first->measured ? number(first->median).s : "-");
	put_line(s, m, out);
	fprintf(out, "<td>%s", last->measured ? number(last->median).s : "-");
	put_points(s, m, out);
	fputc('\n', out);
}

static void put_metrics(const struct series *s, FILE *out)
{
	page_heading(out, "metrics", "Each metric");
	page_paragraph(out, "dim",
		       "A line begins at zero. A point is a kernel at which the median changed by "
		       "the threshold or more in all initial states. By function: the verb explain "
		       "with two kernels and --metric 'ID'.");
	page_filter(out, "words");
	page_table_begin(out, "trends", "Medians from the first to the last kernel");
	fputs("<thead><tr><th scope=\"col\">metric</th><th scope=\"col\">", out);
	xml_put(out, s->kernels[0].label);
	fputs("</th><th scope=\"col\">by kernel</th><th scope=\"col\">", out);
	xml_put(out, s->kernels[s->n - 1].label);
	fputs("</th><th scope=\"col\" class=\"text\">changed at</th></tr></thead>\n<tbody>\n", out);
	for (size_t i = 0; i < s->n_metrics; i++)
		put_metric(s, &s->metrics[i], out);
	page_table_end(out);
}

int trends_page_write(const struct comparison *c, FILE *out)
{
	size_t base = find_base(c);
	struct series all = {0};
	char title[256];

	if (!c->series && series_of(&all, c) < 0) {
		series_free(&all);
		return -ENOMEM;
	}
	snprintf(title, sizeof(title), "Trends of DAX through device-mapper: Linux %s to %s",
		 c->sides[0].label, c->sides[c->n_sides - 1].label);
	page_begin(out, title);
	snprintf(title, sizeof(title), "The largest changes since %s", c->sides[base].label);
	page_heading(out, "largest", title);
	put_largest(c, base, false, out);
	put_largest(c, base, true, out);
	put_metrics(c->series ? c->series : &all, out);
	series_free(&all);
	return page_end(out, "Written by daxdm compare.");
}

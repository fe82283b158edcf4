// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plots over kernel versions: ladder-cost, the cost of a warm read fault on raw and through
 * device-mapper, and ladder-tax, the DM overhead in the same run.  One panel for each
 * filesystem; the kernels stand at 1, 2, 3 ...  Files of panel P:
 *   cost-P.tsv         blocks, one per line: kernel, median, colour, least, most
 *   tax-P.tsv          the same with the DM overhead
 *   cost-P-labels.tsv  x, y, text, colour   (tax-P-labels.tsv: the same)
 */
#include "lib/base/number.h"
#include "lib/base/text.h"
#include "report/compare/series.h"
#include "report/findings/cost.h"
#include "report/plots/plot.h"
#include "report/plots/plotdata.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX 4
/* Minimum distance of two labels as a part of the axis. */
#define LABEL_APART 0.055
/* Line types of plot/style.gp: 1 is PTE, 2 is PMD, as in the other plots. */
enum { COLOUR_MANY = 3, COLOUR_FEW = 9 };
enum { SEGMENTS_NAMED = 16 };

/* One line: a row of the comparison, its metric or its DM overhead. */
struct curve {
	const struct row *row;
	bool tax;
	int colour;
	bool dashed;
};

struct sheet {
	const char *fs;
	struct curve cost[LINES_MAX], tax[LINES_MAX];
	size_t n_cost, n_tax;
};

struct ladder {
	const struct comparison *c;
	struct plot p;
	struct sheet sheets[PANELS_MAX];
	size_t n;
};

static const struct quantity *point(const struct curve *curve, size_t side)
{
	const struct cell *cell = &curve->row->cells[side];
	const struct quantity *q = curve->tax ? &cell->tax : &cell->metric;

	return cell->rec && q->n ? q : NULL;
}

/* The warm read faults of that page size on raw (segments 0), or on plain stacks: with the number
 * of segments that is named, or else with the most, or with the fewest. */
enum which { RAW, NAMED, FEW, MANY };

static bool is_headline(const struct run_record *rec)
{
	const struct role *role = role_of(rec->bench, rec->variant);

	return role->kind == ROLE_FAULT && role->headline;
}

static const struct row *find_row(const struct comparison *c, const char *fs, enum run_page page,
				  enum which which)
{
	const struct row *best = NULL;
	char target[32];

	for (size_t r = 0; r < c->n_rows; r++) {
		const struct run_record *rec = c->rows[r].rec;
		int64_t have = best ? best->rec->segments : 0;

		if (!is_headline(rec) || rec->page != page || strcmp(rec->fs, fs))
			continue;
		if (which == RAW && !strcmp(rec->stack, "raw"))
			return &c->rows[r];
		if (which == RAW || !cost_plain(rec->stack, target))
			continue;
		if (which == NAMED && rec->segments == SEGMENTS_NAMED)
			return &c->rows[r];
		if (!best || (which == FEW ? rec->segments < have : rec->segments > have))
			best = &c->rows[r];
	}
	return best;
}

/* Adds it if it is new and any of the kernels has it. */
static void add_curve(struct curve *list, size_t *n, struct curve curve, size_t n_sides)
{
	const struct row *row = curve.row;
	bool any = false;

	for (size_t i = 0; i < *n; i++)
		if (list[i].row == row)
			return;
	for (size_t s = 0; row && s < n_sides && !any; s++)
		any = point(&curve, s);
	if (any && *n < LINES_MAX)
		list[(*n)++] = curve;
}

static void find_sheets(struct ladder *l)
{
	for (size_t r = 0; r < l->c->n_rows; r++) {
		const struct run_record *rec = l->c->rows[r].rec;
		struct sheet *s = &l->sheets[l->n];
		bool known =
			role_of(rec->bench, rec->variant)->kind != ROLE_FAULT || l->n == PANELS_MAX;
		const struct row *many, *few;

		for (size_t i = 0; i < l->n; i++)
			known = known || !strcmp(l->sheets[i].fs, rec->fs);
		if (known)
			continue;
		*s = (struct sheet){.fs = rec->fs};
		for (int page = RUN_PAGE_PTE; page <= RUN_PAGE_PMD; page++) {
			enum run_page size = (enum run_page)page;
			const struct row *dm = find_row(l->c, s->fs, size, NAMED);

			const struct row *raw = find_row(l->c, s->fs, size, RAW);

			add_curve(s->cost, &s->n_cost, (struct curve){dm, false, page + 1, false},
				  l->c->n_sides);
			add_curve(s->cost, &s->n_cost, (struct curve){raw, false, page + 1, true},
				  l->c->n_sides);
			add_curve(s->tax, &s->n_tax, (struct curve){dm, true, page + 1, false},
				  l->c->n_sides);
		}
		many = find_row(l->c, s->fs, RUN_PAGE_PTE, MANY);
		few = find_row(l->c, s->fs, RUN_PAGE_PTE, FEW);
		add_curve(s->tax, &s->n_tax, (struct curve){many, true, COLOUR_MANY, false},
			  l->c->n_sides);
		add_curve(s->tax, &s->n_tax, (struct curve){few, true, COLOUR_FEW, false},
			  l->c->n_sides);
		l->n += s->n_tax > 0 && s->n_cost > 0;
	}
}

/* "4 KiB linear:16" */
static const char *curve_words(const struct curve *curve, char *buf, size_t size)
{
	const struct run_record *rec = curve->row->rec;

	snprintf(buf, size, "%s %s", rec->page == RUN_PAGE_PMD ? "2 MiB" : "4 KiB", rec->stack);
	return buf;
}

/* The last kernel that has it, and the first; -1 if none has. */
static long end_of(const struct curve *curve, size_t n_sides, bool last)
{
	for (size_t i = 0; i < n_sides; i++) {
		size_t side = last ? n_sides - 1 - i : i;

		if (point(curve, side))
			return (long)side;
	}
	return -1;
}

static int put_curves(const struct ladder *l, const char *name, size_t panel,
		      const struct curve *curve, size_t n, double lo, double hi)
{
	struct plot_label label[LABELS_MAX];
	FILE *out = plot_open(&l->p, "%s-%zu.tsv", name, panel + 1);
	int rc;

	if (!out)
		return -errno;
	fprintf(l->p.gp, "%s_n[%zu] = %zu\n", name, panel + 1, n);
	for (size_t i = 0; i < n; i++) {
		long last = end_of(&curve[i], l->c->n_sides, true);
		size_t place = panel * LINES_MAX + i + 1;
		char words[64];

		fprintf(l->p.gp, "%s_colour[%zu] = %d\n%s_dash[%zu] = %d\n", name, place,
			curve[i].colour, name, place, curve[i].dashed);
		for (size_t s = 0; s < l->c->n_sides; s++) {
			const struct quantity *q = point(&curve[i], s);

			if (q)
				fprintf(out, "%zu\t%lld\t%d\t%lld\t%lld\n", s + 1,
					(long long)q->median, curve[i].colour, (long long)q->least,
					(long long)q->most);
		}
		fputs("\n\n", out);
		label[i] = (struct plot_label){(double)last + 1,
					       (double)point(&curve[i], (size_t)last)->median, "",
					       curve[i].colour};
		snprintf(label[i].text, sizeof(label[i].text), "%s  %s",
			 curve_words(&curve[i], words, sizeof(words)),
			 curve[i].tax ? number_signed(number_round(label[i].y)).s
				      : number(number_round(label[i].y)).s);
	}
	rc = plot_close(out);
	plot_spread(label, n, (hi - lo) * LABEL_APART, lo, hi);
	return rc ? rc : plot_put_labels(&l->p, name, panel, label, n);
}

/* The upstream version of a packaged kernel, "6.1.192" of "linux-image-... 6.1.192-2". */
static void version_of(const struct side *side, char *buf, size_t size)
{
	const char *package = side->runs[0].context.package, *space = strchr(package, ' ');

	if (!strncmp(package, "file ", 5) || !space) {
		snprintf(buf, size, "%s", side->label);
		return;
	}
	snprintf(buf, size, "%.*s", (int)strcspn(space + 1, "-"), space + 1);
	for (char *at = buf; *at; at++)
		*at = *at == '~' ? '-' : *at;
}

/* "+166 insn on 5.10.262, +227 on 7.3-rc7 (ext4)" for the first line of each panel. */
static void put_title(const struct ladder *l, const char *name, const char *what, bool tax)
{
	char text[1024] = "", first[64], last[64];

	for (size_t i = 0; i < l->n; i++) {
		const struct curve *curve = tax ? &l->sheets[i].tax[0] : &l->sheets[i].cost[0];
		long from = end_of(curve, l->c->n_sides, false);
		long to = end_of(curve, l->c->n_sides, true);
		int64_t a = point(curve, (size_t)from)->median;
		int64_t b = point(curve, (size_t)to)->median;

		version_of(&l->c->sides[from], first, sizeof(first));
		version_of(&l->c->sides[to], last, sizeof(last));
		if (!i)
			snprintf(text, sizeof(text), "%s, %s: ", curve->row->rec->stack, what);
		text_append(text, sizeof(text), "%s%s%s%s on %s, %s on %s (%s)", i ? "; " : "",
			    tax ? number_signed(a).s : number(a).s, i ? "" : " ",
			    i ? "" : l->p.unit, first, tax ? number_signed(b).s : number(b).s, last,
			    l->sheets[i].fs);
	}
	plot_put_string(&l->p, name, text);
}

static void find_range(const struct ladder *l, bool tax, double *lo, double *hi)
{
	bool any = false;

	*lo = 0;
	*hi = 1;
	for (size_t i = 0; i < l->n; i++) {
		const struct curve *curve = tax ? l->sheets[i].tax : l->sheets[i].cost;

		for (size_t k = 0; k < (tax ? l->sheets[i].n_tax : l->sheets[i].n_cost); k++)
			for (size_t s = 0; s < l->c->n_sides; s++) {
				const struct quantity *q = point(&curve[k], s);

				if (!q)
					continue;
				*lo = any ? fmin(*lo, (double)q->least) : (double)q->least;
				*hi = any ? fmax(*hi, (double)q->most) : (double)q->most;
				any = true;
			}
	}
	/* The overhead axis includes zero. */
	if (tax)
		*lo = fmin(*lo, 0);
	*hi += 0.08 * (*hi - *lo) + 1;
	*lo -= *lo < 0 || !tax ? 0.08 * (*hi - *lo) + 1 : 0;
}

/* Runs or initial states of a kernel, at most. */
static size_t most_values(const struct comparison *c)
{
	size_t most = 0;

	for (size_t r = 0; r < c->n_rows; r++)
		for (size_t s = 0; s < c->n_sides; s++)
			most = c->rows[r].cells[s].metric.n > most ? c->rows[r].cells[s].metric.n
								   : most;
	return most;
}

static void put_head(const struct ladder *l)
{
	const struct run_context *k = &l->c->sides[0].runs[0].context;
	const size_t values = most_values(l->c);
	char text[512], version[64], last[64], of_all[48] = "";
	FILE *gp = l->p.gp;

	if (l->c->series)
		snprintf(of_all, sizeof(of_all), " of %s", number((int64_t)l->c->series->n).s);

	version_of(&l->c->sides[0], version, sizeof(version));
	version_of(&l->c->sides[l->c->n_sides - 1], last, sizeof(last));
	snprintf(text, sizeof(text), "%s%zu%s kernels, Linux %s to %s, meter %s%s%s%.*s",
		 l->c->forced ? "FORCED, RUNS DIFFER: " : "", l->c->n_sides, of_all, version, last,
		 k->meter, l->c->time ? "" : " (exact guest instructions)",
		 *k->qemu ? ", QEMU " : "", (int)strcspn(k->qemu, " "), k->qemu);
	plot_put_string(&l->p, "subtitle", text);
	snprintf(text, sizeof(text), "up to %zu %s", values,
		 l->c->time ? "runs" : "initial states");
	plot_put_string(&l->p, "states_words", text);
	fprintf(gp, "bars = %d\n", values > 1);
	plot_put_string(&l->p, "unit", l->p.unit);
	fprintf(gp, "panels = %zu\narray panel[%zu]\n", l->n, l->n ? l->n : 1);
	for (size_t i = 0; i < l->n; i++) {
		char name[32];

		snprintf(name, sizeof(name), "panel[%zu]", i + 1);
		plot_put_string(&l->p, name, l->sheets[i].fs);
	}
	fprintf(gp, "draw_ladder = %d\nkernels = %zu\nlines_max = %d\n", l->n ? 1 : 0,
		l->c->n_sides, LINES_MAX);
	plot_tics_begin(&l->p, "kernel");
	for (size_t s = 0; s < l->c->n_sides; s++) {
		version_of(&l->c->sides[s], version, sizeof(version));
		plot_put_tic(&l->p, (double)s + 1, version);
	}
	plot_tics_end(&l->p, "kernel");
}

static int put_plot(const struct ladder *l, const char *name, bool tax)
{
	double lo, hi;
	int rc = 0;

	find_range(l, tax, &lo, &hi);
	plot_put_axis(&l->p, name, lo, hi, 6, tax);
	fprintf(l->p.gp, "array %s_n[%d]\narray %s_colour[%d]\narray %s_dash[%d]\n", name,
		PANELS_MAX, name, PANELS_MAX * LINES_MAX, name, PANELS_MAX * LINES_MAX);
	for (size_t i = 0; i < l->n && !rc; i++) {
		const struct sheet *s = &l->sheets[i];

		rc = put_curves(l, name, i, tax ? s->tax : s->cost, tax ? s->n_tax : s->n_cost, lo,
				hi);
	}
	return rc;
}

int plotdata_write_ladder(const struct comparison *c, const char *dir)
{
	struct ladder l = {.c = c, .p = {.dir = dir, .unit = c->unit}};
	struct plot_words words;
	int rc = plot_begin(&l.p, &words), closed;

	if (rc)
		return rc;
	find_sheets(&l);
	put_head(&l);
	if (l.n) {
		put_title(&l, "cost_title", "warm read fault", false);
		put_title(&l, "tax_title", "overhead on a warm read fault", true);
		rc = put_plot(&l, "cost", false);
		if (!rc)
			rc = put_plot(&l, "tax", true);
	}
	if (!rc)
		rc = plot_put_paths(&l.p, c);
	closed = plot_end(&l.p);
	return rc ? rc : closed;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data for plots: which panels there are, what all plots share, and the helpers that write it.
 * What a plot says (titles, labels, which numbers) is decided in the plot_*.c files, by the numbers
 * of cost.c; how it looks (sizes, colours, fonts) is decided by the scripts of plot/.
 */
#include "cli/plotdata.h"
#include "cli/plot.h"
#include "cli/without.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

FILE *plot_open(const struct plot *p, const char *fmt, ...)
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

int plot_close(FILE *out)
{
	int bad = ferror(out);

	return fclose(out) || bad ? -EIO : 0;
}

/* A gnuplot string in single quotes: nothing in it means anything but the quote itself. */
void plot_put_string(FILE *gp, const char *name, const char *text)
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
void plot_put_axis(FILE *gp, const char *name, double lo, double hi, int count, bool sign)
{
	double step = fmax(1, nice_step(hi - lo, count));
	const char *comma = "";

	fprintf(gp, "%s_lo = %.6g\n%s_hi = %.6g\n%s_tics = '", name, lo, name, hi, name);
	for (double at = ceil(lo / step) * step; at <= hi; at += step) {
		int64_t value = number_round(at);

		fprintf(gp, "%s\"%s\" %lld", comma,
			sign && value ? number_signed(value).s : number(value).s, (long long)value);
		comma = ", ";
	}
	fputs("'\n", gp);
}

static int by_y(const void *a, const void *b)
{
	const struct plot_label *la = *(struct plot_label *const *)a;
	const struct plot_label *lb = *(struct plot_label *const *)b;

	return (la->y > lb->y) - (la->y < lb->y);
}

void plot_spread(struct plot_label *label, size_t n, double apart)
{
	struct plot_label *order[LABELS_MAX];

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

int plot_put_labels(const struct plot *p, const char *name, size_t panel,
		    const struct plot_label *label, size_t n)
{
	FILE *out = plot_open(p, "%s-%zu-labels.tsv", name, panel + 1);

	if (!out)
		return -errno;
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%.6g\t%.6g\t%s\t%d\n", label[i].x, label[i].y, label[i].text,
			label[i].colour);
	return plot_close(out);
}

const struct cost *plot_first_series(const struct plot *p)
{
	for (size_t i = 0; i < p->n_panels; i++)
		if (p->panel[i].n_series)
			return &p->panel[i].series[0];
	return NULL;
}

static void find_panels(struct plot *p)
{
	for (size_t i = 0; i < p->tables->n && p->n_panels < PANELS_MAX; i++) {
		struct plot_panel *panel = &p->panel[p->n_panels];

		*panel = (struct plot_panel){.table = &p->tables->table[i]};
		for (int page = RUN_PAGE_PTE; page <= RUN_PAGE_PMD; page++) {
			const struct table_row *row =
				cost_headline(panel->table, "fault", (enum run_page)page);

			if (row && cost_find(p->tables, panel->table, row, NULL,
					     &panel->series[panel->n_series]))
				panel->n_series++;
		}
		panel->n_growing = cost_growing(p->tables, panel->table, "fault", NULL,
						panel->growing, GROWING_MAX);
		if (cost_headline(panel->table, "fault", RUN_PAGE_PTE) ||
		    cost_headline(panel->table, "fault", RUN_PAGE_PMD) ||
		    without_size(panel->table, "read", 0) || plot_has_table(panel->table))
			p->n_panels++;
	}
}

static void put_context(const struct plot *p)
{
	const struct run *run = p->tables->run;
	const struct run_context *c = &run->context;
	const struct cost *first = plot_first_series(p);
	/* A kernel from a file has a path there, which says nothing to a reader elsewhere. */
	const char *version = strncmp(c->package, "file ", 5) ? strchr(c->package, ' ') : NULL;
	char text[512], words[256];

	snprintf(text, sizeof(text), "%sLinux %s%s%s%s, meter %s (%s%s%.*s)",
		 run_is_complete(run) ? "" : "INCOMPLETE RUN: ", c->release, version ? " (" : "",
		 version ? version + 1 : "", version ? ")" : "", c->meter,
		 !strcmp(c->meter, "insn") ? "exact guest instructions" : p->unit,
		 *c->qemu ? ", QEMU " : "", (int)strcspn(c->qemu, " "), c->qemu);
	plot_put_string(p->gp, "subtitle", text);
	plot_put_string(p->gp, "unit", p->unit);
	plot_put_string(p->gp, "fault_words",
			first ? cost_words(first->row, words, sizeof(words)) : "fault");
	fprintf(p->gp, "panels = %zu\narray panel[%zu]\n", p->n_panels,
		p->n_panels ? p->n_panels : 1);
	for (size_t i = 0; i < p->n_panels; i++) {
		char name[32];

		snprintf(name, sizeof(name), "panel[%zu]", i + 1);
		plot_put_string(p->gp, name, table_fs(p->panel[i].table));
	}
}

int plotdata_write(const struct tables *tables, const char *dir)
{
	struct plot p = {.tables = tables, .dir = dir};
	int rc, closed;

	p.gp = plot_open(&p, "plot.gp");
	if (!p.gp)
		return -errno;
	find_panels(&p);
	p.unit = p.n_panels ? p.panel[0].table->unit : "";
	fputs("# SPDX-License-Identifier: GPL-2.0-only\n", p.gp);
	put_context(&p);
	rc = plot_put_segments(&p);
	if (!rc)
		rc = plot_put_growth(&p);
	if (!rc)
		rc = plot_put_dist(&p);
	if (!rc)
		rc = plot_put_huge(&p);
	if (!rc)
		rc = plot_put_bio(&p);
	if (!rc)
		rc = plot_put_table(&p);
	closed = plot_close(p.gp);
	return rc ? rc : closed;
}

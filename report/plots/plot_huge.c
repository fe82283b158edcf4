// SPDX-License-Identifier: GPL-2.0-only
/*
 * huge-pages: cost of touching a 2 MiB window with its huge page kept or lost.  Files:
 *   huge-P.tsv  panel P: place from the top, cost of a 2 MiB window, text if kept, text if lost,
 *               colour, stack
 */
#include "lib/base/number.h"
#include "report/plots/plot.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* Line types of plot/style.gp. */
#define COLOUR_LOST 3
#define COLOUR_RAW 9

/* Shared by the panels; worst: the stack in the title. */
struct huge_plot {
	double lo, hi;
	size_t places, name_len;
	bool lost;
	struct huge worst;
};

static int put_huge_panel(const struct plot *p, size_t panel, struct huge_plot *plot)
{
	const struct table *t = p->panel[panel].table;
	FILE *out = plot_open(p, "huge-%zu.tsv", panel + 1);
	size_t place = 0;

	if (!out)
		return -errno;
	fputs("# place, cost of a 2 MiB window, text if kept, text if lost, colour, stack\n", out);
	for (size_t s = 0; s < p->tables->run->stacks.n; s++) {
		struct huge h;
		char text[160];
		int colour;

		if (!cost_huge(p->tables, t, s, &h) || h.cost < 1)
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
		fprintf(out, "\t%d\t", colour);
		plot_put_text(out, h.stack);
		fputc('\n', out);
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
	return plot_close(out);
}

static void put_huge_titles(const struct plot *p, const struct huge *worst)
{
	char title[512], words[256];
	int used = snprintf(title, sizeof(title),
			    "%s loses %s of %s huge pages on %s: 2 MiB cost %s %s", worst->stack,
			    number(worst->lost).s, number(worst->windows).s, worst->fs,
			    number(worst->cost).s, p->unit);

	if (worst->raw > 0 && used > 0 && used < (int)sizeof(title))
		snprintf(title + used, sizeof(title) - used, ", %sx raw",
			 number((worst->cost + worst->raw / 2) / worst->raw).s);
	plot_put_string(p, "huge_title", title);
	snprintf(title, sizeof(title),
		 "Cost of touching a whole 2 MiB window: one %s, or %d faults of 4 KiB if lost",
		 cost_words(worst->row, words, sizeof(words)), PAGES_PER_WINDOW);
	plot_put_string(p, "huge_words", title);
}

int plot_put_huge(const struct plot *p)
{
	struct huge_plot plot = {.hi = 1};
	int rc = 0;

	fprintf(p->gp, "array huge_n[%d]\n", PANELS_MAX);
	for (size_t i = 0; i < p->n_panels && !rc; i++)
		rc = put_huge_panel(p, i, &plot);
	/* No plot if nothing was lost. */
	fprintf(p->gp, "draw_huge = %d\n", plot.lost && !rc ? 1 : 0);
	if (rc || !plot.lost)
		return rc;
	put_huge_titles(p, &plot.worst);
	fprintf(p->gp, "huge_lo = %.6g\nhuge_hi = %.6g\nhuge_places = %zu\nhuge_name_len = %zu\n",
		plot.lo / 1.6, plot.hi * 1.6, plot.places, plot.name_len);
	plot_tics_begin(p, "huge");
	for (double x = 1; x <= plot.hi * 1.6; x *= 10)
		if (x >= plot.lo / 1.6)
			plot_put_tic(p, x, number((int64_t)x).s);
	plot_tics_end(p, "huge");
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * huge-pages: cost of touching a 2 MiB window with its huge page kept or lost.  Files:
 *   huge-P.tsv  panel P: place from the top, cost of a 2 MiB window, text if kept, text if lost,
 *               colour, stack, least and most cost over the initial states
 */
#include "lib/base/number.h"
#include "lib/base/text.h"
#include "report/plots/plot.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* Line types of plot/style.gp. */
#define COLOUR_LOST 3
#define COLOUR_RAW 9

/* Shared by the panels. */
struct huge_plot {
	double lo, hi;
	size_t places, name_len;
	bool lost;
};

/* The cost over the initial states. */
static struct quantity huge_range(const struct plot *p, const struct huge *h)
{
	struct quantity q = {.n = 0};

	for (size_t i = 0; i < p->n_states; i++) {
		const struct tables *tables = p->of_state[i].tables;
		struct huge in;

		for (size_t t = 0; t < tables->n; t++)
			for (size_t s = 0; s < tables->run->stacks.n; s++)
				if (!strcmp(tables->run->stacks.name[s], h->stack) &&
				    !strcmp(tables->table[t].fs, h->fs) &&
				    !strcmp(tables->table[t].unit, h->unit) &&
				    cost_huge(tables, &tables->table[t], s, &in) && in.cost > 0)
					quantity_add(&q, in.cost);
	}
	quantity_add(&q, h->cost);
	return q;
}

static int put_huge_panel(const struct plot *p, size_t panel, struct huge_plot *plot)
{
	const struct table *t = p->panel[panel].table;
	FILE *out = plot_open(p, "huge-%zu.tsv", panel + 1);
	size_t place = 0;

	if (!out)
		return -errno;
	fputs("# place, cost of a 2 MiB window, text if kept, text if lost, colour, stack, "
	      "least, most\n",
	      out);
	for (size_t s = 0; s < p->tables->run->stacks.n; s++) {
		struct huge h;
		struct quantity range;
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
		range = huge_range(p, &h);
		fprintf(out, "\t%lld\t%lld\n", (long long)range.least, (long long)range.most);
		plot->lo = plot->lo > 0 ? fmin(plot->lo, (double)range.least) : (double)range.least;
		plot->hi = fmax(plot->hi, (double)range.most);
		if (strlen(h.stack) > plot->name_len)
			plot->name_len = strlen(h.stack);
		plot->lost |= h.lost > 0;
	}
	if (place > plot->places)
		plot->places = place;
	fprintf(p->gp, "huge_n[%zu] = %zu\n", panel + 1, place);
	return plot_close(out);
}

/* The lost stack that costs most. */
static bool find_worst(const struct plot *p, struct huge *worst)
{
	bool found = false;
	struct huge h;

	for (size_t i = 0; i < p->n_panels; i++)
		for (size_t s = 0; s < p->tables->run->stacks.n; s++) {
			if (!cost_huge(p->tables, p->panel[i].table, s, &h) || h.cost < 1 ||
			    !h.lost || (found && h.cost <= worst->cost))
				continue;
			found = true;
			*worst = h;
		}
	return found;
}

static void write_title(const struct plot *p, char *title, size_t size)
{
	struct huge worst;

	if (!find_worst(p, &worst))
		return;
	snprintf(title, size, "%s loses %s of %s huge pages on %s: 2 MiB cost %s %s", worst.stack,
		 number(worst.lost).s, number(worst.windows).s, worst.fs, number(worst.cost).s,
		 p->unit);
	if (worst.raw > 0)
		text_append(title, size, ", %sx raw",
			    number((worst.cost + worst.raw / 2) / worst.raw).s);
}

static void put_huge_words(const struct plot *p)
{
	char text[512], words[256];
	struct huge worst;

	plot_put_title(p, "huge_title", write_title);
	if (!find_worst(p, &worst))
		return;
	snprintf(text, sizeof(text),
		 "Cost of touching a whole 2 MiB window: one %s, or %d faults of 4 KiB if lost",
		 cost_words(worst.row, words, sizeof(words)), PAGES_PER_WINDOW);
	plot_put_string(p, "huge_words", text);
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
	put_huge_words(p);
	fprintf(p->gp, "huge_lo = %.6g\nhuge_hi = %.6g\nhuge_places = %zu\nhuge_name_len = %zu\n",
		plot.lo / 1.6, plot.hi * 1.6, plot.places, plot.name_len);
	plot_tics_begin(p, "huge");
	for (double x = 1; x <= plot.hi * 1.6; x *= 10)
		if (x >= plot.lo / 1.6)
			plot_put_tic(p, x, number((int64_t)x).s);
	plot_tics_end(p, "huge");
	return 0;
}

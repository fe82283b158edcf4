// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault-pages: cost of a fault of 4 KiB and of one of 2 MiB, by what the fault does, on the stack
 * that findings name or else on raw.  Files:
 *   pages-P.tsv  panel P: place from the top, what the fault does, then of the page size that costs
 *                less and of the other one: the cost, its text, the least and the most cost over
 *                the initial states, colour
 */
#include "lib/base/number.h"
#include "report/plots/plot.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Shared by the panels. */
struct pages_plot {
	double lo, hi;
	size_t places, name_len;
};

static long find_stack(const struct plot *p, const struct table *t)
{
	long dm = cost_dm_stack(p->tables, t, role_bench(ROLE_FAULT));

	return dm < 0 ? p->tables->raw : dm;
}

/* The I-th kind of fault that was measured with both page sizes on that stack. */
static bool pair_at(const struct table *t, long stack, size_t i, const struct table_row *row[2])
{
	for (size_t r = 0; stack >= 0 && r < t->n_rows; r++) {
		row[0] = &t->rows[r];
		if (row[0]->role->kind != ROLE_FAULT || row[0]->page != RUN_PAGE_PTE)
			continue;
		row[1] = table_sibling(t, row[0], RUN_PAGE_PMD);
		if (row[1] && row[0]->cell[stack] && row[1]->cell[stack] &&
		    row[0]->cell[stack]->median > 0 && row[1]->cell[stack]->median > 0 && !i--)
			return true;
	}
	return false;
}

/* Both costs, the lower one first: its label is on the left. */
static void put_costs(const struct table_row *const row[2], long stack, FILE *out,
		      struct pages_plot *plot)
{
	size_t low = row[1]->cell[stack]->median < row[0]->cell[stack]->median;

	for (size_t i = 0; i < 2; i++) {
		size_t which = i ? !low : low;
		struct quantity q = over_states_median(row[which]->cell[stack]);
		double least = fmax(1, (double)q.least), most = fmax(1, (double)q.most);

		fprintf(out, "\t%lld\t%s\t%.0f\t%.0f\t%zu", (long long)q.median, number(q.median).s,
			least, most, which + 1);
		plot->lo = plot->lo > 0 ? fmin(plot->lo, least) : least;
		plot->hi = fmax(plot->hi, most);
	}
	fputc('\n', out);
}

static int put_panel(const struct plot *p, size_t panel, struct pages_plot *plot)
{
	const struct table *t = p->panel[panel].table;
	FILE *out = plot_open(p, "pages-%zu.tsv", panel + 1);
	long stack = find_stack(p, t);
	const struct table_row *row[2];
	size_t n = 0;

	if (!out)
		return -errno;
	fputs("# place, fault, lower: cost, text, least, most, colour, higher: the same\n", out);
	for (; pair_at(t, stack, n, row); n++) {
		char label[128];

		table_label(row[0], label, sizeof(label));
		fprintf(out, "%zu\t", n + 1);
		plot_put_text(out, label);
		put_costs(row, stack, out, plot);
		if (strlen(label) > plot->name_len)
			plot->name_len = strlen(label);
	}
	if (n > plot->places)
		plot->places = n;
	fprintf(p->gp, "pages_n_%zu = %zu\n", panel + 1, n);
	return plot_close(out);
}

static double ratio_of(const struct table_row *const row[2], long stack)
{
	return (double)row[1]->cell[stack]->median / (double)row[0]->cell[stack]->median;
}

/* The cheapest and the dearest 2 MiB fault, as multiples of that of 4 KiB. */
static void write_title(const struct plot *p, char *title, size_t size)
{
	for (size_t i = 0; i < p->n_panels; i++) {
		const struct table *t = p->panel[i].table;
		long stack = find_stack(p, t);
		const struct table_row *row[2], *least[2], *most[2];
		char low[128], high[128];

		if (!pair_at(t, stack, 0, least))
			continue;
		memcpy(most, least, sizeof(most));
		for (size_t n = 1; pair_at(t, stack, n, row); n++) {
			if (ratio_of(row, stack) < ratio_of(least, stack))
				memcpy(least, row, sizeof(least));
			if (ratio_of(row, stack) > ratio_of(most, stack))
				memcpy(most, row, sizeof(most));
		}
		snprintf(title, size,
			 "A 2 MiB fault maps 512 times as much as one of 4 KiB and costs %.1f (%s) "
			 "to %.0f times as much (%s, %s)",
			 ratio_of(least, stack), table_label(least[0], low, sizeof(low)),
			 ratio_of(most, stack), table_label(most[0], high, sizeof(high)),
			 table_fs(t));
		return;
	}
}

static void put_stack(const struct plot *p)
{
	for (size_t i = 0; i < p->n_panels; i++) {
		long stack = find_stack(p, p->panel[i].table);
		const struct table_row *row[2];

		if (!pair_at(p->panel[i].table, stack, 0, row))
			continue;
		plot_put_string(p, "pages_stack", p->tables->run->stacks.name[stack]);
		return;
	}
}

int plot_put_pages(const struct plot *p)
{
	struct pages_plot plot = {.hi = 1};
	int rc = 0;

	for (size_t i = 0; i < p->n_panels && !rc; i++)
		rc = put_panel(p, i, &plot);
	/* One kind of fault is in other plots. */
	fprintf(p->gp, "draw_pages = %d\n", !rc && plot.places > 1);
	if (rc || plot.places < 2)
		return rc;
	plot_put_title(p, "pages_title", write_title);
	put_stack(p);
	fprintf(p->gp, "pages_places = %zu\npages_name_len = %zu\n", plot.places, plot.name_len);
	plot_put_log_axis(p, "pages", plot.lo / 3, plot.hi * 3, 5);
	return 0;
}

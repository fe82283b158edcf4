// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data for plots: the panels, and what all plots share.  The plot_*.c files choose titles, labels
 * and numbers; the scripts of plot/ choose sizes, colours and fonts.
 */
#include "report/plots/plotdata.h"
#include "lib/base/number.h"
#include "report/findings/fallback_cost.h"
#include "report/plots/plot.h"

#include <string.h>

static void find_panels(struct plot *p)
{
	for (size_t i = 0; i < p->tables->n && p->n_panels < PANELS_MAX; i++) {
		struct plot_panel *panel = &p->panel[p->n_panels];

		*panel = (struct plot_panel){.table = &p->tables->table[i]};
		for (int page = RUN_PAGE_PTE; page <= RUN_PAGE_PMD; page++) {
			const struct table_row *row = cost_headline(
				panel->table, role_bench(ROLE_FAULT), (enum run_page)page);

			if (row && cost_find(p->tables, panel->table, row, NULL,
					     &panel->series[panel->n_series]))
				panel->n_series++;
		}
		panel->n_growing = cost_growing(p->tables, panel->table, role_bench(ROLE_FAULT),
						NULL, panel->growing, GROWING_MAX);
		if (cost_headline(panel->table, role_bench(ROLE_FAULT), RUN_PAGE_PTE) ||
		    cost_headline(panel->table, role_bench(ROLE_FAULT), RUN_PAGE_PMD) ||
		    fallback_cost_size(panel->table, "read", 0) || plot_has_table(panel->table))
			p->n_panels++;
	}
}

static void put_context(const struct plot *p)
{
	const struct run *run = p->tables->run;
	const struct run_context *c = &run->context;
	const struct cost *first = plot_first_series(p);
	/* For a kernel from a file this is a local path. */
	const char *version = strncmp(c->package, "file ", 5) ? strchr(c->package, ' ') : NULL;
	char text[512], words[256];

	snprintf(text, sizeof(text), "%sLinux %s%s%s%s%s, meter %s (%s%s%.*s)",
		 run_is_complete(run) ? "" : "INCOMPLETE RUN: ", c->release, c->suffix,
		 version ? " (" : "", version ? version + 1 : "", version ? ")" : "", c->meter,
		 !strcmp(c->meter, "insn") ? "exact guest instructions" : p->unit,
		 *c->qemu ? ", QEMU " : "", (int)strcspn(c->qemu, " "), c->qemu);
	plot_put_string(p, "subtitle", text);
	plot_put_string(p, "unit", p->unit);
	plot_put_string(p, "fault_words",
			first ? cost_words(first->row, words, sizeof(words)) : "fault");
	fprintf(p->gp, "panels = %zu\narray panel[%zu]\n", p->n_panels,
		p->n_panels ? p->n_panels : 1);
	for (size_t i = 0; i < p->n_panels; i++) {
		char name[32];

		snprintf(name, sizeof(name), "panel[%zu]", i + 1);
		plot_put_string(p, name, table_fs(p->panel[i].table));
	}
}

int plotdata_write(const struct tables *tables, const char *dir)
{
	struct plot p = {.tables = tables, .dir = dir};
	struct plot_words words;
	int rc = plot_begin(&p, &words), closed;

	if (rc)
		return rc;
	find_panels(&p);
	p.unit = p.n_panels ? p.panel[0].table->unit : "";
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
	closed = plot_end(&p);
	return rc ? rc : closed;
}

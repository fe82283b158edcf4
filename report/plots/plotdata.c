// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data for plots: the panels, and what all plots share.  The plot_*.c files choose titles, labels
 * and numbers; the scripts of plot/ choose sizes, colours and fonts.
 */
#include "report/plots/plotdata.h"
#include "lib/base/number.h"
#include "report/findings/fallback_cost.h"
#include "report/plots/plot.h"

#include <errno.h>
#include <stdlib.h>
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

/* Adds a plot for each initial state that was measured as a whole.  Returns 0 or -ENOMEM. */
static int add_states(struct plot *p, struct tables *of_state)
{
	const struct over_states *states = p->tables->states;

	for (size_t r = 0; states && r < states->n_runs; r++) {
		struct tables *tables = &of_state[p->n_states];
		struct plot *plot = &p->of_state[p->n_states];

		if (states->runs[r]->n_records != states->run.n_records)
			continue;
		p->state[p->n_states++] = states->state[r];
		if (tables_build(states->runs[r], tables) < 0)
			return -ENOMEM;
		*plot = (struct plot){.tables = tables};
		find_panels(plot);
		plot->unit = plot->n_panels ? plot->panel[0].table->unit : "";
	}
	return 0;
}

static void put_context(const struct plot *p)
{
	const struct run *run = p->tables->run;
	const struct run_context *c = &run->context;
	const struct cost *first = plot_first_series(p);
	/* For a kernel from a file this is a local path. */
	const char *version = strncmp(c->package, "file ", 5) ? strchr(c->package, ' ') : NULL;
	char text[512], words[256], states[64];

	over_states_words(p->tables->states, states, sizeof(states));
	snprintf(text, sizeof(text), "%sLinux %s%s%s%s%s, meter %s (%s%s%.*s)",
		 run_is_complete(run) ? "" : "INCOMPLETE RUN: ", c->release, c->suffix,
		 version ? " (" : "", version ? version + 1 : "", version ? ")" : "", c->meter,
		 !strcmp(c->meter, "insn") ? "exact guest instructions" : p->unit,
		 *c->qemu ? ", QEMU " : "", (int)strcspn(c->qemu, " "), c->qemu);
	plot_put_string(p, "subtitle", text);
	plot_put_string(p, "states_words", states);
	fprintf(p->gp, "bars = %d\n", *states ? 1 : 0);
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

static int put_all(struct plot *p)
{
	static int (*const put[])(const struct plot *) = {
		plot_put_segments, plot_put_growth, plot_put_dist,  plot_put_pages, plot_put_huge,
		plot_put_bio,	   plot_put_copy,   plot_put_table, plot_put_depth,
	};
	struct plot_words words;
	int rc = plot_begin(p, &words), closed;

	if (rc)
		return rc;
	put_context(p);
	for (size_t i = 0; i < sizeof(put) / sizeof(put[0]) && !rc; i++)
		rc = put[i](p);
	closed = plot_end(p);
	return rc ? rc : closed;
}

int plotdata_write(const struct tables *tables, const char *dir)
{
	size_t n = tables->states ? tables->states->n_runs : 0;
	struct plot p = {.tables = tables, .dir = dir};
	struct tables *of_state = calloc(n + 1, sizeof(*of_state));
	int rc = -ENOMEM;

	p.of_state = calloc(n + 1, sizeof(*p.of_state));
	p.state = calloc(n + 1, sizeof(*p.state));
	if (of_state && p.of_state && p.state) {
		find_panels(&p);
		p.unit = p.n_panels ? p.panel[0].table->unit : "";
		rc = add_states(&p, of_state);
	}
	if (!rc)
		rc = put_all(&p);
	for (size_t i = 0; of_state && i < p.n_states; i++)
		tables_free(&of_state[i]);
	free(of_state);
	free(p.of_state);
	free(p.state);
	return rc;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "report/inspect/layout_cost.h"

#include "lib/base/number.h"
#include "report/findings/cost.h"
#include "report/findings/fit_segments.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

/* One row of a table as the model of one kind of fault. */
struct model {
	const struct layout *layout;
	const struct tables *tables;
	const struct table *table;
	const struct table_row *row;
	struct cost linear; /* n_stacks 0: not measured */
	struct layout_costs *out;
};

struct range {
	double least, most;
};

__attribute__((format(printf, 2, 3))) static bool no_run_like(const struct model *m,
							      const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (!*m->out->why)
		vsnprintf(m->out->why, sizeof(m->out->why), fmt, args);
	va_end(args);
	return false;
}

/* The only stripes of a table. */
static const struct graph_target *only_striped(const struct graph_device *d)
{
	return d->n_targets == 1 && d->targets[0].type == TARGET_STRIPED ? &d->targets[0] : NULL;
}

static bool all_linear(const struct graph_device *d)
{
	for (size_t i = 0; i < d->n_targets; i++)
		if (d->targets[i].type != TARGET_LINEAR)
			return false;
	return d->n_targets;
}

/* A cost that grows by the segment, as that of a flush on older kernels. */
static bool growing_cost(const struct model *m, size_t segments, double *overhead)
{
	struct segment_fit fit;

	if (!fit_segments_of(m->table, m->row, &fit) ||
	    fit_segments_shape(&fit) != FIT_SEGMENTS_LINE)
		return no_run_like(m, "the cost by the number of targets is no line");
	/* Whether such costs of devices over each other are added has not been measured. */
	if (m->layout->levels > 1)
		return no_run_like(m,
				   "devices over each other, at a cost that grows by the segment");
	*overhead = fit.base + fit.per_segment * (double)segments - (double)m->linear.raw->median;
	return true;
}

static bool cost_of_linear(const struct model *m, size_t segments, double *overhead)
{
	const struct cost *c = &m->linear;

	if (!c->n_stacks)
		return no_run_like(m, "linear targets were not measured");
	if ((int64_t)segments < c->few->segments || (int64_t)segments > c->many->segments)
		return no_run_like(m, "%zu linear targets: %lld to %lld were measured", segments,
				   (long long)c->few->segments, (long long)c->many->segments);
	if (c->most - c->least > c->raw->median / 20)
		return growing_cost(m, segments, overhead);
	*overhead = cost_of_segments(c, (double)segments);
	return true;
}

static bool cost_of_striped(const struct model *m, unsigned int stripes, double *overhead)
{
	for (size_t c = 0; c < m->table->n_columns; c++) {
		const struct run_record *rec = m->row->cell[m->table->columns[c]];
		char stack[32];

		snprintf(stack, sizeof(stack), "striped:%u", stripes);
		if (!rec || strcmp(rec->stack, stack))
			continue;
		*overhead = (double)(rec->median - m->linear.raw->median);
		return true;
	}
	return no_run_like(m, "%u stripes were not measured", stripes);
}

/* What a fault costs from the device down.  Devices of lower index are done. */
static bool cost_of_device(const struct model *m, unsigned int device, struct range *of)
{
	const struct graph_device *d = &m->layout->of.graph->devices[device];
	const struct graph_target *striped = only_striped(d);
	struct range below = {INFINITY, 0};
	double own = 0;

	of[device] = (struct range){0, 0};
	if (d->kind == GRAPH_NAMESPACE)
		return d->ns->fsdax || no_run_like(m, "other memory than namespaces of mode fsdax");
	if (d->kind != GRAPH_DM)
		return no_run_like(m, "a partition");
	if (striped	    ? !cost_of_striped(m, striped->n_members, &own)
	    : all_linear(d) ? !cost_of_linear(m, d->n_targets, &own)
			    : !no_run_like(m, "a table that is not of linear targets, or of one "
					      "striped target, alone"))
		return false;
	for (size_t i = 0; i < d->n_targets; i++)
		for (unsigned int k = 0; k < d->targets[i].n_members; k++) {
			const struct range *member = &of[d->targets[i].members[k].device];

			below.least = fmin(below.least, member->least);
			below.most = fmax(below.most, member->most);
		}
	of[device] = (struct range){own + below.least, own + below.most};
	return true;
}

/* Adds the cost of the faults of a row. */
static void add_row(struct model *m, const struct table_row *row)
{
	const struct layout *l = m->layout;
	struct range of[GRAPH_DEVICES_MAX] = {{0, 0}};
	bool used[GRAPH_DEVICES_MAX];
	struct layout_cost *c = &m->out->list[m->out->n];

	m->row = row;
	if (!cost_find(m->tables, m->table, row, "linear", &m->linear) && !m->linear.raw)
		return;
	layout_used(l, used);
	for (unsigned int i = 0; i <= l->of.device; i++)
		if (used[i] && !cost_of_device(m, i, of))
			return;
	*c = (struct layout_cost){.raw = m->linear.raw->median,
				  .huge = row->page == RUN_PAGE_PMD,
				  .least = number_round(of[l->of.device].least),
				  .most = number_round(of[l->of.device].most)};
	snprintf(c->fs, sizeof(c->fs), "%s", m->table->fs);
	snprintf(c->unit, sizeof(c->unit), "%s", m->table->unit);
	snprintf(c->metric, sizeof(c->metric), "%s.%s", row->bench, row->variant);
	cost_words(row, c->words, sizeof(c->words));
	if (m->linear.n_stacks > m->out->n_stacks)
		m->out->n_stacks = m->linear.n_stacks;
	m->out->n++;
}

void layout_costs_of(const struct layout *layout, const struct tables *tables, const char *fs,
		     struct layout_costs *out)
{
	const char *fault = role_bench(ROLE_FAULT);
	bool any = false;

	*out = (struct layout_costs){.n = 0};
	if (layout->not_direct || layout->unknown) {
		snprintf(out->why, sizeof(out->why), "a device without DAX, or of unknown table");
		return;
	}
	for (size_t i = 0; i < tables->n; i++) {
		const struct table *t = &tables->table[i];
		struct model m = {.layout = layout, .tables = tables, .table = t, .out = out};
		const struct table_row *rows[] = {cost_headline(t, fault, RUN_PAGE_PTE),
						  cost_headline(t, fault, RUN_PAGE_PMD), NULL};
		struct cost growing;

		if (cost_is_rate(t) || (fs && strcmp(fs, t->fs)))
			continue;
		any = true;
		if (cost_growing(tables, t, fault, "linear", &growing, 1))
			rows[2] = growing.row;
		for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
			if (rows[r] && out->n < LAYOUT_COSTS_MAX)
				add_row(&m, rows[r]);
	}
	if (!out->n && !*out->why)
		snprintf(out->why, sizeof(out->why),
			 any ? "faults were not measured" : "%s was not measured", fs ? fs : "");
}

/* ---- output ---------------------------------------------------------------------------------- */

static const struct layout_cost *of_page(const struct layout_costs *costs, const char *fs,
					 bool huge)
{
	for (size_t i = 0; i < costs->n; i++)
		if (costs->list[i].huge == huge && !strcmp(costs->list[i].fs, fs))
			return &costs->list[i];
	return NULL;
}

/* "200", or "200 to 310". */
static void put_range(int64_t least, int64_t most, FILE *out)
{
	fprintf(out, "%s", number(least).s);
	if (most != least)
		fprintf(out, " to %s", number(most).s);
}

/* Whole windows, where some are lost. */
static void print_windows(const struct layout_costs *costs, const struct layout_cost *huge,
			  FILE *out)
{
	const struct layout_cost *page = of_page(costs, huge->fs, false);

	if (!page)
		return;
	fprintf(out, "  %s: all of a window of 2 MiB ", huge->fs);
	put_range(huge->raw + huge->least, huge->raw + huge->most, out);
	fputs(" by one fault; where the huge page is lost ", out);
	put_range(PAGES_PER_WINDOW * (page->raw + page->least),
		  PAGES_PER_WINDOW * (page->raw + page->most), out);
	fprintf(out, " by %d\n", PAGES_PER_WINDOW);
}

void layout_costs_print(const struct layout_costs *costs, const struct layout *layout, FILE *out)
{
	if (!costs->n) {
		fprintf(out, "Cost of a fault: no published run like this (%s)\n", costs->why);
		return;
	}
	fprintf(out,
		"Cost of a fault in guest instructions, modelled on %zu %s of the published run %s "
		"(Linux %s):\n",
		costs->n_stacks ? costs->n_stacks : 1, costs->n_stacks > 1 ? "stacks" : "stack",
		costs->run, costs->kernel);
	for (size_t i = 0; i < costs->n; i++) {
		const struct layout_cost *c = &costs->list[i];

		if (c->huge && layout->windows && layout->lost == layout->windows)
			continue;
		fprintf(out, "  %s: %s ", *c->fs ? c->fs : "no filesystem", c->words);
		put_range(c->raw + c->least, c->raw + c->most, out);
		fprintf(out, ": %s on raw", number(c->raw).s);
		if (layout->levels) {
			fputs(", device-mapper adds ", out);
			put_range(c->least, c->most, out);
		}
		fputc('\n', out);
	}
	for (size_t i = 0; i < costs->n && layout->lost; i++)
		if (costs->list[i].huge)
			print_windows(costs, &costs->list[i], out);
}

int layout_costs_json(const struct layout_costs *costs, json_t *out)
{
	json_t *faults;

	if (!costs->n)
		return json_object_set_new(out, "no_cost", json_string(costs->why));
	faults = json_array();
	for (size_t i = 0; i < costs->n; i++) {
		const struct layout_cost *c = &costs->list[i];

		json_array_append_new(faults, json_pack("{ss ss sI sI sI}", "metric", c->metric,
							"fs", c->fs, "raw", (json_int_t)c->raw,
							"dm_least", (json_int_t)c->least, "dm_most",
							(json_int_t)c->most));
	}
	return json_object_set_new(out, "cost",
				   json_pack("{ss ss ss so}", "run", costs->run, "kernel",
					     costs->kernel, "unit", costs->list[0].unit, "faults",
					     faults));
}

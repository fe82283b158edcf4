// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/number.h"
#include "report/compare/compare_show.h"

#include <math.h>
#include <string.h>

struct number compare_percent(double share)
{
	struct number out;

	double size = fabs(share);

	if (isinf(share))
		snprintf(out.s, sizeof(out.s), "from 0");
	else if (share && size < 0.005)
		snprintf(out.s, sizeof(out.s), "%+.1g %%", share);
	else
		snprintf(out.s, sizeof(out.s), "%+.*f %%", share && size < 0.095 ? 2 : 1, share);
	return out;
}

const char *compare_value(const struct quantity *q, char *buf, size_t size)
{
	if (q->least < q->most)
		snprintf(buf, size, "%s..%s", number(q->least).s, number(q->most).s);
	else
		snprintf(buf, size, "%s", number(q->median).s);
	return buf;
}

static bool same_section(const struct run_record *a, const struct run_record *b)
{
	return !strcmp(a->fs, b->fs) && !strcmp(a->bench, b->bench) && a->page == b->page &&
	       !strcmp(a->unit, b->unit);
}

static void section_head(struct grid *g, const struct run_record *rec)
{
	const struct table_row row = {
		.bench = rec->bench, .variant = rec->variant, .page = rec->page};
	const struct table table = {.fs = rec->fs};
	char section[128];

	if (g->n_lines)
		grid_across(g, "%s", "");
	grid_across(g, "%s: %s; %s per sample", table_fs(&table),
		    table_section(&row, section, sizeof(section)), rec->unit);
}

/* The variant, unless the line above is of the same one. */
static void key_cells(struct grid *g, const struct run_record *rec, const struct run_record *above)
{
	const struct table_row row = {
		.bench = rec->bench, .variant = rec->variant, .page = rec->page};
	char label[256];

	grid_line(g);
	grid_id(g, rec->id);
	if (!above || !same_section(rec, above) || strcmp(rec->variant, above->variant))
		grid_cell(g, 0, "  %s", table_label(&row, label, sizeof(label)));
	grid_cell(g, 1, "%s", rec->stack);
}

/* ---- two sides ----------------------------------------------------------------------------- */

enum { BASE = 2, NEW, DIFFERENCE, SHARE, VERDICT, TAX, TAX_DIFFERENCE, STATES };

/* Whether a metric was measured in several initial states. */
static bool has_states(const struct comparison *c)
{
	for (size_t i = 0; i < c->n_rows; i++)
		for (size_t s = 0; s < c->n_sides; s++)
			if (!c->time && c->rows[i].cells[s].metric.n > 1)
				return true;
	return false;
}

static void two_head(const struct comparison *c, struct grid *g)
{
	grid_init(g, 2);
	grid_column(g, "", true);
	grid_column(g, "", true);
	grid_column(g, c->sides[0].label, false);
	grid_column(g, c->sides[1].label, false);
	grid_column(g, "difference", false);
	grid_column(g, "", false);
	grid_column(g, "verdict", true);
	grid_column(g, "DM overhead", false);
	grid_column(g, "", false);
	if (has_states(c))
		grid_column(g, "states", false);
}

/* With meter time the difference has an interval; the range of the runs says less. */
static void value_cell(struct grid *g, size_t column, const struct quantity *q, bool time)
{
	char buf[64];

	grid_cell(g, column, "%s", time ? number(q->median).s : compare_value(q, buf, sizeof(buf)));
}

/* The difference; with meter time also its confidence interval. */
static void difference_cell(struct grid *g, size_t column, const struct change *change)
{
	const struct rank_test *t = &change->test;

	if (change->tested)
		grid_cell(g, column, "%s [%s, %s]", number_signed(number_round(t->shift)).s,
			  number_signed(number_round(t->low)).s,
			  number_signed(number_round(t->high)).s);
	else if (change->kind != CHANGE_EQUAL)
		grid_cell(g, column, "%s", number_signed(change->difference).s);
}

static void two_cells(const struct comparison *c, struct grid *g, const struct row *row)
{
	const struct cell *base = &row->cells[0], *new = &row->cells[1];
	const struct step *step = &row->steps[0];

	if (base->rec)
		value_cell(g, BASE, &base->metric, c->time);
	else
		grid_cell(g, BASE, "-");
	if (new->rec)
		value_cell(g, NEW, &new->metric, c->time);
	else
		grid_cell(g, NEW, "-");
	if (base->rec && new->rec) {
		difference_cell(g, DIFFERENCE, &step->metric);
		if (step->metric.kind != CHANGE_EQUAL)
			grid_cell(g, SHARE, "%s", compare_percent(step->metric.share).s);
	}
	grid_cell(g, VERDICT, "%s%s", compare_step_verdict(step),
		  step->metric.too_few ? " few runs" : "");
	grid_cell(g, STATES, "%zu, %zu", base->metric.n, new->metric.n);
	if (step->tax.kind == CHANGE_ABSENT)
		return;
	value_cell(g, TAX, &new->tax, c->time);
	difference_cell(g, TAX_DIFFERENCE, &step->tax);
}

/* ---- more: a ladder ------------------------------------------------------------------------ */

_Static_assert((int)COMPARE_COLUMNS_MAX + 3 <= (int)GRID_COLUMNS_MAX,
	       "two keys, a column for each kernel, and from the first to the last");

static void ladder_head(const struct comparison *c, struct grid *g)
{
	grid_init(g, 2);
	grid_column(g, "", true);
	grid_column(g, "", true);
	for (size_t s = 0; s < c->n_sides; s++)
		grid_column(g, c->sides[s].label, false);
	grid_column(g, "first to last", false);
}

/* A value followed by the change since the previous kernel; medians stay aligned. */
static void ladder_cell(struct grid *g, size_t column, const struct quantity *q,
			const struct change *change, bool in_percent)
{
	struct number step = {""};

	if (!q->n) {
		grid_cell(g, column, "%s %9s", "-", "");
		return;
	}
	if (change && change->kind == CHANGE_UNSHOWN)
		snprintf(step.s, sizeof(step.s), "~");
	else if (change && (change->kind == CHANGE_VARIES || change->kind == CHANGE_UNSURE))
		snprintf(step.s, sizeof(step.s), "%s", change_word(change->kind));
	else if (change && change->kind > CHANGE_UNSHOWN && change->kind <= CHANGE_REGRESSED)
		step = in_percent ? compare_percent(change->share)
				  : number_signed(change->difference);
	grid_cell(g, column, "%s %9s", number(q->median).s, step.s);
}

static bool has_tax(const struct comparison *c, const struct row *row)
{
	for (size_t s = 0; s < c->n_sides; s++)
		if (row->cells[s].tax.n)
			return true;
	return false;
}

static void ladder_cells(const struct comparison *c, struct grid *g, const struct row *row)
{
	const struct step *whole = &row->steps[c->n_steps];

	for (size_t s = 0; s < c->n_sides; s++)
		ladder_cell(g, 2 + s, &row->cells[s].metric, s ? &row->steps[s - 1].metric : NULL,
			    true);
	if (whole->metric.kind >= CHANGE_VANISHED)
		grid_cell(g, 2 + c->n_sides, "%s", change_word(whole->metric.kind));
	else if (whole->metric.kind == CHANGE_EQUAL)
		grid_cell(g, 2 + c->n_sides, "=");
	else if (whole->metric.kind != CHANGE_ABSENT)
		grid_cell(g, 2 + c->n_sides, "%s", compare_percent(whole->metric.share).s);
	if (!has_tax(c, row))
		return;
	grid_line(g);
	grid_cell(g, 1, "  DM overhead");
	for (size_t s = 0; s < c->n_sides; s++)
		ladder_cell(g, 2 + s, &row->cells[s].tax, s ? &row->steps[s - 1].tax : NULL, false);
	if (whole->tax.kind == CHANGE_EQUAL)
		grid_cell(g, 2 + c->n_sides, "=");
	else if (whole->tax.kind != CHANGE_ABSENT)
		grid_cell(g, 2 + c->n_sides, "%s", number_signed(whole->tax.difference).s);
}

/* ---- both ---------------------------------------------------------------------------------- */

/* The number of unchanged rows of the section that begins at row FIRST. */
static size_t count_still(const struct comparison *c, size_t first, size_t *end)
{
	size_t still = 0, i;

	for (i = first;
	     i < c->n_rows && (i == first || same_section(c->rows[i].rec, c->rows[first].rec)); i++)
		still += !compare_row_changed(c, &c->rows[i]);
	*end = i;
	return still;
}

/* A row without a difference: vanished, deselected or new. */
static bool is_gone(const struct comparison *c, const struct row *row)
{
	return c->n_sides == 2 && row->steps[0].metric.kind >= CHANGE_VANISHED;
}

void compare_grid(const struct comparison *c, bool all, struct grid *g)
{
	if (c->n_sides == 2)
		two_head(c, g);
	else
		ladder_head(c, g);
	for (size_t first = 0, end; first < c->n_rows; first = end) {
		size_t still = count_still(c, first, &end), gone = 0;
		const struct run_record *above = NULL;

		for (size_t i = first; i < end; i++)
			gone += is_gone(c, &c->rows[i]);
		if (gone == end - first)
			continue;
		section_head(g, c->rows[first].rec);
		for (size_t i = first; i < end; i++) {
			const struct row *row = &c->rows[i];

			if (is_gone(c, row) || (!all && !compare_row_changed(c, row)))
				continue;
			key_cells(g, row->rec, above);
			above = row->rec;
			if (c->n_sides == 2)
				two_cells(c, g, row);
			else
				ladder_cells(c, g, row);
		}
		if (still && !all && end - first == 1)
			grid_across(g, "  =");
		else if (still && !all)
			grid_across(g, "  %s%zu: =", still == end - first ? "all " : "the other ",
				    still);
	}
}

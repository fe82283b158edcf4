// SPDX-License-Identifier: GPL-2.0-only
/* table-ops: what device-mapper's operations on tables cost by the number of segments. */
#include "lib/base/number.h"
#include "report/findings/fit_segments.h"
#include "report/plots/plot_lines.h"

/* The I-th role that has a line; NULL: there are no more. */
static const struct role *line_at(size_t i)
{
	const struct role *role;
	const char *bench;

	for (size_t r = 0; (role = role_at(r, &bench)); r++)
		if (role->line && !i--)
			return role;
	return NULL;
}

static const struct table_row *find_row(const struct table *t, const struct role *role)
{
	for (size_t r = 0; r < t->n_rows; r++)
		if (t->rows[r].role == role)
			return &t->rows[r];
	return NULL;
}

static const struct table_row *find_headline(const struct table *t)
{
	for (size_t r = 0; r < t->n_rows; r++)
		if (t->rows[r].role->line && t->rows[r].role->headline)
			return &t->rows[r];
	return NULL;
}

bool plot_has_table(const struct table *t)
{
	for (size_t r = 0; r < t->n_rows; r++)
		if (t->rows[r].role->line)
			return true;
	return false;
}

/* A line over the plain stacks for each role that has one. */
static void put_lines(const struct plot *p, const struct table *t, struct plot_lines *lines)
{
	const struct role *role;
	char target[32];

	(void)p;
	for (size_t l = 0; (role = line_at(l)); l++) {
		const struct table_row *row = find_row(t, role);

		plot_lines_begin(lines, l);
		for (size_t c = 0; row && c < t->n_columns; c++) {
			const struct run_record *rec = row->cell[t->columns[c]];

			if (rec && cost_plain(rec->stack, target))
				plot_lines_point(lines, (double)rec->segments,
						 over_states_median(rec));
		}
		plot_lines_end(lines, role->line);
	}
}

/* The fit of the headline operation. */
static void write_title(const struct plot *p, char *title, size_t size)
{
	for (size_t i = 0; i < p->n_panels; i++) {
		const struct table *t = p->panel[i].table;
		const struct table_row *row = find_headline(t);
		struct segment_fit fit;

		if (!row || !fit_segments_of(t, row, &fit) ||
		    fit_segments_shape(&fit) != FIT_SEGMENTS_LINE || fit.base < 0)
			continue;
		snprintf(title, size, "Table %s: %s %s per segment + %s constant", row->role->line,
			 number_tenths(fit.per_segment).s, t->unit,
			 number(number_round(fit.base)).s);
		return;
	}
	snprintf(title, size, "Cost of device-mapper ioctls");
}

int plot_put_table(const struct plot *p)
{
	static const struct plot_lines_kind kind = {
		.name = "table", .put = put_lines, .title = write_title, .x_step = 4};

	return plot_lines_put(p, &kind);
}

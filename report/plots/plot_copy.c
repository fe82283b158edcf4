// SPDX-License-Identifier: GPL-2.0-only
/*
 * copy-cost: what copying bytes and making them durable costs, by their number, on the stack that
 * findings name or else on raw.
 */
#include "lib/base/number.h"
#include "report/findings/fallback_cost.h"
#include "report/plots/plot_lines.h"

#include <string.h>

/* "durable.msync" and 4096 of durable.msync.4k.  False if the row is no copy of a size. */
static bool split(const struct table_row *row, size_t *stem, double *bytes)
{
	const char *size = strrchr(row->variant, '.');

	if (row->role->kind != ROLE_COPY || !size)
		return false;
	*stem = (size_t)(size - row->variant);
	*bytes = fallback_cost_size_bytes(size + 1);
	return *bytes > 0;
}

static bool is_of(const struct table_row *row, const char *name, size_t len, double *bytes)
{
	size_t stem;

	return split(row, &stem, bytes) && stem == len && !strncmp(row->variant, name, len);
}

static long find_stack(const struct plot *p, const struct table *t)
{
	long dm = cost_dm_stack(p->tables, t, role_bench(ROLE_COPY));

	return dm < 0 ? p->tables->raw : dm;
}

/* A line for each operation of two sizes or more, in the order of the first ones. */
static void put_lines(const struct plot *p, const struct table *t, struct plot_lines *lines)
{
	long stack = find_stack(p, t);
	size_t n = 0;

	for (size_t r = 0; stack >= 0 && r < t->n_rows; r++) {
		const char *name = t->rows[r].variant;
		size_t stem, sizes = 0;
		double bytes;
		bool begun = false;
		char text[96];

		if (!split(&t->rows[r], &stem, &bytes))
			continue;
		for (size_t i = 0; i < t->n_rows; i++) {
			bool same = is_of(&t->rows[i], name, stem, &bytes);

			begun |= same && i < r;
			sizes += same && t->rows[i].cell[stack];
		}
		if (begun || sizes < 2)
			continue;
		plot_lines_begin(lines, n++);
		for (size_t i = 0; i < t->n_rows; i++)
			if (is_of(&t->rows[i], name, stem, &bytes) && t->rows[i].cell[stack])
				plot_lines_point(lines, bytes,
						 over_states_median(t->rows[i].cell[stack]));
		snprintf(text, sizeof(text), "%.*s", (int)stem, name);
		plot_lines_end(lines, text);
	}
}

static int64_t cost_of(const struct table *t, long stack, const char *variant)
{
	for (size_t r = 0; r < t->n_rows; r++)
		if (t->rows[r].role->kind == ROLE_COPY && !strcmp(t->rows[r].variant, variant) &&
		    t->rows[r].cell[stack])
			return t->rows[r].cell[stack]->median;
	return 0;
}

static void write_title(const struct plot *p, char *title, size_t size)
{
	snprintf(title, size, "Cost of copies and of making them durable, by size");
	for (size_t i = 0; i < p->n_panels; i++) {
		const struct table *t = p->panel[i].table;
		long stack = find_stack(p, t);
		int64_t flush = stack < 0 ? 0 : cost_of(t, stack, "durable.mapsync.4k"),
			msync = stack < 0 ? 0 : cost_of(t, stack, "durable.msync.4k");

		if (flush <= 0 || msync <= 0)
			continue;
		snprintf(title, size,
			 "A durable copy of 4 KiB on %s, %s: %s %s with MAP_SYNC, %s with msync",
			 table_fs(t), p->tables->run->stacks.name[stack], number(flush).s, t->unit,
			 number(msync).s);
		return;
	}
}

/* The note names the stack. */
static void put_stack(const struct plot *p)
{
	long stack = -1;

	for (size_t i = 0; i < p->n_panels && stack < 0; i++)
		stack = find_stack(p, p->panel[i].table);
	plot_put_string(p, "copy_stack", stack < 0 ? "" : p->tables->run->stacks.name[stack]);
}

static const char *size_text(double bytes, char *buf, size_t size)
{
	snprintf(buf, size, "%s", bytes_text((uint64_t)bytes).s);
	return buf;
}

int plot_put_copy(const struct plot *p)
{
	static const struct plot_lines_kind kind = {.name = "copy",
						    .put = put_lines,
						    .title = write_title,
						    .x_step = 4,
						    .x_text = size_text};

	put_stack(p);
	return plot_lines_put(p, &kind);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-depth: DM overhead of the headline fault of 4 KiB by the number of equal device-mapper
 * devices, one over the other.
 */
#include "lib/base/number.h"
#include "report/plots/plot_lines.h"

#include <string.h>

/* How many layers a stack has that are all the plain FIRST; 0 if they are not.  "raw": 0. */
static size_t layers_of(const char *stack, const char *first, size_t first_len)
{
	size_t n = 0;

	while (*stack) {
		size_t len = strcspn(stack, "/");

		if (len != first_len || strncmp(stack, first, len) != 0)
			return 0;
		n++;
		stack += len + (stack[len] == '/');
	}
	return n;
}

/* The I-th plain stack that another stack of the table has several times; NULL past the last. */
static const char *layer_at(const struct plot *p, const struct table *t, size_t i)
{
	char target[32];

	for (size_t c = 0; c < t->n_columns; c++) {
		const char *first = p->tables->run->stacks.name[t->columns[c]];
		bool deeper = false;

		if (!cost_plain(first, target))
			continue;
		for (size_t d = 0; d < t->n_columns; d++)
			deeper |= layers_of(p->tables->run->stacks.name[t->columns[d]], first,
					    strlen(first)) > 1;
		if (deeper && !i--)
			return first;
	}
	return NULL;
}

/* DM overhead with that many layers, or a quantity of 0 if it was not measured. */
static struct quantity overhead(const struct plot *p, const struct table *t,
				const struct table_row *row, size_t column)
{
	const struct run_record *raw = table_raw(p->tables, row),
				*rec = row->cell[t->columns[column]];

	return raw && rec ? over_states_difference(rec, raw) : (struct quantity){0};
}

/* A line for each kind of layer.  Faults of 2 MiB pass the same functions as often. */
static void put_lines(const struct plot *p, const struct table *t, struct plot_lines *lines)
{
	const struct table_row *row = cost_headline(t, role_bench(ROLE_FAULT), RUN_PAGE_PTE);
	const char *layer;

	for (size_t l = 0; row && (layer = layer_at(p, t, l)); l++) {
		plot_lines_begin(lines, l);
		for (size_t c = 0; c < t->n_columns; c++) {
			const char *stack = p->tables->run->stacks.name[t->columns[c]];
			size_t n = layers_of(stack, layer, strlen(layer));

			plot_lines_point(lines, (double)n, overhead(p, t, row, c));
		}
		plot_lines_end(lines, layer);
	}
}

/* From the fewest to the most layers of the first line. */
static void write_title(const struct plot *p, char *title, size_t size)
{
	snprintf(title, size, "DM overhead by the number of layers");
	for (size_t i = 0; i < p->n_panels; i++) {
		const struct table *t = p->panel[i].table;
		const struct table_row *row =
			cost_headline(t, role_bench(ROLE_FAULT), RUN_PAGE_PTE);
		const char *layer = row ? layer_at(p, t, 0) : NULL;
		size_t few = 0, many = 0;
		int64_t least = 0, most = 0;
		char words[256];

		for (size_t c = 0; layer && c < t->n_columns; c++) {
			size_t n = layers_of(p->tables->run->stacks.name[t->columns[c]], layer,
					     strlen(layer));
			struct quantity q = overhead(p, t, row, c);

			if (!n || !q.n)
				continue;
			least = !few || n < few ? q.median : least;
			few = !few || n < few ? n : few;
			most = n > many ? q.median : most;
			many = n > many ? n : many;
		}
		if (many <= few)
			continue;
		snprintf(title, size,
			 "Each further %s adds %s %s to a %s on %s (%zu to %zu layers)", layer,
			 number(number_round((double)(most - least) / (double)(many - few))).s,
			 t->unit, cost_words(row, words, sizeof(words)), table_fs(t), few, many);
		return;
	}
}

int plot_put_depth(const struct plot *p)
{
	static const struct plot_lines_kind kind = {
		.name = "depth", .put = put_lines, .title = write_title, .x_step = 2};

	return plot_lines_put(p, &kind);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/scaling.h"

#include "report/findings/cost.h"

#include <stdlib.h>
#include <string.h>

/* The number that is the last word of the variant; 0 if it is none.  *stem_len: what is before. */
static long workers_of(const char *variant, size_t *stem_len)
{
	const char *dot = strrchr(variant, '.');
	char *end = NULL;
	long n = dot ? strtol(dot + 1, &end, 10) : 0;

	*stem_len = dot ? (size_t)(dot - variant) : 0;
	return dot && end != dot + 1 && !*end && n > 0 ? n : 0;
}

/* The row of the same family with the most workers that has a record on that stack; NULL: none. */
static const struct table_row *most_workers(const struct table *table, const struct table_row *one,
					    size_t stem_len, size_t stack, long *workers)
{
	const struct table_row *most = NULL;

	*workers = 1;
	for (size_t r = 0; r < table->n_rows; r++) {
		const struct table_row *row = &table->rows[r];
		size_t len;
		long n = workers_of(row->variant, &len);

		if (n <= *workers || len != stem_len || strcmp(row->bench, one->bench) ||
		    strncmp(row->variant, one->variant, len) || !row->cell[stack])
			continue;
		most = row;
		*workers = n;
	}
	return most;
}

struct growth {
	const char *stack; /* NULL: not known */
	long workers;
	double times; /* the rate of one */
};

static struct growth growth_on(const struct tables *tables, const struct table *table,
			       const struct table_row *one, size_t stem_len, size_t stack)
{
	struct growth g = {.stack = NULL};
	const struct table_row *most = most_workers(table, one, stem_len, stack, &g.workers);

	if (!most || !one->cell[stack] || one->cell[stack]->median <= 0 ||
	    most->cell[stack]->median <= 0)
		return g;
	g.stack = tables->run->stacks.name[stack];
	g.times = over_states_ratio(most->cell[stack], one->cell[stack]).median;
	return g;
}

static void say_family(const struct tables *tables, const struct table *table,
		       const struct table_row *one, size_t stem_len, findings_say *say, void *arg)
{
	struct growth first = {.stack = NULL}, least = {.stack = NULL};
	char also[128] = "", of[64] = "";
	size_t others = 0;

	for (size_t c = 0; c < table->n_columns; c++) {
		struct growth g = growth_on(tables, table, one, stem_len, table->columns[c]);

		if (!g.stack || (first.stack && g.workers != first.workers))
			continue;
		others += first.stack != NULL;
		if (!first.stack)
			first = g;
		else if (!least.stack || g.times < least.times)
			least = g;
	}
	if (!first.stack)
		return;
	if (others > 1)
		snprintf(of, sizeof(of), " (lowest of %zu other stacks)", others);
	if (least.stack)
		snprintf(also, sizeof(also), ", %.2fx on %s%s", least.times, least.stack, of);
	findings_sayf(say, arg, "%s: %s %.*s: %ld workers reach %.2fx the %s of one on %s%s",
		      table_fs(table), one->bench, (int)stem_len, one->variant, first.workers,
		      first.times, table->unit, first.stack, also);
}

void scaling_say(const struct tables *tables, const struct table *table, findings_say *say,
		 void *arg)
{
	size_t stem_len;

	if (!cost_is_rate(table))
		return;
	for (size_t r = 0; r < table->n_rows; r++)
		if (workers_of(table->rows[r].variant, &stem_len) == 1)
			say_family(tables, table, &table->rows[r], stem_len, say, arg);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/levels.h"

#include "lib/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS_MAX = 8 };

/* The levels of a stack of nothing but linear:1; 0 for raw, -1 for another. */
static int levels_of(const char *stack)
{
	static const char one[] = "linear:1";
	int levels = 0;

	if (!strcmp(stack, "raw"))
		return 0;
	for (;; stack++) {
		if (strncmp(stack, one, strlen(one)))
			return -1;
		stack += strlen(one);
		levels++;
		if (!*stack)
			return levels;
		if (*stack != '/')
			return -1;
	}
}

struct line {
	double slope, base, most_apart;
	size_t n;
};

/* By least squares; at[x] is NULL where nothing was measured. */
static struct line fit(const struct run_record *const *at, int n_at)
{
	double sx = 0, sy = 0, sxx = 0, sxy = 0, n = 0;
	struct line line = {.n = 0};

	for (int x = 0; x < n_at; x++) {
		double y = at[x] ? (double)at[x]->median : 0;

		n += !!at[x];
		sx += at[x] ? x : 0;
		sxx += at[x] ? x * x : 0;
		sy += y;
		sxy += x * y;
	}
	line.n = (size_t)n;
	if (n < 2)
		return line;
	line.slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
	line.base = (sy - line.slope * sx) / n;
	for (int x = 0; x < n_at; x++)
		if (at[x])
			line.most_apart = fmax(line.most_apart, fabs((double)at[x]->median -
								     line.base - line.slope * x));
	return line;
}

void levels_say(const struct tables *tables, const struct table *table, findings_say *say,
		void *arg)
{
	const struct run_record *at[LEVELS_MAX + 1] = {NULL};
	const char *comma = "";
	bool fits;
	struct line line;
	char *text = NULL;
	FILE *out;

	for (size_t i = 0; i < tables->run->n_records; i++) {
		const struct run_record *rec = &tables->run->records[i];
		int levels = levels_of(rec->stack);

		if (!strcmp(rec->bench, "translate") && !strcmp(rec->variant, "page.random") &&
		    !strcmp(rec->fs, table->fs) && !strcmp(rec->unit, table->unit) && levels >= 0 &&
		    levels <= LEVELS_MAX)
			at[levels] = rec;
	}
	line = fit(at, LEVELS_MAX + 1);
	if (line.n < 3)
		return; /* through two points there always is a line */
	out = memory_stream(&text);
	if (!out)
		return;
	/* A level that adds half as much again as another one is no line. */
	fits = line.most_apart * 4 <= fabs(line.slope);
	if (fits)
		fprintf(out, "%s: each device-mapper level adds %.1f %s to a translation:",
			table_fs(table), line.slope, table->unit);
	else
		fprintf(out,
			"%s: device-mapper levels do not add the same each to a translation, in "
			"%s:",
			table_fs(table), table->unit);
	for (int x = 0; x <= LEVELS_MAX; x++) {
		if (!at[x])
			continue;
		fprintf(out, "%s %s with %d", comma, number(at[x]->median).s, x);
		comma = ",";
	}
	if (fits)
		fprintf(out, " (none of them further than %.1f from that line)",
			fmax(0, ceil(line.most_apart * 10 - 1e-6)) / 10);
	if (!fclose(out))
		say(arg, text);
	free(text);
}

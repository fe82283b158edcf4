// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/fit_levels.h"

#include "lib/base/memory.h"
#include "lib/base/number.h"
#include "report/findings/fit.h"

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

void fit_levels_say(const struct tables *tables, const struct table *table, findings_say *say,
		    void *arg)
{
	const struct run_record *at[LEVELS_MAX + 1] = {NULL};
	struct fit_points points = {.n = 0};
	const char *comma = "";
	struct fit_line line;
	double distance;
	char *text = NULL;
	bool fits;
	FILE *out;

	for (size_t i = 0; i < tables->run->n_records; i++) {
		const struct run_record *rec = &tables->run->records[i];
		int levels = levels_of(rec->stack);

		if (role_of(rec->bench, rec->variant)->kind == ROLE_TRANSLATION &&
		    !strcmp(rec->fs, table->fs) && !strcmp(rec->unit, table->unit) && levels >= 0 &&
		    levels <= LEVELS_MAX)
			at[levels] = rec;
	}
	for (int x = 0; x <= LEVELS_MAX; x++)
		if (at[x])
			fit_add(&points, x, (double)at[x]->median);
	if (points.n < 3)
		return; /* through two points there always is a line */
	out = memory_stream(&text);
	if (!out)
		return;
	line = fit_line(&points, false);
	distance = fit_distance(&points, line.base, line.slope, false);
	/* A level that adds half as much again as another one is no line. */
	fits = distance * 4 <= fabs(line.slope);
	if (fits)
		fprintf(out, "%s: each device-mapper level adds %.1f %s to a translation:",
			table_fs(table), line.slope, table->unit);
	else
		fprintf(out,
			"%s: the cost of a translation is not linear in the number of "
			"device-mapper levels, in %s:",
			table_fs(table), table->unit);
	for (size_t i = 0; i < points.n; i++) {
		fprintf(out, "%s %s with %.0f", comma, number(number_round(points.y[i])).s,
			points.x[i]);
		comma = ",";
	}
	if (fits)
		fprintf(out, " (largest deviation %.1f)", fmax(0, ceil(distance * 10 - 1e-6)) / 10);
	if (!fclose(out))
		say(arg, text);
	free(text);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/fit_stripes.h"

#include "lib/base/memory.h"
#include "lib/base/number.h"
#include "report/findings/cost.h"
#include "report/findings/fit.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTHS_MAX = 16 };

/* A width that was measured, and what its functions took by themselves. */
struct width {
	unsigned int stripes;
	int64_t whole, dm, stripe;
};

static int64_t self_of(const struct run_record *rec, const char *function)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(rec->proof, "functions"), i, row) {
		const char *name = json_string_value(json_object_get(row, "function"));

		if (name && !strcmp(name, function))
			return json_integer_value(json_object_get(row, "self"));
	}
	return 0;
}

static bool is_page(const struct run_record *rec, const char *fs)
{
	return role_of(rec->bench, rec->variant)->kind == ROLE_TRANSLATION && !strcmp(rec->fs, fs);
}

static bool is_power_of_two(unsigned int n)
{
	return !(n & (n - 1));
}

/* The plain widths of one filesystem, ascending. */
static size_t find_widths(const struct run *run, const char *fs, struct width *widths)
{
	size_t n = 0;

	for (size_t i = 0; i < run->n_records && n < WIDTHS_MAX; i++) {
		const struct run_record *rec = &run->records[i];
		int64_t stripes;
		size_t at = n;

		if (!is_page(rec, fs) || strncmp(rec->stack, "striped:", 8) ||
		    number_parse(rec->stack + 8, 1, 1024, &stripes) < 0)
			continue;
		for (; at && widths[at - 1].stripes > (unsigned int)stripes; at--)
			widths[at] = widths[at - 1];
		widths[at] = (struct width){(unsigned int)stripes, rec->median,
					    self_of(rec, "dm_dax_direct_access"),
					    self_of(rec, "stripe_dax_direct_access")};
		n++;
	}
	return n;
}

static void say_linear(const struct run *run, const char *fs, FILE *out)
{
	for (size_t i = 0; i < run->n_records; i++)
		if (is_page(&run->records[i], fs) && !strcmp(run->records[i].stack, "linear:1"))
			fprintf(out, "; linear:1 takes %s", number(run->records[i].median).s);
}

void fit_stripes_say(const struct tables *tables, const struct table *table, findings_say *say,
		     void *arg)
{
	struct width widths[WIDTHS_MAX];
	size_t n = cost_is_rate(table) ? 0 : find_widths(tables->run, table->fs, widths);
	struct fit_points doublings = {.n = 0};
	char *text = NULL;
	struct fit_line line;
	double slope, off;
	FILE *out;

	for (size_t i = 0; i < n; i++)
		if (is_power_of_two(widths[i].stripes))
			fit_add(&doublings, log2(widths[i].stripes), (double)widths[i].whole);
	line = fit_line(&doublings, false);
	if (!line.known)
		return;
	out = memory_stream(&text);
	if (!out)
		return;
	slope = line.slope;
	off = fit_distance(&doublings, line.base, slope, false);
	fprintf(out, "%s: ", table_fs(table));
	if (fabs(slope) < 0.05 && off < 1)
		fprintf(out, "each doubling of the stripes of dm-stripe costs nothing");
	else if (off * 4 <= fabs(slope))
		fprintf(out, "each doubling of the stripes of dm-stripe costs %.1f %s", slope,
			table->unit);
	else
		fprintf(out, "the cost of a translation is not linear in the doublings of the "
			     "stripes of dm-stripe");
	fprintf(out, ": a translation takes ");
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%s%s%s with %u", i ? ", " : "", number(widths[i].whole).s,
			i ? "" : " ", i ? "" : table->unit, widths[i].stripes);
	/* Where only kretprobes could be had, the target's function is a part of the other. */
	if (widths[0].stripe)
		fprintf(out,
			" (with %u, %s in dm_dax_direct_access and %s in stripe_dax_direct_access, "
			"by "
			"themselves)",
			widths[0].stripes, number(widths[0].dm).s, number(widths[0].stripe).s);
	say_linear(tables->run, table->fs, out);
	if (!fclose(out))
		say(arg, text);
	free(text);
}

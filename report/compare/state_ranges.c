// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/state_ranges.h"

#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/run/run_states.h"
#include "report/compare/compare_show.h"

#include <errno.h>
#include <stdlib.h>

enum { RANGES_NAMED = 3 };

struct range {
	const struct run_record *rec;
	const struct quantity *q;
	bool tax;
	double share; /* of the median, in per cent */
};

static int by_share(const void *pa, const void *pb)
{
	double a = ((const struct range *)pa)->share, b = ((const struct range *)pb)->share;

	return (a < b) - (a > b);
}

/* Returns whether it was measured in several states. */
static size_t add_range(struct range *list, size_t *n, const struct row *row, bool tax)
{
	const struct cell *cell = &row->cells[0];
	const struct quantity *q = tax ? &cell->tax : &cell->metric;
	double share;

	if (q->n < 2 || cell->metric.median <= 0)
		return 0;
	share = 100 * (double)(q->most - q->least) / (double)cell->metric.median;
	if (q->most > q->least && share >= (tax ? row->tax_threshold : row->threshold))
		list[(*n)++] = (struct range){row->rec, q, tax, share};
	return 1;
}

static int say_ranges(const struct comparison *c, bool all, findings_say *say, void *arg)
{
	struct range *list = memory_check(calloc(2 * c->n_rows + 1, sizeof(*list)));
	size_t n = 0, of = 0, states = 0, limit = all ? SIZE_MAX : RANGES_NAMED;
	char *text = NULL, value[64];
	FILE *out = memory_stream(&text);

	if (!list || !out)
		goto out;
	for (size_t i = 0; i < c->n_rows; i++) {
		size_t has = c->rows[i].cells[0].metric.n;

		states = has > states ? has : states;
		of += add_range(list, &n, &c->rows[i], false);
		of += add_range(list, &n, &c->rows[i], true);
	}
	qsort(list, n, sizeof(*list), by_share);
	for (size_t i = 0; i < n && i < limit; i++)
		fprintf(out, "%s%s%s %s %s (%s)", i ? ", " : ": ",
			list[i].tax ? "DM overhead of " : "", list[i].rec->id,
			compare_value(list[i].q, value, sizeof(value)), list[i].rec->unit,
			compare_percent(list[i].share).s + 1);
	if (n > limit)
		fprintf(out, " and %zu more (--verbose)", n - limit);
	if (!fclose(out) && states > 1)
		findings_sayf(say, arg,
			      "measured in up to %zu initial states; %zu of %zu metrics and DM "
			      "overheads vary by %g %% of the median or more%s",
			      states, n, of, c->thresholds.percent, text);
	out = NULL;
out:
	if (out)
		fclose(out);
	free(text);
	free(list);
	return 0;
}

int state_ranges_say(const char *dir, bool all, findings_say *say, void *arg)
{
	struct comparison c = {.thresholds.percent = THRESHOLD_PERCENT, .n_sides = 1};
	struct words states = {0};
	int rc = run_states_find(dir, &states);

	memory_check(rc < 0 ? NULL : &states);
	if (!rc && states.n)
		rc = compare_add_states(&c.sides[0], dir);
	words_free(&states);
	if (!rc && c.sides[0].n_runs > 1) {
		rc = comparison_build(&c);
		if (rc < 0)
			msg_error("report: out of memory");
		else
			rc = say_ranges(&c, all, say, arg);
	}
	comparison_free(&c);
	return rc;
}

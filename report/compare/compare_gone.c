// SPDX-License-Identifier: GPL-2.0-only
/* Vanished, deselected and new metrics, and the differences of the kernels. */
#include "report/compare/compare_show.h"

#include "lib/base/memory.h"
#include "lib/base/number.h"
#include "lib/base/place.h"
#include "report/compare/comparability.h"

#include <stdlib.h>
#include <string.h>

#define IDS_NAMED 4

/* ---- vanished, left out, new --------------------------------------------------------------- */

static const char *const heads[CHANGE_KINDS] = {
	[CHANGE_VANISHED] = "vanished",
	[CHANGE_LEFT_OUT] = "no longer requested",
	[CHANGE_NEW] = "new",
};

static bool is_of(const struct row *row, size_t step, enum change_kind kind, const char *why)
{
	const struct step *s = &row->steps[step];

	return s->metric.kind == kind && !strcmp(s->why, why);
}

/* All rows of one kind and reason, as one sentence. */
static void say_group(const struct comparison *c, size_t step, size_t first, bool all,
		      findings_say *say, void *arg)
{
	const struct step *group = &c->rows[first].steps[step];
	size_t n = 0, limit = all ? SIZE_MAX : IDS_NAMED;
	char *text;
	FILE *out = memory_stream(&text);

	if (!out)
		return;
	for (size_t i = first; i < c->n_rows; i++) {
		const struct row *row = &c->rows[i];
		const struct cell *cell =
			&row->cells[group->metric.kind == CHANGE_NEW ? step + 1 : step];

		if (!is_of(row, step, group->metric.kind, group->why) || n++ >= limit)
			continue;
		fprintf(out, "%s%s (%s %s)", n > 1 ? ", " : "", row->rec->id,
			number(cell->metric.median).s, row->rec->unit);
	}
	if (n > limit)
		fprintf(out, " and %zu more", n - limit);
	if (!fclose(out))
		findings_sayf(say, arg, "%s on %s (%zu%s%s): %s",
			      group->metric.kind == CHANGE_LEFT_OUT && *group->why
				      ? "not compared"
				      : heads[group->metric.kind],
			      c->sides[step + 1].label, n, *group->why ? ", " : "", group->why,
			      text);
	free(text);
}

static void say_lost_work(const struct comparison *c, size_t step, bool all, findings_say *say,
			  void *arg)
{
	size_t total = comparison_count(c, step).lost_work, n = 0;

	for (size_t i = 0; i < c->n_rows; i++) {
		const struct row *row = &c->rows[i];
		const char *why = row->steps[step].lost_work;

		if (*why && (n++ < IDS_NAMED || all))
			findings_sayf(say, arg, "VANISHED WORK on %s: %s: %s",
				      c->sides[step + 1].label, row->rec->id, why);
	}
	if (n > IDS_NAMED && !all)
		findings_sayf(say, arg, "VANISHED WORK on %s: %zu more metrics",
			      c->sides[step + 1].label, n - IDS_NAMED);
	if (total)
		findings_sayf(say, arg,
			      "data may be lost in a power failure: run %s check --check "
			      "'flush.*' on both kernels",
			      place_command());
}

void compare_say_gone(const struct comparison *c, bool all, findings_say *say, void *arg)
{
	for (size_t step = 0; step < c->n_steps; step++)
		say_lost_work(c, step, all, say, arg);
	for (size_t step = 0; step < c->n_steps; step++)
		for (size_t i = 0; i < c->n_rows; i++) {
			const struct step *s = &c->rows[i].steps[step];
			size_t before = 0;

			if (!heads[s->metric.kind])
				continue;
			while (before < i && !is_of(&c->rows[before], step, s->metric.kind, s->why))
				before++;
			if (before == i)
				say_group(c, step, i, all, say, arg);
		}
}

/* ---- kernels ------------------------------------------------------------------------------- */

struct facts {
	FILE *out;
	size_t n;
};

/* The release is in the label already. */
static void add_fact(void *arg, const char *name, const char *a, const char *b)
{
	struct facts *f = arg;

	if (!strcmp(name, "kernel.release") || !strcmp(name, "kernel.version"))
		return;
	fprintf(f->out, "%s%s %s | %s", f->n++ ? "; " : "",
		strncmp(name, "kernel.", 7) ? name : name + 7, a, b);
}

typedef size_t facts_of(const struct run_context *a, const struct run_context *b,
			comparability_say *say, void *arg);

static void say_facts(const struct comparison *c, size_t step, const char *head, facts_of *of,
		      findings_say *say, void *arg)
{
	char *text;
	struct facts f = {memory_stream(&text), 0};

	if (!f.out)
		return;
	of(&c->sides[step].runs[0].context, &c->sides[step + 1].runs[0].context, add_fact, &f);
	if (!fclose(f.out) && f.n)
		findings_sayf(say, arg, "%s %s | %s: %s", head, c->sides[step].label,
			      c->sides[step + 1].label, text);
	free(text);
}

/* Comparable within the ranges over initial states. */
static size_t other_states(const struct run_context *a, const struct run_context *b,
			   comparability_say *say, void *arg)
{
	return comparability_check(a, b, COMPARABILITY_STATES, say, arg);
}

void compare_say_kernels(const struct comparison *c, findings_say *say, void *arg)
{
	for (size_t s = 0; s < c->n_steps; s++) {
		say_facts(c, s, "kernels differ,", comparability_kernels, say, arg);
		say_facts(c, s, "selections differ (cold faults may shift slightly),",
			  comparability_sweeps, say, arg);
		say_facts(c, s, "measured by other builds of daxdm or seeds,", other_states, say,
			  arg);
	}
}

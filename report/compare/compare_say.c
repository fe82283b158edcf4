// SPDX-License-Identifier: GPL-2.0-only
/* A comparison as sentences, each of which can be quoted alone. */
#include "report/compare/compare_show.h"

#include "lib/base/memory.h"
#include "lib/base/number.h"
#include "lib/base/place.h"
#include "report/compare/comparability.h"
#include "report/findings/cost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_NAMED 3
#define IDS_NAMED 4
#define STRIDES_MAX (8 * SIDES_MAX)

/* A sentence being written. */
struct sentence {
	char *text;
	FILE *out;
};

static bool sentence_begin(struct sentence *w)
{
	w->text = NULL;
	w->out = memory_stream(&w->text);
	return w->out;
}

static void sentence_say(struct sentence *w, findings_say *say, void *arg)
{
	if (!fclose(w->out))
		say(arg, w->text);
	free(w->text);
}

static bool is_shown(const struct change *change)
{
	return change->kind > CHANGE_UNSHOWN && change->kind <= CHANGE_REGRESSED;
}

/* Whether it holds in all initial states that were measured, however few. */
static bool holds(const struct change *change)
{
	return is_shown(change) || change->kind == CHANGE_UNSURE;
}

/* "+4.2 %", "unchanged", "no significant change", "no longer measured". */
static const char *in_words(const struct change *change, char *buf, size_t size)
{
	switch (change->kind) {
	case CHANGE_EQUAL:
		return "unchanged";
	case CHANGE_UNSHOWN:
		return change->too_few ? "too few runs" : "no significant change";
	case CHANGE_VARIES:
		return "varies";
	case CHANGE_UNSURE:
		snprintf(buf, size, "%.16s (unsure)", compare_percent(change->share).s);
		return buf;
	case CHANGE_BETTER:
	case CHANGE_IMPROVED:
	case CHANGE_WORSE:
	case CHANGE_REGRESSED:
		snprintf(buf, size, "%s", compare_percent(change->share).s);
		return buf;
	case CHANGE_NEW:
		return "new";
	case CHANGE_VANISHED:
	case CHANGE_LEFT_OUT:
		return "no longer measured";
	default:
		return "not measured";
	}
}

/* ---- headlines ----------------------------------------------------------------------------- */

/* The headline row of a filesystem: the warm 4 KiB fault on 16 segments, or the nearest. */
static const struct row *headline_row(const struct comparison *c, const struct tables *tables,
				      const struct table *table)
{
	const struct table_row *row = cost_headline(table, "", RUN_PAGE_PTE);
	struct cost cost;

	if (!row && table->n_rows)
		row = &table->rows[0];
	if (!row)
		return NULL;
	if (cost_find(tables, table, row, NULL, &cost) && comparison_find(c, cost.at->id))
		return comparison_find(c, cost.at->id);
	for (size_t s = 0; s < tables->run->stacks.n; s++)
		if (row->cell[s] && comparison_find(c, row->cell[s]->id))
			return comparison_find(c, row->cell[s]->id);
	/* The user selected other rows. */
	for (size_t i = 0; i < c->n_rows; i++)
		if (!strcmp(c->rows[i].rec->fs, table->fs) &&
		    !strcmp(c->rows[i].rec->unit, table->unit))
			return &c->rows[i];
	return NULL;
}

static const struct row *raw_of(const struct comparison *c, const struct row *row)
{
	char id[512];

	if (!strcmp(row->rec->stack, "raw"))
		return NULL;
	snprintf(id, sizeof(id), "%s.%s{stack=raw%s%s}", row->rec->bench, row->rec->variant,
		 *row->rec->fs ? ",fs=" : "", row->rec->fs);
	return comparison_find(c, id);
}

/* "ext4 linear:16 fault.read.warm.pte"; of two stacks "ext4 NEW fault.read.warm.pte against BASE".
 */
static void head_name(struct sentence *w, const struct comparison *c, const struct row *row)
{
	fprintf(w->out, "%s%s%s %s.%s%s%s", row->rec->fs, *row->rec->fs ? " " : "",
		c->stack_new ? c->stack_new : row->rec->stack, row->rec->bench, row->rec->variant,
		c->stack_new ? " against " : "", c->stack_new ? c->stack_base : "");
}

static void head_values(struct sentence *w, const struct quantity *base, const struct quantity *new)
{
	char from[64], to[64];

	fprintf(w->out, "%s -> %s", compare_value(base, from, sizeof(from)),
		compare_value(new, to, sizeof(to)));
}

/* "; DM overhead +12 insn (200 -> 212)". */
static void head_tax(struct sentence *w, const struct comparison *c, const struct row *row)
{
	const struct change *tax = &row->steps[0].tax;
	const struct quantity *base = &row->cells[0].tax, *new = &row->cells[1].tax;
	char buf[48];

	if (is_shown(tax))
		fprintf(w->out, "; DM overhead %s %s", number_signed(tax->difference).s,
			row->rec->unit);
	else
		fprintf(w->out, "; DM overhead %s", in_words(tax, buf, sizeof(buf)));
	fputs(" (", w->out);
	if (c->time || tax->kind == CHANGE_EQUAL)
		fprintf(w->out, is_shown(tax) ? "%s -> %s" : "%s", number(base->median).s,
			number(new->median).s);
	else
		head_values(w, base, new);
	fprintf(w->out, is_shown(tax) ? ")" : " %s)", row->rec->unit);
}

/* "ext4 linear:16 fault.read.warm.pte: +4.2 % (4,395 -> 4,580 insn); DM overhead +12 insn (200 ->
 * 212); raw unchanged". */
static void say_two(const struct comparison *c, const struct row *row, findings_say *say, void *arg)
{
	const struct step *step = &row->steps[0];
	const struct cell *base = &row->cells[0], *new = &row->cells[1];
	const struct row *raw = raw_of(c, row);
	struct sentence w;
	char buf[48];

	if (!sentence_begin(&w))
		return;
	head_name(&w, c, row);
	fprintf(w.out, ": %s", in_words(&step->metric, buf, sizeof(buf)));
	if (base->rec && new->rec && step->metric.kind != CHANGE_EQUAL) {
		fputs(" (", w.out);
		if (c->time)
			fprintf(w.out, "%s -> %s", number(base->metric.median).s,
				number(new->metric.median).s);
		else
			head_values(&w, &base->metric, &new->metric);
		fprintf(w.out, " %s)", row->rec->unit);
	} else
		fprintf(w.out, " (%s %s)",
			number(base->rec ? base->metric.median : new->metric.median).s,
			row->rec->unit);
	if (step->tax.kind != CHANGE_ABSENT)
		head_tax(&w, c, row);
	if (raw)
		fprintf(w.out, "; raw %s", in_words(&raw->steps[0].metric, buf, sizeof(buf)));
	sentence_say(&w, say, arg);
}

static void list_values(struct sentence *w, const struct comparison *c, const struct row *row,
			bool tax)
{
	for (size_t s = 0; s < c->n_sides; s++) {
		const struct quantity *q = tax ? &row->cells[s].tax : &row->cells[s].metric;

		fprintf(w->out, "%s%s", s ? ", " : "", q->n ? number(q->median).s : "-");
		if (!tax)
			fprintf(w->out, " (%s)", c->sides[s].label);
	}
}

static void say_ladder(const struct comparison *c, const struct row *row, findings_say *say,
		       void *arg)
{
	const struct row *raw = raw_of(c, row);
	struct sentence w;

	if (!sentence_begin(&w))
		return;
	head_name(&w, c, row);
	fprintf(w.out, " in %s: ", row->rec->unit);
	list_values(&w, c, row, false);
	if (raw) {
		fputs("; DM overhead: ", w.out);
		list_values(&w, c, row, true);
	}
	sentence_say(&w, say, arg);
}

static void say_headlines(const struct comparison *c, findings_say *say, void *arg)
{
	struct tables tables;

	if (tables_build(&c->sides[0].runs[0], &tables) < 0)
		memory_check(NULL);
	else
		for (size_t t = 0; t < tables.n; t++) {
			const struct row *row = headline_row(c, &tables, &tables.table[t]);

			if (row && c->n_sides == 2)
				say_two(c, row, say, arg);
			else if (row)
				say_ladder(c, row, say, arg);
		}
	tables_free(&tables);
}

/* ---- a ladder's largest steps -------------------------------------------------------------- */

struct stride {
	const struct row *row;
	size_t step;
};

static int64_t stride_size(const struct stride *s)
{
	return llabs(s->row->steps[s->step].metric.difference);
}

static int by_size(const void *pa, const void *pb)
{
	int64_t a = stride_size(pa), b = stride_size(pb);

	return (a < b) - (a > b);
}

static void say_stride(const struct comparison *c, const struct stride *s, const char *rank,
		       findings_say *say, void *arg)
{
	const struct step *step = &s->row->steps[s->step];
	const struct side *from = &c->sides[s->step], *to = &c->sides[s->step + 1];
	struct sentence w;

	if (!sentence_begin(&w))
		return;
	fprintf(w.out, "%s step: ", rank);
	head_name(&w, c, s->row);
	fprintf(w.out, " %s %s (%s) from %s to %s", number_signed(step->metric.difference).s,
		s->row->rec->unit, compare_percent(step->metric.share).s, from->label, to->label);
	if (step->metric.kind == CHANGE_UNSURE)
		fputs(" (unsure)", w.out);
	if (holds(&step->tax) || step->tax.kind == CHANGE_EQUAL)
		fprintf(w.out, ", DM overhead %s",
			step->tax.difference ? number_signed(step->tax.difference).s : "0");
	if (!c->time && !*from->runs[0].context.suffix && !*to->runs[0].context.suffix &&
	    strncmp(from->runs[0].context.package, "file ", 5) &&
	    strncmp(to->runs[0].context.package, "file ", 5))
		fprintf(w.out, "; by function: %s explain %s %s --metric '%s'", place_command(),
			from->runs[0].context.release, to->runs[0].context.release,
			s->row->rec->id);
	sentence_say(&w, say, arg);
}

/* The largest steps of the headline rows, with the command that explains each. */
static void say_strides(const struct comparison *c, findings_say *say, void *arg)
{
	static const char *const rank[] = {"largest", "second largest", "third largest"};
	struct stride list[STRIDES_MAX];
	struct tables tables;
	size_t n = 0;

	if (c->n_sides < 3)
		return;
	if (tables_build(&c->sides[0].runs[0], &tables) < 0) {
		memory_check(NULL);
		return;
	}
	for (size_t t = 0; t < tables.n; t++) {
		const struct row *row = headline_row(c, &tables, &tables.table[t]);

		for (size_t s = 0; row && s < c->n_steps && n < STRIDES_MAX; s++)
			if (holds(&row->steps[s].metric))
				list[n++] = (struct stride){row, s};
	}
	qsort(list, n, sizeof(*list), by_size);
	for (size_t i = 0; i < n && i < sizeof(rank) / sizeof(*rank); i++)
		say_stride(c, &list[i], rank[i], say, arg);
	tables_free(&tables);
}

/* ---- counts -------------------------------------------------------------------------------- */

/* Adds "12 regressed", or "regressed" alone if all metrics are of that kind. */
static void add_count(struct sentence *w, const char **comma, size_t n, size_t both,
		      const char *what)
{
	if (!n)
		return;
	if (n == both)
		fprintf(w->out, " %s", what);
	else
		fprintf(w->out, "%s%zu %s", *comma, n, what);
	*comma = ", ";
}

static void say_counts(const struct comparison *c, size_t step, findings_say *say, void *arg)
{
	const struct counts n = comparison_count(c, step);
	const char *comma = ": ";
	struct sentence w;
	size_t both = 0;
	bool all = false;

	if (!sentence_begin(&w))
		return;
	for (int k = CHANGE_EQUAL; k <= CHANGE_REGRESSED; k++)
		both += n.kind[k];
	for (int k = CHANGE_EQUAL; k <= CHANGE_REGRESSED; k++)
		all |= both > 1 && n.kind[k] == both;
	fprintf(w.out, "%s against %s%s%zu metric%s", c->sides[step + 1].label,
		c->sides[step].label,
		all	    ? ": all "
		: both == 1 ? ": "
			    : ", ",
		both, both == 1 ? "" : "s");
	add_count(&w, &comma, n.kind[CHANGE_REGRESSED], both, "regressed");
	add_count(&w, &comma, n.kind[CHANGE_WORSE], both, "worse below the threshold");
	add_count(&w, &comma, n.kind[CHANGE_IMPROVED], both, "improved");
	add_count(&w, &comma, n.kind[CHANGE_BETTER], both, "better below the threshold");
	add_count(&w, &comma, n.kind[CHANGE_EQUAL], both, "equal");
	add_count(&w, &comma, n.kind[CHANGE_UNSHOWN], both, "without significant change");
	add_count(&w, &comma, n.kind[CHANGE_VARIES], both, "varying with the initial state");
	add_count(&w, &comma, n.kind[CHANGE_UNSURE], both, "unsure");
	if (n.same_samples && !n.other_samples)
		fputs(" to the last sample", w.out);
	else if (n.same_samples)
		fprintf(w.out, ", %zu of them to the last sample", n.same_samples);
	comma = "; ";
	add_count(&w, &comma, n.kind[CHANGE_VANISHED], 0, "vanished");
	add_count(&w, &comma, n.kind[CHANGE_LEFT_OUT], 0, "no longer requested");
	add_count(&w, &comma, n.kind[CHANGE_NEW], 0, "new");
	sentence_say(&w, say, arg);
	if (n.too_few)
		findings_sayf(say, arg,
			      "meter time: a significance test needs %d runs of each kernel, "
			      "RUN,RUN,RUN,RUN",
			      CHANGE_RUNS_MIN);
	else if (c->time && both)
		findings_sayf(say, arg, "expected false positives: %.0f of %zu metrics (1 in %.0f)",
			      CHANGE_CHANCE * (double)both, both, 1 / CHANGE_CHANCE);
}

static void say_one_state(const struct comparison *c, const struct counts *n, findings_say *say,
			  void *arg)
{
	if (c->stack_base || c->series)
		return;
	findings_sayf(say, arg,
		      "one initial state of each kernel was measured: %zu difference%s of the "
		      "threshold or more %s not confirmed; --states %d measures more states",
		      n->flagged, n->flagged == 1 ? "" : "s", n->flagged == 1 ? "is" : "are",
		      CHANGE_STATES_DEFAULT);
}

/* How many of the flagged hold over the initial states. */
static void say_confirmed(const struct comparison *c, size_t step, findings_say *say, void *arg)
{
	const struct counts n = comparison_count(c, step);
	unsigned int needed = change_states_needed(n.unsure + n.as_measured, n.flagged);
	struct sentence w;

	if (c->time || !n.flagged)
		return;
	if (n.flagged == n.one_state) {
		say_one_state(c, &n, say, arg);
		return;
	}
	if (!sentence_begin(&w))
		return;
	fprintf(w.out,
		"%zu difference%s of the threshold or more: %zu confirmed over up to %zu "
		"initial state%s of each kernel",
		n.flagged, n.flagged == 1 ? "" : "s", n.confirmed, n.states,
		n.states == 1 ? "" : "s");
	if (n.confirmed)
		fprintf(w.out, " (chance of each at most 1 in %.0f; false discovery rate %.0f %%)",
			1 / n.chance, 100 * CHANGE_CHANCE);
	if (n.varies)
		fprintf(w.out, ", %zu var%s with the state", n.varies, n.varies == 1 ? "ies" : "y");
	if (n.one_state)
		fprintf(w.out, ", %zu measured in one state only", n.one_state);
	if (n.as_measured)
		fprintf(w.out, ", %zu not confirmed", n.as_measured);
	if (n.unsure)
		fprintf(w.out, ", %zu unsure", n.unsure);
	if ((n.unsure || n.as_measured) && needed > n.states)
		fprintf(w.out, " (--states %u would do)", needed);
	else if (n.unsure && !needed)
		fprintf(w.out, " (too many for %d states)", CHANGE_STATES_MAX);
	else if (n.unsure)
		fputs(" (too few states of one kernel)", w.out);
	sentence_say(&w, say, arg);
}

static int by_number(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;

	return (a > b) - (a < b);
}

/* The median of the changes: percentages of raw rows, or differences of DM overhead. */
static bool median_change(const struct comparison *c, size_t step, bool tax, size_t *of,
			  size_t *changed, double *value)
{
	double *list = memory_check(calloc(c->n_rows + 1, sizeof(*list)));

	*of = *changed = 0;
	for (size_t i = 0; list && i < c->n_rows; i++) {
		const struct row *row = &c->rows[i];
		const struct change *change =
			tax ? &row->steps[step].tax : &row->steps[step].metric;

		if (!tax && strcmp(row->rec->stack, "raw"))
			continue;
		if (change->kind == CHANGE_ABSENT || change->kind > CHANGE_REGRESSED)
			continue;
		++*of;
		if (holds(change))
			list[(*changed)++] = tax ? (double)change->difference : change->share;
	}
	if (list && *changed) {
		qsort(list, *changed, sizeof(*list), by_number);
		*value = list[(*changed - 1) / 2];
	}
	free(list);
	return *of;
}

static void say_where(const struct comparison *c, size_t step, findings_say *say, void *arg)
{
	size_t of, changed, tax_of, tax_changed;
	double value = 0, tax_value = 0;
	struct sentence w;
	bool has_raw = median_change(c, step, false, &of, &changed, &value);
	bool has_tax = median_change(c, step, true, &tax_of, &tax_changed, &tax_value);
	const struct counts n = comparison_count(c, step);

	if ((!has_raw && !has_tax) || !sentence_begin(&w))
		return;
	if (has_raw && changed)
		fprintf(w.out, "whole kernel: raw changed in %zu of %zu metrics, median %s",
			changed, of, compare_percent(value).s);
	else if (has_raw)
		fprintf(w.out, "whole kernel: raw %s in all %zu metrics",
			c->time ? "without significant change" : "unchanged", of);
	if (has_raw && has_tax)
		fputs("; ", w.out);
	if (has_tax && tax_changed)
		fprintf(w.out,
			"device-mapper: DM overhead changed in %zu of %zu metrics, median %s %s",
			tax_changed, tax_of, number_signed(number_round(tax_value)).s, c->unit);
	else if (has_tax)
		fprintf(w.out, "device-mapper: DM overhead %s in all %zu metrics",
			c->time ? "without significant change" : "unchanged", tax_of);
	if (n.tax[CHANGE_REGRESSED])
		fprintf(w.out, ", %zu regressed", n.tax[CHANGE_REGRESSED]);
	sentence_say(&w, say, arg);
}

/* ---- the largest --------------------------------------------------------------------------- */

struct large {
	const struct row *row;
	const struct change *change;
	bool tax;
	size_t step;
};

static int by_share(const void *pa, const void *pb)
{
	const struct large *a = pa, *b = pb;
	double sa = fabs(a->change->share), sb = fabs(b->change->share);

	return (sa < sb) - (sa > sb);
}

/* Regressions of metrics, or of a DM overhead whose metric did not regress. */
static void say_largest(const struct comparison *c, size_t step, findings_say *say, void *arg)
{
	struct large *list = memory_check(calloc(c->n_rows + 1, sizeof(*list)));
	size_t n = 0;
	struct sentence w;

	for (size_t i = 0; list && i < c->n_rows; i++) {
		const struct step *s = &c->rows[i].steps[step];

		if (s->metric.kind == CHANGE_REGRESSED)
			list[n++] = (struct large){&c->rows[i], &s->metric, false, step};
		else if (s->tax.kind == CHANGE_REGRESSED)
			list[n++] = (struct large){&c->rows[i], &s->tax, true, step};
	}
	if (n && sentence_begin(&w)) {
		qsort(list, n, sizeof(*list), by_share);
		fprintf(w.out, "%s%s: ", n > LARGEST_NAMED ? "largest regressions" : "regressed",
			c->n_sides > 2 ? " in that step" : "");
		for (size_t i = 0; i < n && i < LARGEST_NAMED; i++)
			fprintf(w.out, "%s%s%s %s%s", i ? ", " : "",
				list[i].tax ? "DM overhead of " : "", list[i].row->rec->id,
				compare_percent(list[i].change->share).s,
				list[i].tax ? " of the median" : "");
		sentence_say(&w, say, arg);
	}
	free(list);
}

/* ---- mean and slow end ---------------------------------------------------------------------- */

struct mean_or_p90 {
	const char *name;
	bool confirmed;
	size_t of; /* offset of the change in struct step */
};

static const struct change *change_of(const struct row *row, size_t step,
				      const struct mean_or_p90 *which)
{
	return (const void *)((const char *)&row->steps[step] + which->of);
}

/* Regressions of the mean or of p90 without one of the median. */
static void say_mean_or_p90(const struct comparison *c, size_t step,
			    const struct mean_or_p90 *which, findings_say *say, void *arg)
{
	size_t n = 0;
	struct sentence w;

	if (!sentence_begin(&w))
		return;
	for (size_t i = 0; i < c->n_rows; i++) {
		const struct change *change = change_of(&c->rows[i], step, which);

		if (compare_median_is_worse(&c->rows[i].steps[step]) ||
		    (which->confirmed ? !change->confirmed
				      : change->kind != CHANGE_UNSURE || change->several))
			continue;
		if (n++ < LARGEST_NAMED)
			fprintf(w.out, "%s%s %s", n > 1 ? ", " : "", c->rows[i].rec->id,
				compare_percent(change->share).s);
	}
	if (n > LARGEST_NAMED)
		fprintf(w.out, " and %zu more", n - LARGEST_NAMED);
	fclose(w.out);
	if (n)
		findings_sayf(say, arg, "%s regressed%s, median did not: %zu metric%s: %s",
			      which->name, which->confirmed ? " in all states" : "", n,
			      n == 1 ? "" : "s", w.text);
	free(w.text);
}

static void say_mean_and_p90(const struct comparison *c, size_t step, findings_say *say, void *arg)
{
	static const struct mean_or_p90 all[] = {
		{"mean", true, offsetof(struct step, mean)},
		{"p90", true, offsetof(struct step, slow)},
		{"mean", false, offsetof(struct step, mean)},
		{"p90", false, offsetof(struct step, slow)},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		say_mean_or_p90(c, step, &all[i], say, arg);
}

void compare_say(const struct comparison *c, findings_say *say, void *arg)
{
	say_headlines(c, say, arg);
	say_strides(c, say, arg);
	for (size_t s = 0; s < c->n_steps; s++) {
		say_counts(c, s, say, arg);
		say_confirmed(c, s, say, arg);
		if (!c->stack_base)
			say_where(c, s, say, arg);
		say_largest(c, s, say, arg);
		if (!c->stack_base)
			say_mean_and_p90(c, s, say, arg);
	}
}

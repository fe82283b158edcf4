// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/fit_segments.h"

#include "lib/base/number.h"
#include "lib/base/text.h"
#include "report/findings/cost.h"
#include "report/findings/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char mounted[] = "mounted.";
static const char fault[] = "fault.";

/* To one decimal below 100, else to an integer. */
static double round_slope(double per_segment)
{
	return fabs(per_segment) < 100 ? round(per_segment * 10) / 10 : round(per_segment);
}

struct segment_fit fit_segments(const struct fit_points *p)
{
	struct fit_line line = fit_line(p, true);
	struct segment_fit fit = {.n = 0};
	double fewest = INFINITY, most = 0;

	for (size_t i = 0; i < p->n; i++) {
		bool seen = false;

		fewest = fmin(fewest, p->x[i]);
		most = fmax(most, p->x[i]);
		fit.least = i ? fmin(fit.least, p->y[i]) : p->y[i];
		fit.most = fmax(fit.most, p->y[i]);
		for (size_t k = 0; k < i && !seen; k++)
			seen = p->x[k] == p->x[i];
		fit.n += !seen;
	}
	if (!line.known)
		return fit;
	fit.per_segment = round_slope(line.slope);
	fit.base = round(line.base + (line.slope - fit.per_segment) * line.x_mean);
	fit.most_off = fit_distance(p, fit.base, fit.per_segment, true);
	fit.rises = fit_rises(p);
	fit.grows = fit.per_segment * (most - fewest) > (fit.base + fit.per_segment * fewest) / 10;
	return fit;
}

bool fit_segments_of(const struct table *t, const struct table_row *row, struct segment_fit *fit)
{
	struct fit_points points = {.n = 0};

	for (size_t c = 0; c < t->n_columns; c++) {
		const struct run_record *rec = row->cell[t->columns[c]];

		/* A stacked device also flushes and freezes the device below it. */
		if (rec && rec->segments > 0 && rec->median > 0 && !strchr(rec->stack, '/') &&
		    !strstr(rec->stack, "over="))
			fit_add(&points, (double)rec->segments, (double)rec->median);
	}
	*fit = fit_segments(&points);
	return fit->n > 1;
}

static bool is_operation(const struct table_row *row)
{
	return row->role->kind == ROLE_TABLE_OP;
}

/* Rounded up. */
static double percent_above(double part)
{
	return fmax(0, ceil(1000 * part - 1e-6)) / 10;
}

/* "load 14,100 + 49,000 (0.4 %)": per segment, constant, maximum deviation. */
static void add_fit(const char *name, const struct segment_fit *fit, char *text, size_t size)
{
	text_append(text, size, "%s%s %s %s %s", *text ? ", " : "", name,
		    number_tenths(fit->per_segment).s, fit->base < 0 ? "-" : "+",
		    number(llabs(number_round(fit->base))).s);
	if (fit->n > 2)
		text_append(text, size, " (%.1f %%)", percent_above(fit->most_off));
}

/* The maximum deviation of a linear fit. */
#define FITS 0.1

enum fit_segments_shape fit_segments_shape(const struct segment_fit *fit)
{
	if (fit->grows && fit->rises)
		return fit->n < 3 || fit->most_off <= FITS ? FIT_SEGMENTS_LINE : FIT_SEGMENTS_BENDS;
	if ((fit->most - fit->least) * 10 < fit->least)
		return FIT_SEGMENTS_FLAT;
	return fit->rises ? FIT_SEGMENTS_BENDS : FIT_SEGMENTS_OTHER;
}

/* Two numbers of segments fit any line. */
static const char *sure(size_t fewest, size_t most, char buf[128])
{
	if (most < 3)
		return "two segment counts only, shape unknown";
	if (fewest < most)
		snprintf(buf, 128, "max deviation over %zu to %zu segment counts", fewest, most);
	else
		snprintf(buf, 128, "max deviation over %zu segment counts", most);
	return buf;
}

/* Operations that grow linearly, on the unused or on the mounted device. */
static void say_growing(const struct table *t, bool of_mounted, findings_say *say, void *arg)
{
	char text[1536] = "", buf[128];
	struct segment_fit fit;
	size_t fewest = SIZE_MAX, most = 0;

	for (size_t r = 0; r < t->n_rows; r++) {
		const struct table_row *row = &t->rows[r];

		if (!is_operation(row) || row->role->mounted != of_mounted ||
		    !fit_segments_of(t, row, &fit) ||
		    fit_segments_shape(&fit) != FIT_SEGMENTS_LINE ||
		    strlen(text) + 128 > sizeof(text))
			continue;
		add_fit(row->variant + (of_mounted ? strlen(mounted) : 0), &fit, text,
			sizeof(text));
		most = fit.n > most ? fit.n : most;
		fewest = fit.n < fewest ? fit.n : fewest;
	}
	if (*text)
		findings_sayf(say, arg,
			      "%s: operations on %s device, %s per segment + constant (%s): %s",
			      table_fs(t), of_mounted ? "a mounted" : "an unused", t->unit,
			      sure(fewest, most, buf), text);
}

/* Operations without a linear fit: minimum to maximum over the stacks of one device. */
static void say_others(const struct table *t, enum fit_segments_shape shape, const char *words,
		       findings_say *say, void *arg)
{
	char text[1024] = "";
	struct segment_fit fit;

	for (size_t r = 0; r < t->n_rows; r++) {
		const struct table_row *row = &t->rows[r];
		size_t used = strlen(text);

		if (!is_operation(row) || !fit_segments_of(t, row, &fit) ||
		    fit_segments_shape(&fit) != shape || used + 96 > sizeof(text))
			continue;
		text_append(text, sizeof(text), "%s%s %s", *text ? ", " : "", row->variant,
			    number(number_round(fit.least)).s);
		if (fit.most > fit.least)
			text_append(text, sizeof(text), " to %s", number(number_round(fit.most)).s);
	}
	if (*text)
		findings_sayf(say, arg, "%s: %s, in %s: %s", table_fs(t), words, t->unit, text);
}

static const struct table_row *find_row(const struct table *t, const char *kind, const char *after)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s.%s", fault, kind, after);
	for (size_t r = 0; r < t->n_rows; r++)
		if (t->rows[r].role->kind == ROLE_FIRST_FAULT && !strcmp(t->rows[r].variant, name))
			return &t->rows[r];
	return NULL;
}

/* The stack of 16 segments, or else the last that both rows have. */
static long stack_of_both(const struct table *t, const struct table_row *a,
			  const struct table_row *b)
{
	long best = -1;

	for (size_t c = 0; c < t->n_columns; c++) {
		size_t rank = t->columns[c];

		if (!a->cell[rank] || !b->cell[rank])
			continue;
		if (!strcmp(a->cell[rank]->stack, "linear:16"))
			return (long)rank;
		best = (long)rank;
	}
	return best;
}

static void say_fault(const struct table *t, const char *kind, const char *words, findings_say *say,
		      void *arg)
{
	static const struct {
		const char *after, *words;
	} afters[] = {
		{"resumed", "suspend and resume"},
		{"thawed", "freeze and thaw"},
		{"swapped", "freeze and table swap"},
	};
	const struct table_row *usual = find_row(t, kind, "ordinary");
	const struct run_record *ordinary = NULL;
	char text[512] = "";

	for (size_t i = 0; i < sizeof(afters) / sizeof(afters[0]); i++) {
		const struct table_row *first = find_row(t, kind, afters[i].after);
		long rank = usual && first ? stack_of_both(t, usual, first) : -1;
		size_t used = strlen(text);

		/* The same stack for all of them. */
		if (ordinary)
			rank = first ? (long)ordinary->stack_rank : -1;
		if (rank < 0 || !first->cell[rank])
			continue;
		ordinary = usual->cell[rank];
		snprintf(
			text + used, sizeof(text) - used, "%s%s after %s", used ? ", " : "",
			number_signed(over_states_difference(first->cell[rank], ordinary).median).s,
			afters[i].words);
	}
	if (ordinary)
		findings_sayf(say, arg, "%s: %s costs %s %s on %s; %s", table_fs(t), words,
			      number(ordinary->median).s, t->unit, ordinary->stack, text);
}

/* Kernel memory of a loaded table, from an observation: its unit is bytes, not that of the
 * meter. */
static void say_memory(const struct tables *tables, const struct table *t, findings_say *say,
		       void *arg)
{
	static const char name[] = "table_memory{";
	struct fit_points points = {.n = 0};
	char text[128] = "", buf[128];
	struct segment_fit fit;

	if (cost_is_rate(t))
		return;
	for (size_t i = 0; i < tables->run->n_observations; i++) {
		const struct run_observation *o = &tables->run->observations[i];
		json_int_t segments = json_integer_value(json_object_get(o->value, "segments"));
		json_int_t held = json_integer_value(json_object_get(o->value, "held"));

		if (strncmp(o->id, name, strlen(name)) || strcmp(o->fs, t->fs) || held <= 0)
			continue;
		fit_add(&points, (double)segments, (double)held);
	}
	fit = fit_segments(&points);
	if (fit.n < 2)
		return;
	if (fit_segments_shape(&fit) != FIT_SEGMENTS_LINE) {
		findings_sayf(say, arg, "%s: a loaded table holds %s to %s bytes of kernel memory",
			      table_fs(t), number(number_round(fit.least)).s,
			      number(number_round(fit.most)).s);
		return;
	}
	add_fit("a loaded table holds", &fit, text, sizeof(text));
	findings_sayf(say, arg, "%s: %s bytes of kernel memory, per segment + constant (%s)",
		      table_fs(t), text, sure(fit.n, fit.n, buf));
}

void fit_segments_say(const struct tables *tables, const struct table *t, findings_say *say,
		      void *arg)
{
	say_growing(t, false, say, arg);
	say_growing(t, true, say, arg);
	say_others(t, FIT_SEGMENTS_BENDS,
		   "operations that grow nonlinearly with the number of segments", say, arg);
	say_others(t, FIT_SEGMENTS_FLAT, "operations that vary by less than 10 %", say, arg);
	say_others(t, FIT_SEGMENTS_OTHER,
		   "operations that vary by 10 % or more, but do not grow with the number of "
		   "segments",
		   say, arg);
	say_memory(tables, t, say, arg);
	say_fault(t, "known", "a load from a page mapped before", say, arg);
	say_fault(t, "fresh", "a load from a page never touched", say, arg);
	say_fault(t, "stored", "a store to a dirty page", say, arg);
}

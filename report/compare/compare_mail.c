// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/compare_mail.h"

#include "lib/base/json_field.h"
#include "lib/base/text.h"
#include "lib/run/kernel_name.h"
#include "report/compare/compare_show.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 76, NAME_COLUMNS = 40, ROWS_MAX = 20, FUNCTIONS_MAX = 8 };

/* ---- text of limited width ------------------------------------------------------------------- */

/* Prints text in lines of at most COLUMNS, the first behind `first`, the others behind `indent`, of
 * the same length.  They break at blanks, and within a word that is longer than a line. */
static void put_item(const char *first, const char *indent, const char *text, FILE *out)
{
	const size_t room = COLUMNS - strlen(indent);

	do {
		size_t len = strlen(text), cut = len;

		if (len > room) {
			cut = room;
			while (cut && text[cut] != ' ')
				cut--;
			cut = cut ? cut : room;
		}
		fprintf(out, "%s%.*s\n", first, (int)cut, text);
		first = indent;
		text += cut;
		text += strspn(text, " ");
	} while (*text);
}

static void put_wrapped(const char *indent, const char *text, FILE *out)
{
	put_item(indent, indent, text, out);
}

/* A name and what stands right of it, on a line of their own if the name is too long. */
static void put_named(const char *name, const char *values, FILE *out)
{
	if (strlen(name) <= NAME_COLUMNS) {
		fprintf(out, "    %-*s%s\n", NAME_COLUMNS, name, values);
		return;
	}
	put_wrapped("    ", name, out);
	fprintf(out, "    %-*s%s\n", NAME_COLUMNS, "", values);
}

/* ---- metrics --------------------------------------------------------------------------------- */

static bool has_kind(const struct step *step, enum change_kind kind)
{
	return step->metric.kind == kind || step->tax.kind == kind || step->mean.kind == kind ||
	       step->slow.kind == kind;
}

/* The rows of which a quantity is of that kind. */
static size_t count_rows(const struct comparison *c, enum change_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_rows; i++)
		n += has_kind(&c->rows[i].steps[c->n_steps], kind);
	return n;
}

const char *compare_verdict(const struct comparison *c, const struct behaviour *checks, char *buf,
			    size_t size)
{
	const struct counts n = comparison_count(c, c->n_steps);
	size_t metrics = 0;
	int at;

	for (int k = CHANGE_EQUAL; k < CHANGE_LEFT_OUT; k++)
		metrics += n.kind[k];
	at = snprintf(buf, size, "%s: %zu metric%s: %zu REGRESSED, %zu improved",
		      comparison_status(c) || (checks && behaviour_fails(checks)) ? "worse"
										  : "good",
		      metrics, text_plural(metrics), count_rows(c, CHANGE_REGRESSED),
		      count_rows(c, CHANGE_IMPROVED));
	if (n.kind[CHANGE_VANISHED] && at < (int)size)
		at += snprintf(buf + at, size - (size_t)at, ", %zu VANISHED",
			       n.kind[CHANGE_VANISHED]);
	if (checks && at < (int)size)
		snprintf(
			buf + at, size - (size_t)at,
			"; %zu quick check%s: %zu passed and fail%s now, %zu change%s, %zu of them "
			"suspicious",
			json_object_size(checks->runs[0].checks),
			text_plural(json_object_size(checks->runs[0].checks)), checks->n_regressed,
			checks->n_regressed == 1 ? "s" : "", checks->n_changes,
			text_plural(checks->n_changes), checks->n_suspicious);
	return buf;
}

static void put_row(const struct comparison *c, const struct row *row, FILE *out)
{
	const struct run_record *rec = row->rec;
	const struct cell *base = &row->cells[0], *new = &row->cells[c->n_sides - 1];
	const struct step *step = &row->steps[c->n_steps];
	char name[512], values[128];

	snprintf(name, sizeof(name), "%s.%s %s%s%s", rec->bench, rec->variant, rec->stack,
		 *rec->fs ? " " : "", rec->fs);
	if (base->rec && new->rec)
		snprintf(values, sizeof(values), "%10s%10s%11s", number(base->metric.median).s,
			 number(new->metric.median).s, compare_percent(step->metric.share).s);
	else
		snprintf(values, sizeof(values), "%10s", change_word(step->metric.kind));
	put_named(name, values, out);
}

static bool row_fails(const struct row *row, size_t step)
{
	return has_kind(&row->steps[step], CHANGE_REGRESSED) ||
	       has_kind(&row->steps[step], CHANGE_VANISHED);
}

static void put_rows(const struct comparison *c, FILE *out)
{
	size_t shown = 0, left = 0;
	char values[64];

	for (int failing = 1; failing >= 0; failing--)
		for (size_t i = 0; i < c->n_rows; i++) {
			if (!compare_row_changed(c, &c->rows[i]) ||
			    row_fails(&c->rows[i], c->n_steps) != failing)
				continue;
			if (!shown) {
				snprintf(values, sizeof(values), "%10s%10s%11s", "base", "new",
					 "difference");
				put_named(c->unit, values, out);
			}
			if (shown < ROWS_MAX)
				put_row(c, &c->rows[i], out);
			left += shown++ >= ROWS_MAX;
		}
	if (left)
		fprintf(out, "    and %zu more\n", left);
	if (shown)
		fputc('\n', out);
}

/* ---- functions ------------------------------------------------------------------------------- */

static json_int_t insns(const json_t *function, const char *key)
{
	return json_integer_value(json_object_get(function, key));
}

static int by_difference(const void *a, const void *b)
{
	json_int_t x = llabs(insns(*(json_t *const *)a, "difference_insn"));
	json_int_t y = llabs(insns(*(json_t *const *)b, "difference_insn"));

	return (x < y) - (x > y);
}

static void put_functions(const json_t *functions, const char *indent, FILE *out)
{
	size_t n = json_array_size(functions);
	const json_t **sorted = calloc(n + 1, sizeof(const json_t *));

	for (size_t i = 0; sorted && i < n; i++)
		sorted[i] = json_array_get(functions, i);
	if (sorted)
		qsort(sorted, n, sizeof(const json_t *), by_difference);
	for (size_t i = 0; sorted && i < n && i < FUNCTIONS_MAX; i++) {
		if (!insns(sorted[i], "difference_insn"))
			break;
		fprintf(out, "%s  %-30.30s %-10.10s %8s%8s%9s\n", indent,
			json_field_text(sorted[i], "name"), json_field_text(sorted[i], "module"),
			number(insns(sorted[i], "base_insn")).s,
			number(insns(sorted[i], "new_insn")).s,
			number_signed(insns(sorted[i], "difference_insn")).s);
	}
	free(sorted);
}

void compare_functions(const json_t *explained, const char *indent, FILE *out)
{
	const json_t *one;
	size_t i;

	json_array_foreach(explained, i, one) {
		put_wrapped(indent, json_field_text(json_object_get(one, "new"), "metric"), out);
		put_wrapped(indent, json_field_text(one, "headline"), out);
		put_functions(json_object_get(one, "functions"), indent, out);
		fputc('\n', out);
	}
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void put_checks(const struct behaviour *b, FILE *out)
{
	for (size_t i = 0; i < b->n_changes; i++) {
		const struct behaviour_change *change = &b->changes[i];
		const char *base = change->text[0], *new = change->text[b->n - 1];
		char line[1024];

		snprintf(line, sizeof(line), "%s: %s -> %s%s", change->name, base ? base : "(none)",
			 new ? new : "(none)",
			 change->regressed    ? " (REGRESSED)"
			 : change->suspicious ? " (suspicious)"
					      : "");
		put_wrapped("    ", line, out);
	}
	if (b->n_changes)
		fputc('\n', out);
}

void compare_mail(const struct comparison *c, const struct behaviour *checks,
		  const json_t *explained, FILE *out)
{
	const struct run_context *base = &c->sides[0].runs[0].context;
	const struct run_context *new = &c->sides[c->n_sides - 1].runs[0].context;
	char line[1200], verdict[512];

	compare_verdict(c, checks, verdict, sizeof(verdict));
	put_wrapped("", verdict, out);
	fputc('\n', out);
	snprintf(line, sizeof(line), "base: %s", base->kernel);
	put_item("- ", "  ", line, out);
	snprintf(line, sizeof(line), "new: %s", new->kernel);
	put_item("- ", "  ", line, out);
	snprintf(line, sizeof(line), "daxdm %s, %s", new->suite,
		 c->time ? "times" : "emulated host, exact instruction counts");
	put_item("- ", "  ", line, out);
	if (c->forced)
		put_item("- ", "  ", compare_forced_text, out);
	fputc('\n', out);
	put_rows(c, out);
	if (checks)
		put_checks(checks, out);
	if (explained)
		compare_functions(explained, "    ", out);
}

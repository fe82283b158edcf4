// SPDX-License-Identifier: GPL-2.0-only
/* A comparison for programs: JSON and JUnit. */
#include "report/compare/compare_show.h"

#include "lib/base/number.h"
#include "lib/base/xml.h"
#include "report/compare/comparability.h"
#include "report/compare/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The schema of this object; it changes with any field's meaning. */
enum { COMPARISON_SCHEMA = 1 };

/* ---- JSON ---------------------------------------------------------------------------------- */

static const char *kind_name(enum change_kind kind)
{
	static const char *const names[CHANGE_KINDS] = {
		[CHANGE_ABSENT] = "absent",	  [CHANGE_EQUAL] = "equal",
		[CHANGE_UNSHOWN] = "unshown",	  [CHANGE_VARIES] = "varies",
		[CHANGE_UNSURE] = "unsure",	  [CHANGE_BETTER] = "better",
		[CHANGE_IMPROVED] = "improved",	  [CHANGE_WORSE] = "worse",
		[CHANGE_REGRESSED] = "regressed", [CHANGE_VANISHED] = "vanished",
		[CHANGE_LEFT_OUT] = "left_out",	  [CHANGE_NEW] = "new",
	};

	return names[kind];
}

static json_t *json_quantity(const struct quantity *q)
{
	return q->n ? json_pack("{sI si sI sI}", "median", (json_int_t)q->median, "runs", (int)q->n,
				"least", (json_int_t)q->least, "most", (json_int_t)q->most)
		    : json_null();
}

/* parts: of the unit, in which the difference is given.  JSON has no infinity: a difference from 0
 * has no percentage. */
static json_t *json_change(const struct change *change, int parts)
{
	json_t *j;

	if (change->kind == CHANGE_ABSENT)
		return json_null();
	if (change->kind > CHANGE_REGRESSED)
		return json_pack("{ss}", "verdict", kind_name(change->kind));
	j = json_pack("{ss so so}", "verdict", kind_name(change->kind), "difference",
		      parts > 1 ? json_real((double)change->difference / parts)
				: json_integer((json_int_t)change->difference),
		      "percent", isfinite(change->share) ? json_real(change->share) : json_null());
	if (j && change->several && change->chance < 1)
		json_object_set_new(j, "chance", json_real(change->chance));
	if (j && change->several && change->flagged)
		json_object_set_new(j, "confirmed", json_boolean(change->confirmed));
	if (j && change->too_few)
		json_object_set_new(j, "too_few_runs", json_true());
	if (j && change->tested)
		json_object_set_new(j, "rank_test",
				    json_pack("{sf sf sf sf}", "p", change->test.p, "shift",
					      change->test.shift, "low", change->test.low, "high",
					      change->test.high));
	return j;
}

static json_t *json_step(const struct step *step)
{
	json_t *j = json_pack("{so so}", "metric", json_change(&step->metric, 1), "tax",
			      json_change(&step->tax, 1));

	if (j && step->metric.kind <= CHANGE_REGRESSED && step->metric.kind != CHANGE_ABSENT)
		json_object_set_new(j, "same_samples", json_boolean(step->same_samples));
	if (j && step->mean.kind != CHANGE_ABSENT)
		json_object_set_new(j, "mean", json_change(&step->mean, 100));
	if (j && step->slow.kind != CHANGE_ABSENT)
		json_object_set_new(j, "slow_end", json_change(&step->slow, 1));
	if (j && step->why && *step->why)
		json_object_set_new(j, "why", json_string(step->why));
	if (j && *step->lost_work)
		json_object_set_new(j, "vanished_work", json_string(step->lost_work));
	return j;
}

static json_t *json_row(const struct comparison *c, const struct row *row)
{
	const struct run_record *rec = row->rec;
	json_t *sides = json_array(), *steps = json_array();

	for (size_t s = 0; s < c->n_sides; s++)
		json_array_append_new(sides, json_pack("{so so}", "metric",
						       json_quantity(&row->cells[s].metric), "tax",
						       json_quantity(&row->cells[s].tax)));
	for (size_t s = 0; s < c->n_steps; s++)
		json_array_append_new(steps, json_step(&row->steps[s]));
	return json_pack("{ss ss ss ss ss ss sf sf so so so}", "id", rec->id, "bench", rec->bench,
			 "variant", rec->variant, "stack", rec->stack, "fs", rec->fs, "unit",
			 rec->unit, "threshold", row->threshold, "tax_threshold",
			 row->tax_threshold, "sides", sides, "steps", steps, "first_to_last",
			 json_step(&row->steps[c->n_steps]));
}

static void add_fact(void *arg, const char *name, const char *a, const char *b)
{
	json_object_set_new(arg, name, json_pack("[ss]", a, b));
}

static json_t *json_facts(const struct comparison *c, size_t step,
			  size_t (*of)(const struct run_context *a, const struct run_context *b,
				       comparability_say *say, void *arg))
{
	json_t *facts = json_object();

	of(&c->sides[step].runs[0].context, &c->sides[step + 1].runs[0].context, add_fact, facts);
	return facts;
}

static json_t *json_sides(const struct comparison *c)
{
	json_t *sides = json_array();

	for (size_t s = 0; s < c->n_sides; s++) {
		const struct side *side = &c->sides[s];
		json_t *runs = json_array();

		for (size_t r = 0; r < side->n_runs; r++)
			json_array_append_new(runs, json_string(side->runs[r].path));
		json_array_append_new(
			sides, json_pack("{ss ss ss sO* so}", "label", side->label, "release",
					 side->runs[0].context.release, "package",
					 side->runs[0].context.package, "replaced",
					 json_object_get(side->runs[0].context.json, "replaced"),
					 "runs", runs));
	}
	return sides;
}

static json_t *json_counts(const struct counts *n)
{
	json_t *metrics = json_object(), *taxes = json_object();

	for (int k = CHANGE_EQUAL; k < CHANGE_KINDS; k++) {
		json_object_set_new(metrics, kind_name(k), json_integer((json_int_t)n->kind[k]));
		if (k <= CHANGE_REGRESSED)
			json_object_set_new(taxes, kind_name(k),
					    json_integer((json_int_t)n->tax[k]));
	}
	return json_pack("{so so sI sI sI sI sI sI}", "metrics", metrics, "taxes", taxes,
			 "same_samples", (json_int_t)n->same_samples, "flagged",
			 (json_int_t)n->flagged, "confirmed", (json_int_t)n->confirmed, "varies",
			 (json_int_t)n->varies, "unsure", (json_int_t)n->unsure, "states",
			 (json_int_t)n->states);
}

json_t *compare_json(const struct comparison *c, int status)
{
	json_t *rows = json_array(), *steps = json_array();

	for (size_t i = 0; i < c->n_rows; i++)
		json_array_append_new(rows, json_row(c, &c->rows[i]));
	for (size_t s = 0; s < c->n_steps; s++) {
		const struct counts n = comparison_count(c, s);

		json_array_append_new(
			steps, json_pack("{ss ss so so so}", "from", c->sides[s].label, "to",
					 c->sides[s + 1].label, "counts", json_counts(&n),
					 "kernels", json_facts(c, s, comparability_kernels),
					 "asked_for", json_facts(c, s, comparability_sweeps)));
	}
	return json_pack("{ss si si sb ss so so so so*}", "type", "comparison", "schema",
			 COMPARISON_SCHEMA, "status", status, "forced", c->forced, "meter",
			 c->time ? "time" : "insn", "sides", json_sides(c), "steps", steps, "rows",
			 rows, "series", c->series ? series_json(c->series) : NULL);
}

/* ---- JUnit --------------------------------------------------------------------------------- */

static bool same_suite(const struct run_record *a, const struct run_record *b)
{
	return !strcmp(a->fs, b->fs) && !strcmp(a->bench, b->bench);
}

static bool is_case(const struct step *step)
{
	return step->metric.kind != CHANGE_ABSENT && step->metric.kind != CHANGE_NEW &&
	       step->metric.kind != CHANGE_LEFT_OUT;
}

static bool cannot_tell(const struct step *step)
{
	return step->metric.kind == CHANGE_UNSHOWN && step->metric.too_few;
}

/* "4,361 -> 5,318 insn (+21.9 %); DM overhead 166 -> 178 (+12)", or the reason of a vanished
 * metric. */
static void case_message(const struct row *row, size_t s, bool time, char *buf, size_t size)
{
	char from[64], to[64];
	const struct cell *base = &row->cells[s], *new = &row->cells[s + 1];
	const struct step *step = &row->steps[s];
	size_t used;

	if (!base->rec || !new->rec) {
		snprintf(buf, size, "%s: %s", change_word(step->metric.kind), step->why);
		return;
	}
	snprintf(buf, size, "%s -> %s %s (%s)", compare_value(&base->metric, from, sizeof(from)),
		 compare_value(&new->metric, to, sizeof(to)), row->rec->unit,
		 compare_percent(step->metric.share).s);
	used = strlen(buf);
	if (!compare_median_is_worse(step) && (step->mean.confirmed || step->slow.confirmed))
		snprintf(buf + used, size - used, "; %s %s", step->mean.confirmed ? "mean" : "p90",
			 compare_percent(step->mean.confirmed ? step->mean.share : step->slow.share)
				 .s);
	used = strlen(buf);
	if (step->tax.kind != CHANGE_ABSENT)
		snprintf(buf + used, size - used, "; DM overhead %s -> %s (%s)",
			 compare_value(&base->tax, from, sizeof(from)),
			 compare_value(&new->tax, to, sizeof(to)),
			 number_signed(step->tax.difference).s);
	used = strlen(buf);
	if (*step->lost_work)
		snprintf(buf + used, size - used, "; %s", step->lost_work);
	used = strlen(buf);
	if (base->metric.n > 1 || new->metric.n > 1)
		snprintf(buf + used, size - used, "; %zu and %zu %s: %s", base->metric.n,
			 new->metric.n, time ? "runs" : "states", compare_step_verdict(step));
}

static void put_case(const struct row *row, size_t s, bool time, const char *class, FILE *out)
{
	const struct step *step = &row->steps[s];
	bool fails = compare_step_fails(step);
	char name[256], message[512];

	snprintf(name, sizeof(name), "%s{stack=%s}", row->rec->variant, row->rec->stack);
	case_message(row, s, time, message, sizeof(message));
	fputs("    <testcase", out);
	xml_attribute(out, "classname", class);
	xml_attribute(out, "name", name);
	fputs(" time=\"0.000\">", out);
	if (fails) {
		fputs("<failure", out);
		xml_attribute(out, "type", compare_step_verdict(step));
		xml_attribute(out, "message", message);
		fputc('>', out);
		xml_put(out, message);
		fputs("</failure>", out);
	} else if (cannot_tell(step)) {
		fputs("<skipped type=\"too few runs\" "
		      "message=\"too few runs for a significance test\"/>",
		      out);
	}
	fputs("<system-out>", out);
	xml_put(out, message);
	fputs("</system-out></testcase>\n", out);
}

static void put_suite(const struct comparison *c, size_t s, const struct run_record *of, FILE *out)
{
	size_t tests = 0, failures = 0, skipped = 0;
	char class[256];

	for (size_t i = 0; i < c->n_rows; i++) {
		const struct step *step = &c->rows[i].steps[s];

		if (!is_case(step) || !same_suite(c->rows[i].rec, of))
			continue;
		tests++;
		failures += compare_step_fails(step);
		skipped += cannot_tell(step);
	}
	if (!tests)
		return;
	snprintf(class, sizeof(class), "linux-%s.%s%s%s", c->sides[s + 1].label, of->fs,
		 *of->fs ? "." : "", of->bench);
	fputs("  <testsuite", out);
	xml_attribute(out, "name", class);
	fprintf(out,
		" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"0.000\">\n",
		tests, failures, skipped);
	fputs("    <properties><property name=\"base\"", out);
	xml_attribute(out, "value", c->sides[s].label);
	fputs("/><property name=\"kernel\"", out);
	xml_attribute(out, "value", c->sides[s + 1].runs[0].context.kernel);
	fputs("/></properties>\n", out);
	for (size_t i = 0; i < c->n_rows; i++)
		if (is_case(&c->rows[i].steps[s]) && same_suite(c->rows[i].rec, of))
			put_case(&c->rows[i], s, c->time, class, out);
	fputs("  </testsuite>\n", out);
}

static const char junit_head[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"daxdm compare\">\n";
static const char junit_tail[] = "</testsuites>\n";

void compare_junit_checks(const struct behaviour *checks, FILE *out)
{
	fputs(junit_head, out);
	behaviour_junit(checks, out);
	fputs(junit_tail, out);
}

void compare_junit(const struct comparison *c, const struct behaviour *checks, FILE *out)
{
	fputs(junit_head, out);
	if (c->series)
		series_junit(c->series, out);
	for (size_t s = 0; s < c->n_steps && !c->series; s++)
		for (size_t i = 0; i < c->n_rows; i++) {
			size_t before = 0;

			while (!same_suite(c->rows[before].rec, c->rows[i].rec))
				before++;
			if (before == i)
				put_suite(c, s, c->rows[i].rec, out);
		}
	if (checks)
		behaviour_junit(checks, out);
	fputs(junit_tail, out);
}

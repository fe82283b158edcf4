// SPDX-License-Identifier: GPL-2.0-only
#include "cli/gate/outcome.h"

#include "lib/base/number.h"

#include <errno.h>
#include <fnmatch.h>
#include <jansson.h>
#include <string.h>

static const char *const quantities[] = {"metric", "tax", "mean", "slow_end"};

#define N_QUANTITIES (sizeof(quantities) / sizeof(quantities[0]))

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static bool is_one_of(const char *word, const char *const list[])
{
	for (; *list; list++)
		if (!strcmp(word, *list))
			return true;
	return false;
}

/* ---- one row -------------------------------------------------------------------------------- */

/* Whether that verdict about a metric is false. */
static bool is_false(const struct gate_pair *pair, const json_t *row, const char *verdict)
{
	static const char *const claims[] = {"regressed", "improved", "vanished", NULL};

	if (!is_one_of(verdict, claims))
		return false;
	return !pair->only || strcmp(verdict, "regressed") ||
	       !strcmp(text_of(row, "stack"), "raw") ||
	       fnmatch(pair->only, text_of(row, "id"), FNM_EXTMATCH);
}

static void judge_row(const struct gate_pair *pair, const json_t *row, struct gate_outcome *out)
{
	static const char *const undecided[] = {"varies", "unsure", NULL};
	static const char *const beyond[] = {"varies", "unsure", "regressed", "improved", NULL};
	static const char *const absent[] = {"", "left_out", "new", NULL};
	const json_t *step = json_array_get(json_object_get(row, "steps"), 0);

	if (is_one_of(text_of(json_object_get(step, "metric"), "verdict"), absent))
		return;
	out->metrics++;
	for (size_t q = 0; q < N_QUANTITIES; q++) {
		const json_t *change = json_object_get(step, quantities[q]);
		const char *verdict = text_of(change, "verdict");

		out->flagged += is_one_of(verdict, beyond);
		out->undecided += is_one_of(verdict, undecided);
		if (!is_false(pair, row, verdict))
			continue;
		if (!out->false_alarms++)
			snprintf(out->first_false, sizeof(out->first_false), "%s %s %s by %+.0f",
				 text_of(row, "id"), quantities[q], verdict,
				 json_number_value(json_object_get(change, "difference")));
	}
}

/* ---- planted costs -------------------------------------------------------------------------- */

static const json_t *row_of(const json_t *rows, const char *id)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		if (!strcmp(text_of(row, "id"), id))
			return row;
	return NULL;
}

static void find_cost(const struct gate_cost *cost, const json_t *rows, struct gate_outcome *out)
{
	const json_t *steps = json_object_get(row_of(rows, cost->metric), "steps");
	const json_t *change = json_object_get(json_array_get(steps, 0), cost->quantity);
	const char *verdict = text_of(change, "verdict");
	double size = json_number_value(json_object_get(change, "difference"));
	bool found = !strcmp(verdict, "regressed") || (!cost->fails && !strcmp(verdict, "worse"));
	size_t used = strlen(out->sizes);

	out->costs++;
	out->found += found && size >= cost->least && size <= cost->most;
	snprintf(out->sizes + used, sizeof(out->sizes) - used, "%s%+.0f", used ? ", " : "", size);
	if (!found) {
		used = strlen(out->sizes);
		snprintf(out->sizes + used, sizeof(out->sizes) - used, " (%s)",
			 *verdict ? verdict : "not measured");
	}
}

int gate_outcome_read(const struct gate_pair *pair, const char *json, struct gate_outcome *out,
		      char *why, size_t size)
{
	json_error_t error;
	json_t *comparison = json_load_file(json, 0, &error);
	const json_t *rows = json_object_get(comparison, "rows"), *row, *first;
	size_t i;

	*out = (struct gate_outcome){0};
	if (!rows) {
		snprintf(why, size, "compare wrote no rows: %s", comparison ? "" : error.text);
		json_decref(comparison);
		return -EINVAL;
	}
	first = json_array_get(json_object_get(comparison, "steps"), 0);
	out->states = (size_t)json_integer_value(
		json_object_get(json_object_get(first, "counts"), "states"));
	json_array_foreach(rows, i, row)
		judge_row(pair, row, out);
	for (size_t c = 0; c < GATE_COSTS_MAX && pair->costs[c].metric; c++)
		find_cost(&pair->costs[c], rows, out);
	json_decref(comparison);
	return 0;
}

/* ---- the table ------------------------------------------------------------------------------ */

void gate_outcome_add(const struct gate_pair *pair, const struct gate_outcome *o,
		      struct gate_totals *totals, FILE *table)
{
	bool planted = gate_is_planted(pair);

	if (planted) {
		totals->planted++;
		totals->planted_costs += o->costs;
		totals->misses += o->costs - o->found;
		totals->wrong += o->false_alarms;
	} else {
		totals->no_ops++;
		totals->no_op_metrics += o->metrics;
		totals->false_pairs += !!o->false_alarms;
	}
	totals->false_alarms += o->false_alarms;
	fprintf(table, "| %s | %s | %s | %zu | %zu | %zu | %zu |", planted ? "cost" : "no-op",
		pair->name, number((int64_t)o->metrics).s, o->states ? o->states : 1, o->flagged,
		o->undecided, o->false_alarms);
	if (planted)
		fprintf(table, " %zu of %zu found: %s insn |", o->found, o->costs, o->sizes);
	else
		fprintf(table, " %s |", o->false_alarms ? "" : "equal");
	fprintf(table, " %s |\n", o->first_false);
}

void gate_outcome_print_table(FILE *rows, const struct gate_totals *totals, FILE *out)
{
	char line[1024];

	fputs("| kind | difference | metrics | states | beyond the threshold | varies or unsure | "
	      "false verdicts | outcome | first false verdict |\n"
	      "|---|---|---|---|---|---|---|---|---|\n",
	      out);
	while (fgets(line, sizeof(line), rows))
		fputs(line, out);
	if (totals->no_ops)
		fprintf(out,
			"\nFalse alarms: %zu of %zu comparisons without a difference (%zu verdicts "
			"of %s metrics).\n",
			totals->false_pairs, totals->no_ops, totals->false_alarms - totals->wrong,
			number((int64_t)totals->no_op_metrics).s);
	if (totals->planted)
		fprintf(out,
			"\nMisses: %zu of %zu claims about %zu planted costs; %zu false verdicts "
			"about other metrics.\n",
			totals->misses, totals->planted_costs, totals->planted, totals->wrong);
}

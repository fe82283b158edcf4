// SPDX-License-Identifier: GPL-2.0-only
#include "cli/gate/outcome.h"

#include <errno.h>
#include <fnmatch.h>
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

/* What was said about a quantity of a metric; change is NULL if nothing was. */
static json_t *said_of(const char *id, const char *quantity, const json_t *change)
{
	const char *verdict = text_of(change, "verdict");

	return json_pack("{ss ss ss sf}", "id", id, "quantity", quantity, "verdict",
			 *verdict ? verdict : "not measured", "difference",
			 json_number_value(json_object_get(change, "difference")));
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
		if (is_false(pair, row, verdict))
			json_array_append_new(out->false_verdicts,
					      said_of(text_of(row, "id"), quantities[q], change));
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
	const json_t *row = row_of(rows, cost->metric), *steps = json_object_get(row, "steps");
	const json_t *change = json_object_get(json_array_get(steps, 0), cost->quantity);
	const char *verdict = text_of(change, "verdict");
	double size = json_number_value(json_object_get(change, "difference"));
	/* Below the threshold a cost is "worse" and fails nothing. */
	bool below = json_number_value(json_object_get(change, "percent")) <
		     json_number_value(json_object_get(row, "threshold"));
	bool found = !strcmp(verdict, below ? "worse" : "regressed");
	json_t *said = said_of(cost->metric, cost->quantity, change);

	found = found && size >= cost->least && size <= cost->most;
	out->found += found;
	json_object_set_new(said, "found", json_boolean(found));
	json_array_append_new(out->costs, said);
}

int gate_outcome_read(const struct gate_pair *pair, const char *json, struct gate_outcome *out,
		      char *why, size_t size)
{
	json_error_t error;
	json_t *comparison = json_load_file(json, 0, &error);
	const json_t *rows = json_object_get(comparison, "rows"), *row, *first;
	size_t i;

	*out = (struct gate_outcome){.false_verdicts = json_array(), .costs = json_array()};
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

void gate_outcome_free(struct gate_outcome *outcome)
{
	json_decref(outcome->false_verdicts);
	json_decref(outcome->costs);
}

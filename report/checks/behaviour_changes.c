// SPDX-License-Identifier: GPL-2.0-only
#include "report/checks/behaviour_changes.h"

#include "lib/base/json_field.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/text.h"
#include "report/checks/check_run.h"
#include "report/checks/outcome.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The members of that name, which keep their values. */
static json_t *part_of(json_t *line, const char *const *keys)
{
	json_t *part = json_object(), *value;

	for (; *keys; keys++)
		if ((value = json_object_get(line, *keys)))
			json_object_set(part, *keys, value);
	return part;
}

int behaviour_add(struct behaviour *b, struct run *run, const char *label, const char *known_dir)
{
	static const char *const of_check[] = {"verdict", "plant", "known", NULL};
	static const char *const of_observation[] = {"value", "check", "suspicious", NULL};
	struct behaviour_run *r = memory_push(&b->runs, &b->n, &b->room, sizeof(*r));
	struct verdicts *v;

	if (!r) {
		msg_error("out of memory");
		return -ENOMEM;
	}
	snprintf(r->label, sizeof(r->label), "%s", label);
	r->checks = json_object();
	r->observations = json_object();
	v = check_run_judge(run, NULL, NULL, known_dir); /* known failures are marked */
	if (!v)
		return -EINVAL;
	verdicts_finish(v, NULL);
	for (size_t i = 0; i < run->n_checks; i++)
		json_object_set_new(r->checks, run->checks[i].id,
				    part_of(run->checks[i].line, of_check));
	for (size_t i = 0; i < run->n_observations; i++)
		json_object_set_new(r->observations, run->observations[i].id,
				    part_of((json_t *)run->observations[i].line, of_observation));
	return 0;
}

static void count_outcomes(const struct behaviour_run *r, size_t count[OUTCOME_KINDS])
{
	const char *id;
	json_t *line;

	memset(count, 0, OUTCOME_KINDS * sizeof(*count));
	json_object_foreach(r->checks, id, line)
		count[outcome_of(line)]++;
}

bool behaviour_is_wide(const struct behaviour *b)
{
	return b->n > BEHAVIOUR_EACH_MAX;
}

/* "A", or "A .. B (3)" of the runs from `first` to before `end`. */
static void name_stretch(const struct behaviour *b, size_t first, size_t end, char *text,
			 size_t size)
{
	if (end - first > 1)
		snprintf(text, size, "%s .. %s (%zu)", b->runs[first].label, b->runs[end - 1].label,
			 end - first);
	else
		snprintf(text, size, "%s", b->runs[first].label);
}

/* The end of the stretch of runs from `first` on that have the same counts: of few the next run. */
static size_t same_counts(const struct behaviour *b, size_t first, size_t count[OUTCOME_KINDS])
{
	size_t next[OUTCOME_KINDS], end = first + 1;

	count_outcomes(&b->runs[first], count);
	for (; end < b->n && behaviour_is_wide(b); end++) {
		count_outcomes(&b->runs[end], next);
		if (memcmp(count, next, sizeof(next)))
			break;
	}
	return end;
}

void behaviour_print_counts(const struct behaviour *b, FILE *out)
{
	static const char *const heads[OUTCOME_KINDS] = {"passed", "failed",  "known",
							 "xpass",  "skipped", "broken"};
	size_t count[OUTCOME_KINDS];
	int width = (int)strlen("kernel");
	char name[192];

	for (size_t r = 0, end; r < b->n; r = end) {
		end = same_counts(b, r, count);
		name_stretch(b, r, end, name, sizeof(name));
		width = (int)strlen(name) > width ? (int)strlen(name) : width;
	}
	fprintf(out, "%-*s", width, "kernel");
	for (int o = 0; o < OUTCOME_KINDS; o++)
		fprintf(out, "  %7s", heads[o]);
	fputc('\n', out);
	for (size_t r = 0, end; r < b->n; r = end) {
		end = same_counts(b, r, count);
		name_stretch(b, r, end, name, sizeof(name));
		fprintf(out, "%-*s", width, name);
		for (int o = 0; o < OUTCOME_KINDS; o++)
			fprintf(out, "  %7zu", count[o]);
		fputc('\n', out);
	}
}

/* ---- what changed -------------------------------------------------------------------------- */

static struct behaviour_change change_new(const struct behaviour *b)
{
	return (struct behaviour_change){.text = memory_check(calloc(b->n, sizeof(char *)))};
}

static void change_free(const struct behaviour *b, struct behaviour_change *change)
{
	for (size_t r = 0; r < b->n; r++)
		free(change->text[r]);
	free(change->text);
	free(change->name);
}

static bool all_equal(const struct behaviour *b, const struct behaviour_change *change)
{
	const char *first = NULL;

	for (size_t r = 0; r < b->n; r++) {
		if (!change->text[r])
			continue;
		if (first && strcmp(first, change->text[r]))
			return false;
		first = change->text[r];
	}
	return true;
}

/* Keeps a change, steals its texts; one that is none is freed.  Returns 0 or -ENOMEM. */
static int keep(struct behaviour *b, struct behaviour_change *change)
{
	struct behaviour_change *more;

	if (all_equal(b, change)) {
		change_free(b, change);
		return 0;
	}
	more = reallocarray(b->changes, b->n_changes + 1, sizeof(*more));
	if (!more) {
		change_free(b, change);
		return -ENOMEM;
	}
	b->changes = more;
	more[b->n_changes++] = *change;
	b->n_regressed += change->regressed;
	b->n_suspicious += change->suspicious;
	return 0;
}

/* A known failure breaks the contract, too. */
static bool kept(enum outcome outcome)
{
	return outcome == OUTCOME_PASSED || outcome == OUTCOME_XPASS;
}

static bool broke(enum outcome outcome)
{
	return outcome == OUTCOME_FAILED || outcome == OUTCOME_XFAIL || outcome == OUTCOME_BROKEN;
}

static int compare_verdict(struct behaviour *b, const char *id)
{
	struct behaviour_change change = change_new(b);
	bool was_kept = false, was_broken = false;

	change.verdict = true;
	change.name = memory_check(strdup(id));
	for (size_t r = 0; r < b->n; r++) {
		const json_t *line = json_object_get(b->runs[r].checks, id);
		bool is_kept = line && kept(outcome_of(line));
		bool is_broken = line && broke(outcome_of(line));

		change.text[r] =
			memory_check(strdup(line ? json_field_text(line, "verdict") : "not run"));
		change.regressed |= was_kept && is_broken;
		change.suspicious |= r && (was_kept ? !is_kept : is_broken && !was_broken);
		if (!line)
			continue;
		was_kept = is_kept;
		was_broken = is_broken;
	}
	change.suspicious = change.suspicious && !change.regressed;
	return keep(b, &change);
}

/* What a run observed, or NULL. */
static json_t *observed(const struct behaviour *b, size_t r, const char *id)
{
	return json_object_get(json_object_get(b->runs[r].observations, id), "value");
}

/* The check that observes it. */
static const char *observer_of(const struct behaviour *b, const char *id)
{
	const json_t *line = NULL;

	for (size_t r = 0; r < b->n && !line; r++)
		line = json_object_get(b->runs[r].observations, id);
	return json_field_text(line, "check");
}

/* Only a check that passed should have observed it. */
static bool should_have_observed(const struct behaviour *b, size_t r, const char *check)
{
	return !strcmp(json_field_text(json_object_get(b->runs[r].checks, check), "verdict"),
		       "pass");
}

/* An observation, or one member of it where it is an object (key is not NULL). */
static int compare_value(struct behaviour *b, const char *id, const char *key)
{
	struct behaviour_change change = change_new(b);
	const char *check = observer_of(b, id);

	for (size_t r = 0; r < b->n; r++)
		change.suspicious |= json_is_true(json_object_get(
			json_object_get(b->runs[r].observations, id), "suspicious"));
	for (size_t r = 0; r < b->n; r++) {
		const json_t *value = observed(b, r, id);
		const json_t *part = key ? json_object_get(value, key) : value;

		if (part)
			change.text[r] = json_dumps(part, JSON_ENCODE_ANY | JSON_SORT_KEYS);
		else if (value || should_have_observed(b, r, check))
			change.text[r] = memory_check(strdup("nothing"));
	}
	if (asprintf(&change.name, "%s%s%s", id, key ? " " : "", key ? key : "") < 0)
		change.name = memory_check(NULL);
	return keep(b, &change);
}

/* Of objects, only the members that differ are printed. */
static int compare_observation(struct behaviour *b, const char *id)
{
	json_t *keys = json_object(), *unused;
	const char *key;
	bool objects = true;
	int rc = 0;

	for (size_t r = 0; r < b->n; r++) {
		json_t *value = observed(b, r, id);

		objects = objects && (!value || json_is_object(value));
		if (objects && value)
			json_object_update_missing(keys, value);
	}
	if (!objects || !json_object_size(keys))
		rc = compare_value(b, id, NULL);
	else
		json_object_foreach(keys, key, unused)
			rc = rc ? rc : compare_value(b, id, key);
	json_decref(keys);
	return rc;
}

/* Each id of any run once, in the order of the first run that has it. */
static int each_id(struct behaviour *b, bool observations,
		   int (*compare)(struct behaviour *b, const char *id))
{
	json_t *seen = json_object();
	int rc = 0;

	for (size_t r = 0; r < b->n; r++) {
		const char *id;
		json_t *line;

		json_object_foreach(observations ? b->runs[r].observations : b->runs[r].checks, id,
				    line)
			if (!rc && !json_object_get(seen, id)) {
				json_object_set_new(seen, id, json_true());
				rc = compare(b, id);
			}
	}
	json_decref(seen);
	return rc;
}

/* Moves the changes of that rank to the end, in their order. */
static void move_down(struct behaviour *b, struct behaviour_change *sorted, size_t *n,
		      bool regressed, bool suspicious)
{
	for (size_t i = 0; i < b->n_changes; i++)
		if (b->changes[i].regressed == regressed && b->changes[i].suspicious == suspicious)
			sorted[(*n)++] = b->changes[i];
}

static int sort_changes(struct behaviour *b)
{
	struct behaviour_change *sorted = calloc(b->n_changes + 1, sizeof(*sorted));
	size_t n = 0;

	if (!sorted)
		return -ENOMEM;
	move_down(b, sorted, &n, true, false);
	move_down(b, sorted, &n, false, true);
	move_down(b, sorted, &n, false, false);
	free(b->changes);
	b->changes = sorted;
	return 0;
}

int behaviour_find(struct behaviour *b)
{
	int rc = each_id(b, false, compare_verdict);

	rc = rc ? rc : each_id(b, true, compare_observation);
	return rc ? rc : sort_changes(b);
}

bool behaviour_fails(const struct behaviour *b)
{
	return b->n_regressed || (b->strict && b->n_suspicious);
}

/* The runs from `first` on that have its text; of many, stretches of them. */
static void print_runs(const struct behaviour *b, const struct behaviour_change *change,
		       size_t first, FILE *out)
{
	const char *between = " on ";
	char name[192];

	for (size_t r = first, end; r < b->n; r = end) {
		bool same = change->text[r] && !strcmp(change->text[first], change->text[r]);

		for (end = r + 1; same && end < b->n && behaviour_is_wide(b); end++)
			if (!change->text[end] || strcmp(change->text[first], change->text[end]))
				break;
		if (!same)
			continue;
		name_stretch(b, r, end, name, sizeof(name));
		fprintf(out, "%s%s", between, name);
		between = ", ";
	}
}

void behaviour_values(const struct behaviour *b, const struct behaviour_change *change, FILE *out)
{
	const char *between = "";

	for (size_t r = 0; r < b->n; r++) {
		const char *text = change->text[r];
		size_t before = 0;

		while (before < r &&
		       (!change->text[before] || !text || strcmp(change->text[before], text)))
			before++;
		if (!text || before < r)
			continue;
		fputs(between, out);
		text_put(text, out);
		print_runs(b, change, r, out);
		between = "; ";
	}
}

static void print_change(const struct behaviour *b, const struct behaviour_change *change,
			 FILE *out)
{
	fprintf(out, "%s%s changed: ",
		change->regressed    ? "REGRESSED: "
		: change->suspicious ? "suspicious: "
				     : "",
		change->verdict ? "verdict" : "behaviour");
	text_put(change->name, out);
	fputs(": ", out);
	behaviour_values(b, change, out);
	fputc('\n', out);
}

void behaviour_print_changes(const struct behaviour *b, FILE *out)
{
	for (size_t i = 0; i < b->n_changes; i++)
		print_change(b, &b->changes[i], out);
	if (!b->n_changes)
		fprintf(out, "same behaviour on all %zu\n", b->n);
}

void behaviour_free(struct behaviour *b)
{
	for (size_t r = 0; r < b->n; r++) {
		json_decref(b->runs[r].checks);
		json_decref(b->runs[r].observations);
	}
	for (size_t i = 0; i < b->n_changes; i++)
		change_free(b, &b->changes[i]);
	free(b->changes);
	free(b->runs);
	memset(b, 0, sizeof(*b));
}

json_t *behaviour_json(const struct behaviour *b, bool forced, int status)
{
	json_t *changes = json_array(), *labels = json_array();

	for (size_t r = 0; r < b->n; r++)
		json_array_append_new(labels, json_string(b->runs[r].label));
	for (size_t i = 0; i < b->n_changes; i++) {
		const struct behaviour_change *change = &b->changes[i];
		json_t *texts = json_array();

		for (size_t r = 0; r < b->n; r++)
			json_array_append_new(texts, change->text[r] ? json_string(change->text[r])
								     : json_null());
		json_array_append_new(changes,
				      json_pack("{ss ss sb sb so}", "what",
						change->verdict ? "verdict" : "observation", "id",
						change->name, "regressed", change->regressed,
						"suspicious", change->suspicious, "sides", texts));
	}
	return json_pack("{ss si si sb so so}", "type", "comparison_of_checks", "schema", 1,
			 "status", status, "forced", forced, "sides", labels, "changes", changes);
}

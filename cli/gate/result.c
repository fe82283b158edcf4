// SPDX-License-Identifier: GPL-2.0-only
#include "cli/gate/result.h"

#include "lib/base/number.h"
#include "lib/base/terminal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { RESULT_SCHEMA = 1 };

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static size_t count_of(const json_t *object, const char *key)
{
	return (size_t)json_integer_value(json_object_get(object, key));
}

static json_t *count(size_t n)
{
	return json_integer((json_int_t)n);
}

/* ---- making it ------------------------------------------------------------------------------ */

static json_t *words_json(const struct words *words)
{
	json_t *list = json_array();

	for (size_t i = 0; i < words->n; i++)
		json_array_append_new(list, json_string(words->list[i]));
	return list;
}

json_t *gate_result_new(const struct gate_subject *s)
{
	return json_pack("{ss si s{ss ss} s{ss so so so} sI s[] s[]}", "type", "gate", "schema",
			 RESULT_SCHEMA, "kernel", "release", s->release, "package", s->package,
			 "workload", "file", s->workload, "stacks", words_json(&s->whole->stacks),
			 "filesystems", words_json(s->filesystems), "benches",
			 words_json(&s->whole->benches), "states_max", (json_int_t)s->states,
			 "pairs", "not_compared");
}

static json_t *measured_json(const struct gate_measured *m)
{
	return json_pack("{ss ss}", "run", m->run, "build", m->build);
}

void gate_result_add(json_t *result, const struct gate_pair *pair, const struct gate_outcome *o,
		     const struct gate_measured *base, const struct gate_measured *new)
{
	json_array_append_new(json_object_get(result, "pairs"),
			      json_pack("{sb ss so so so so so so sO sO}", "planted",
					gate_is_planted(pair), "difference", pair->name, "base",
					measured_json(base), "new", measured_json(new), "metrics",
					count(o->metrics), "states",
					count(o->states ? o->states : 1), "beyond_threshold",
					count(o->flagged), "undecided", count(o->undecided),
					"false_verdicts", o->false_verdicts, "costs", o->costs));
}

void gate_result_leave_out(json_t *result, const struct gate_pair *pair)
{
	json_array_append_new(json_object_get(result, "not_compared"), json_string(pair->name));
}

/* ---- both rates ----------------------------------------------------------------------------- */

struct rates {
	size_t comparisons, alarmed, metrics, verdicts; /* without a difference */
	size_t planted, claims, missed, wrong;		/* with a cost */
};

static size_t count_found(const json_t *pair)
{
	const json_t *cost;
	size_t i, n = 0;

	json_array_foreach(json_object_get(pair, "costs"), i, cost)
		n += json_is_true(json_object_get(cost, "found"));
	return n;
}

static struct rates rates_of(const json_t *result)
{
	struct rates r = {0};
	const json_t *pair;
	size_t i;

	json_array_foreach(json_object_get(result, "pairs"), i, pair) {
		size_t n_false = json_array_size(json_object_get(pair, "false_verdicts"));
		size_t claims = json_array_size(json_object_get(pair, "costs"));

		if (json_is_true(json_object_get(pair, "planted"))) {
			r.planted++;
			r.claims += claims;
			r.missed += claims - count_found(pair);
			r.wrong += n_false;
		} else {
			r.comparisons++;
			r.alarmed += !!n_false;
			r.metrics += count_of(pair, "metrics");
			r.verdicts += n_false;
		}
	}
	return r;
}

size_t gate_result_pairs(const json_t *result)
{
	return json_array_size(json_object_get(result, "pairs"));
}

bool gate_result_fails(const json_t *result)
{
	struct rates r = rates_of(result);

	return r.verdicts || r.missed || r.wrong;
}

/* ---- Markdown ------------------------------------------------------------------------------- */

static void print_list(const json_t *list, const char *separator, FILE *out)
{
	const json_t *word;
	size_t i;

	json_array_foreach(list, i, word)
		fprintf(out, "%s%s", i ? separator : "", json_string_value(word));
}

/* The builds of daxdm that measured, each once. */
static void print_builds(const json_t *result, FILE *out)
{
	static const char *const sides[] = {"base", "new"};
	json_t *builds = json_object();
	const char *build;
	const json_t *pair;
	json_t *value;
	size_t i;

	json_array_foreach(json_object_get(result, "pairs"), i, pair)
		for (size_t s = 0; s < sizeof(sides) / sizeof(sides[0]); s++)
			json_object_set_new(builds,
					    text_of(json_object_get(pair, sides[s]), "build"),
					    json_null());
	fprintf(out, "- %s of daxdm:", json_object_size(builds) > 1 ? "builds" : "build");
	json_object_foreach(builds, build, value)
		fprintf(out, " `%s`", build);
	fputc('\n', out);
	json_decref(builds);
}

static void print_head(const json_t *result, FILE *out)
{
	const json_t *kernel = json_object_get(result, "kernel");
	const json_t *workload = json_object_get(result, "workload");
	const json_t *left_out = json_object_get(result, "not_compared");

	fprintf(out, "## Linux %s (%s)\n\n", text_of(kernel, "release"),
		text_of(kernel, "package"));
	fprintf(out, "- workload without a difference: `%s` (%zu stacks, ",
		text_of(workload, "file"), json_array_size(json_object_get(workload, "stacks")));
	print_list(json_object_get(workload, "filesystems"), " and ", out);
	fprintf(out, "), at most %zu initial states\n", count_of(result, "states_max"));
	print_builds(result, out);
	if (json_array_size(left_out)) {
		fputs("- not compared: ", out);
		print_list(left_out, "; ", out);
		fputc('\n', out);
	}
	fputs("\n| kind | difference | metrics | states | beyond the threshold | varies or unsure "
	      "| false verdicts | outcome | first false verdict |\n"
	      "|---|---|---|---|---|---|---|---|---|\n",
	      out);
}

static void print_costs(const json_t *pair, FILE *out)
{
	const json_t *costs = json_object_get(pair, "costs"), *cost;
	size_t i;

	fprintf(out, " %zu of %zu found: ", count_found(pair), json_array_size(costs));
	json_array_foreach(costs, i, cost) {
		const char *verdict = text_of(cost, "verdict");

		fprintf(out, "%s%+.0f", i ? ", " : "",
			json_number_value(json_object_get(cost, "difference")));
		if (!json_is_true(json_object_get(cost, "found")))
			fprintf(out, " (%s)", verdict);
	}
	fputs(" insn |", out);
}

static void print_pair(const json_t *pair, FILE *out)
{
	const json_t *wrong = json_object_get(pair, "false_verdicts");
	const json_t *first = json_array_get(wrong, 0);
	bool planted = json_is_true(json_object_get(pair, "planted"));

	fprintf(out, "| %s | %s | %s | %zu | %zu | %zu | %zu |", planted ? "cost" : "no-op",
		text_of(pair, "difference"), number((int64_t)count_of(pair, "metrics")).s,
		count_of(pair, "states"), count_of(pair, "beyond_threshold"),
		count_of(pair, "undecided"), json_array_size(wrong));
	if (planted)
		print_costs(pair, out);
	else
		fprintf(out, " %s |", first ? "" : "equal");
	if (first)
		fprintf(out, " %s %s %s by %+.0f", text_of(first, "id"), text_of(first, "quantity"),
			text_of(first, "verdict"),
			json_number_value(json_object_get(first, "difference")));
	fputs(first ? " |\n" : "  |\n", out);
}

void gate_result_print(const json_t *result, FILE *out)
{
	struct rates r = rates_of(result);
	const json_t *pair;
	size_t i;

	print_head(result, out);
	json_array_foreach(json_object_get(result, "pairs"), i, pair)
		print_pair(pair, out);
	if (r.comparisons)
		fprintf(out,
			"\nFalse alarms: %zu of %zu comparisons without a difference (%zu verdicts "
			"of %s metrics).\n",
			r.alarmed, r.comparisons, r.verdicts, number((int64_t)r.metrics).s);
	if (r.planted)
		fprintf(out,
			"\nMisses: %zu of %zu claims about %zu planted costs; %zu false verdicts "
			"about other metrics.\n",
			r.missed, r.claims, r.planted, r.wrong);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

/* The rates follow from the pairs; a reader need not count. */
static json_t *with_rates(const json_t *result)
{
	struct rates r = rates_of(result);
	json_t *whole = json_copy((json_t *)result);

	json_object_set_new(whole, "false_alarms",
			    json_pack("{so so so so}", "comparisons", count(r.comparisons),
				      "with_false_verdicts", count(r.alarmed), "metrics",
				      count(r.metrics), "false_verdicts", count(r.verdicts)));
	json_object_set_new(whole, "misses",
			    json_pack("{so so so so}", "planted", count(r.planted), "claims",
				      count(r.claims), "missed", count(r.missed), "false_verdicts",
				      count(r.wrong)));
	return whole;
}

/* The array in the file, or an empty one if there is no file; NULL with a sentence in why. */
static json_t *load(const char *path, char *why, size_t size)
{
	json_error_t error;
	json_t *all;

	if (access(path, F_OK) && errno == ENOENT)
		return json_array();
	all = json_load_file(path, 0, &error);
	if (json_is_array(all))
		return all;
	snprintf(why, size, "cannot add to %s: expected an array of results, got %s", path,
		 all ? "another JSON value" : error.text);
	json_decref(all);
	return NULL;
}

int gate_result_vet_file(const char *path, char *why, size_t size)
{
	json_t *all = load(path, why, size);

	json_decref(all);
	return all ? 0 : -EINVAL;
}

int gate_result_append(const json_t *result, const char *path, char *why, size_t size)
{
	json_t *all = load(path, why, size);
	FILE *out;
	int rc;

	if (!all)
		return -EINVAL;
	json_array_append_new(all, with_rates(result));
	out = fopen(path, "we");
	rc = out ? terminal_print_json(all, out) : -errno;
	if (out && fclose(out) && !rc)
		rc = -errno;
	json_decref(all);
	if (rc)
		snprintf(why, size, "cannot write %s: %s", path, strerror(-rc));
	return rc;
}

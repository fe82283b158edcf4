// SPDX-License-Identifier: GPL-2.0-only
#include "report/table/over_states.h"

#include "lib/run/run_states.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers over states ------------------------------------------------------------------- */

static int64_t field_of(const struct run_record *rec, size_t field)
{
	int64_t value;

	memcpy(&value, (const char *)rec + field, sizeof(value));
	return value;
}

/* The records of A and B (NULL: of A alone) in the next run from *at on that has them and is the
 * first of its state to have them.  Returns false past the last. */
static bool next_state(const struct run_record *a, const struct run_record *b, size_t *at,
		       const struct run_record **of_a, const struct run_record **of_b)
{
	const struct run_over *over = a->over;

	for (; *at < over->n; ++*at) {
		bool again = false;

		if (!over->record[*at] || (b && !b->over->record[*at]))
			continue;
		for (size_t r = *at; r-- > 0 && over->state[r] == over->state[*at] && !again;)
			again = over->record[r] && (!b || b->over->record[r]);
		if (again)
			continue;
		*of_a = over->record[*at];
		*of_b = b ? b->over->record[*at] : NULL;
		++*at;
		return true;
	}
	return false;
}

struct quantity over_states_of(const struct run_record *rec, size_t field)
{
	const struct run_record *in, *none;
	struct quantity q = {.n = 0};

	if (!rec->over)
		quantity_add(&q, field_of(rec, field));
	for (size_t at = 0; rec->over && next_state(rec, NULL, &at, &in, &none);)
		quantity_add(&q, field_of(in, field));
	return q;
}

struct quantity over_states_minus(const struct run_record *a, const struct run_record *b,
				  size_t field)
{
	const struct run_record *in_a, *in_b;
	struct quantity q = {.n = 0};

	if (a->over && b->over)
		for (size_t at = 0; next_state(a, b, &at, &in_a, &in_b);)
			quantity_add(&q, field_of(in_a, field) - field_of(in_b, field));
	/* Of one state each, or never in one run. */
	if (!q.n)
		quantity_add(&q, field_of(a, field) - field_of(b, field));
	return q;
}

static double ratio_of(const struct run_record *a, const struct run_record *b)
{
	return a->median > 0 && b->median > 0 ? (double)a->median / (double)b->median : 0;
}

static int by_value(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;

	return (a > b) - (a < b);
}

struct real_range over_states_ratio(const struct run_record *a, const struct run_record *b)
{
	const struct run_record *in_a, *in_b;
	double of[QUANTITY_VALUES_MAX];
	size_t n = 0;

	if (a->over && b->over)
		for (size_t at = 0; n < QUANTITY_VALUES_MAX && next_state(a, b, &at, &in_a, &in_b);)
			of[n++] = ratio_of(in_a, in_b);
	if (!n)
		of[n++] = ratio_of(a, b);
	qsort(of, n, sizeof(of[0]), by_value);
	return (struct real_range){of[(n - 1) / 2], of[0], of[n - 1]};
}

struct real_range over_states_mean(const struct run_record *rec)
{
	const struct run_record *in, *none;
	double of[QUANTITY_VALUES_MAX] = {rec->mean};
	size_t n = !rec->over;

	for (size_t at = 0;
	     rec->over && n < QUANTITY_VALUES_MAX && next_state(rec, NULL, &at, &in, &none);)
		of[n++] = in->mean;
	qsort(of, n, sizeof(of[0]), by_value);
	return (struct real_range){of[(n - 1) / 2], of[0], of[n - 1]};
}

/* ---- records over states ------------------------------------------------------------------- */

/* Whole numbers become their medians over VALUES, which are of one kind; all else is of the first.
 * Returns a new reference; NULL: no memory. */
static json_t *merge_json(const json_t *const *values, size_t n)
{
	const json_t *members[QUANTITY_VALUES_MAX];
	struct quantity q = {.n = 0};
	const char *key;
	json_t *merged, *member;

	n = n > QUANTITY_VALUES_MAX ? QUANTITY_VALUES_MAX : n;
	for (size_t i = 0; i < n && json_is_integer(values[0]); i++)
		if (json_is_integer(values[i]))
			quantity_add(&q, json_integer_value(values[i]));
	if (q.n)
		return json_integer(q.median);
	if (!json_is_object(values[0]))
		return json_incref((json_t *)values[0]);
	merged = json_object();
	json_object_foreach((json_t *)values[0], key, member) {
		size_t has = 0;

		for (size_t i = 0; i < n; i++)
			if (json_object_get(values[i], key))
				members[has++] = json_object_get(values[i], key);
		if (!merged || json_object_set_new(merged, key, merge_json(members, has)) < 0) {
			json_decref(merged);
			return NULL;
		}
	}
	return merged;
}

/* The merged value lives as long as *o.  Returns NULL without memory. */
static const json_t *keep_json(struct over_states *o, const json_t *const *values, size_t n)
{
	json_t *merged = merge_json(values, n);

	return merged && !json_array_append_new(o->made, merged) ? merged : NULL;
}

static int by_sample(const void *pa, const void *pb)
{
	const struct run_value *a = pa, *b = pb;

	return (a->value > b->value) - (a->value < b->value);
}

/* The samples of all states. */
static int merge_values(struct run_record *rec)
{
	const struct run_record *in, *none;
	size_t room = 0, n = 0;
	struct run_value *v;

	for (size_t at = 0; next_state(rec, NULL, &at, &in, &none);)
		room += in->n_values;
	v = calloc(room + 1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	room = 0;
	for (size_t at = 0; next_state(rec, NULL, &at, &in, &none); room += in->n_values)
		memcpy(v + room, in->values, in->n_values * sizeof(*v));
	qsort(v, room, sizeof(*v), by_sample);
	for (size_t i = 0; i < room; i++) {
		if (n && v[n - 1].value == v[i].value)
			v[n - 1].count += v[i].count;
		else
			v[n++] = v[i];
	}
	rec->values = v;
	rec->n_values = n;
	return 0;
}

/* The record of state 1 becomes that over the states. */
static int merge_record(struct over_states *o, struct run_record *rec)
{
	const json_t *proofs[QUANTITY_VALUES_MAX];
	const struct run_record *in, *none;
	size_t n = 0, states = over_states_median(rec).n;

	o->unequal |= o->n_states && states != o->n_states;
	o->n_states = states > o->n_states ? states : o->n_states;
	rec->n = over_states_of(rec, offsetof(struct run_record, n)).median;
	rec->min = over_states_of(rec, offsetof(struct run_record, min)).least;
	rec->p10 = over_states_of(rec, offsetof(struct run_record, p10)).median;
	rec->median = over_states_median(rec).median;
	rec->p90 = over_states_of(rec, offsetof(struct run_record, p90)).median;
	rec->p99 = over_states_of(rec, offsetof(struct run_record, p99)).median;
	rec->max = over_states_of(rec, offsetof(struct run_record, max)).most;
	rec->mean = over_states_mean(rec).median;
	for (size_t at = 0; n < QUANTITY_VALUES_MAX && next_state(rec, NULL, &at, &in, &none);)
		if (in->proof)
			proofs[n++] = in->proof;
	if (n && rec->proof) {
		rec->proof = keep_json(o, proofs, n);
		if (!rec->proof)
			return -ENOMEM;
	}
	return merge_values(rec);
}

static int merge_records(struct over_states *o, const struct run *first)
{
	size_t n = first->n_records;
	struct run *run = &o->run;

	run->records = calloc(n + 1, sizeof(*run->records));
	run->by_id = calloc(n + 1, sizeof(struct run_record *));
	o->over = calloc(n + 1, sizeof(*o->over));
	o->records = calloc(n * o->n_runs + 1, sizeof(struct run_record *));
	if (!run->records || !run->by_id || !o->over || !o->records)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct run_record *rec = &run->records[i];
		int rc;

		*rec = first->records[i];
		rec->values = NULL;
		rec->over = &o->over[i];
		o->over[i] = (struct run_over){o->n_runs, o->state, o->records + i * o->n_runs};
		for (size_t r = 0; r < o->n_runs; r++) {
			const struct run_record *in = run_find(o->runs[r], rec->id);

			if (in && !strcmp(in->unit, rec->unit))
				o->over[i].record[r] = in;
		}
		rc = merge_record(o, rec);
		if (rc)
			return rc;
	}
	for (size_t i = 0; i < n; i++)
		run->by_id[i] = &run->records[first->by_id[i] - first->records];
	return 0;
}

static const struct run_observation *find_observation(const struct run *run, const char *id)
{
	for (size_t i = 0; i < run->n_observations; i++)
		if (!strcmp(run->observations[i].id, id))
			return &run->observations[i];
	return NULL;
}

static int merge_observations(struct over_states *o, const struct run *first)
{
	const json_t *values[QUANTITY_VALUES_MAX];

	o->run.observations = calloc(first->n_observations + 1, sizeof(*first->observations));
	if (!o->run.observations)
		return -ENOMEM;
	for (size_t i = 0; i < first->n_observations; i++) {
		struct run_observation *at = &o->run.observations[i];
		size_t n = 0;

		*at = first->observations[i];
		for (size_t r = 0; r < o->n_runs && n < QUANTITY_VALUES_MAX; r++) {
			const struct run_observation *in = find_observation(o->runs[r], at->id);

			if ((r && o->state[r] == o->state[r - 1]) || !in || !in->value)
				continue;
			values[n++] = in->value;
		}
		if (n && at->value) {
			at->value = keep_json(o, values, n);
			if (!at->value)
				return -ENOMEM;
		}
	}
	return 0;
}

int over_states_build(const struct run *const *runs, const unsigned int *state, size_t n,
		      struct over_states *o)
{
	int rc;

	*o = (struct over_states){.run = *runs[0], .n_runs = n};
	o->run.records = NULL;
	o->run.by_id = NULL;
	o->run.observations = NULL;
	o->runs = calloc(n, sizeof(*o->runs));
	o->state = calloc(n, sizeof(*o->state));
	o->made = json_array();
	if (!o->runs || !o->state || !o->made)
		return -ENOMEM;
	memcpy(o->runs, runs, n * sizeof(*runs));
	memcpy(o->state, state, n * sizeof(*state));
	rc = merge_records(o, runs[0]);
	if (!rc)
		rc = merge_observations(o, runs[0]);
	return rc;
}

/* Reads a further state into *run.  Returns 1 if it is one of the same kernel, build of daxdm and
 * seed, else 0, or -ENOMEM. */
static int read_state(const struct run *first, const char *dir, struct run *run)
{
	const json_t *of_first = json_object_get(first->context.json, "emulator"), *of;
	char why[512];
	int rc = run_read(dir, run, why, sizeof(why));

	if (rc < 0)
		return rc == -ENOMEM ? rc : 0;
	of = json_object_get(run->context.json, "emulator");
	return run_is_complete(run) && run->n_records && !run->context.checks &&
	       !strcmp(run->context.kernel, first->context.kernel) &&
	       !strcmp(run->context.build_id, first->context.build_id) &&
	       !strcmp(run->context.build, first->context.build) &&
	       !strcmp(run->context.meter, first->context.meter) &&
	       json_integer_value(json_object_get(of, "seed")) ==
		       json_integer_value(json_object_get(of_first, "seed"));
}

/* The state that the run says it is of; 1: none is said. */
static unsigned int state_of(const struct run *run)
{
	const json_t *emulator = json_object_get(run->context.json, "emulator");
	json_int_t state = json_integer_value(json_object_get(emulator, "state"));

	return state > 0 && state < 1000000 ? (unsigned int)state : 1;
}

static int find_states(const struct run *first, struct words *dirs)
{
	const char *slash = strrchr(first->path, '/');
	char *dir;
	int rc;

	if (!slash || first->context.checks || !run_is_complete(first))
		return 0;
	dir = strndup(first->path, (size_t)(slash - first->path));
	if (!dir)
		return -ENOMEM;
	rc = run_states_find(dir, dirs);
	free(dir);
	return rc;
}

int over_states_read(const struct run *first, struct over_states *o)
{
	struct words dirs = {0};
	int rc = find_states(first, &dirs);
	const struct run **runs = calloc(dirs.n + 1, sizeof(*runs));
	struct run *read = calloc(dirs.n + 1, sizeof(*read));
	unsigned int *state = calloc(dirs.n + 1, sizeof(*state));
	size_t n = 1;

	*o = (struct over_states){.run = *first, .n_states = 1};
	if (rc || !runs || !read || !state) {
		rc = -ENOMEM;
		goto out;
	}
	runs[0] = first;
	state[0] = state_of(first);
	for (size_t i = 0; i < dirs.n && rc >= 0; i++) {
		struct run *run = &read[n - 1];

		rc = read_state(first, dirs.list[i], run);
		if (rc > 0) {
			run_is_state(dirs.list[i], &state[n]);
			runs[n++] = run;
		} else {
			run_free(run);
		}
	}
	if (rc >= 0)
		rc = n > 1 ? over_states_build(runs, state, n, o) : 0;
	else
		o->n_runs = n;
	o->read = read;
	read = NULL;
out:
	words_free(&dirs);
	free(runs);
	free(read);
	free(state);
	return rc;
}

void over_states_free(struct over_states *o)
{
	/* Without further states o->run shares all it has with the first. */
	for (size_t i = 0; o->made && o->run.records && i < o->run.n_records; i++)
		free(o->run.records[i].values);
	if (o->made) {
		free(o->run.records);
		free(o->run.by_id);
		free(o->run.observations);
	}
	for (size_t i = 1; o->read && i < o->n_runs; i++)
		run_free(&o->read[i - 1]);
	free(o->read);
	free(o->over);
	free(o->records);
	free(o->runs);
	free(o->state);
	json_decref(o->made);
	*o = (struct over_states){.n_runs = 0};
}

const char *over_states_words(const struct over_states *o, char *buf, size_t size)
{
	if (!o || o->n_states < 2)
		snprintf(buf, size, "%s", "");
	else
		snprintf(buf, size, "%s%zu initial states", o->unequal ? "up to " : "",
			 o->n_states);
	return buf;
}

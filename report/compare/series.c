// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/series.h"

#include "lib/base/memory.h"
#include "lib/base/msg.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a metric that vanished counts, in per cent. */
#define WEIGHT_MAX 100.0

/* ---- one step ------------------------------------------------------------------------------ */

/* The rank of the metric, which is added if it is new; -ENOMEM. */
static long rank_of(struct series *s, const struct run_record *rec)
{
	const json_t *known = json_object_get(s->rank, rec->id);
	struct series_metric *m;

	if (known)
		return json_integer_value(known);
	m = memory_push(&s->metrics, &s->n_metrics, &s->room_metrics, sizeof(*m));
	if (!m)
		return -ENOMEM;
	*m = (struct series_metric){.id = strdup(rec->id),
				    .unit = strdup(rec->unit),
				    .points = calloc(s->n, sizeof(*m->points))};
	if (!m->id || !m->unit || !m->points ||
	    json_object_set_new(s->rank, rec->id, json_integer((json_int_t)s->n_metrics - 1)))
		return -ENOMEM;
	return (long)s->n_metrics - 1;
}

static void take_cell(struct series_point *point, const struct cell *cell)
{
	point->measured = cell->metric.n;
	point->median = cell->metric.median;
}

/* How much changed in a step, in per cent. */
static double weight_of(const struct step *step)
{
	double share = fabs(step->metric.share);

	if (step->metric.kind == CHANGE_VANISHED || *step->lost_work)
		return WEIGHT_MAX;
	return share < WEIGHT_MAX ? share : WEIGHT_MAX;
}

static int add_failure(struct series *s, size_t metric, size_t kernel, const struct step *step)
{
	struct series_failure *f =
		memory_push(&s->failures, &s->n_failures, &s->room_failures, sizeof(*f));

	if (!f)
		return -ENOMEM;
	*f = (struct series_failure){metric, kernel, compare_step_verdict(step),
				     change_fails(step->metric.kind) ? step->metric.share : 0};
	return 0;
}

static int add_row(struct series *s, size_t kernel, const struct row *row, size_t at)
{
	struct series_kernel *k = &s->kernels[kernel];
	const struct step *step = &row->steps[at];
	const enum change_kind kind = step->metric.kind;
	long rank = rank_of(s, row->rec);
	struct series_point *point;
	bool fails = compare_step_fails(step);

	if (rank < 0)
		return -ENOMEM;
	point = &s->metrics[rank].points[kernel];
	if (kernel == 1)
		take_cell(point - 1, &row->cells[at]);
	take_cell(point, &row->cells[at + 1]);
	/* CHANGE_UNSURE: one difference alone needs no correction for the number of them. */
	point->changed = point->measured && point[-1].measured &&
			 (change_is_beyond(kind) || kind == CHANGE_UNSURE);
	if (!fails && !point->changed)
		return 0;
	k->changed++;
	k->fails += fails;
	k->weight += weight_of(step);
	return fails ? add_failure(s, (size_t)rank, kernel, step) : 0;
}

/* Step `at` of the comparison leads to that kernel. */
static int add_step(struct series *s, size_t kernel, const struct comparison *c, size_t at)
{
	int rc = 0;

	for (size_t i = 0; i < c->n_rows && !rc; i++)
		if (c->rows[i].cells[at].rec || c->rows[i].cells[at + 1].rec)
			rc = add_row(s, kernel, &c->rows[i], at);
	return rc;
}

static int begin(struct series *s, size_t n)
{
	*s = (struct series){
		.n = n, .kernels = calloc(n, sizeof(*s->kernels)), .rank = json_object()};
	return s->kernels && s->rank ? 0 : -ENOMEM;
}

int series_of(struct series *s, const struct comparison *c)
{
	int rc = begin(s, c->n_sides);

	for (size_t i = 0; i < c->n_sides && !rc; i++)
		snprintf(s->kernels[i].label, sizeof(s->kernels[i].label), "%s", c->sides[i].label);
	for (size_t at = 0; at < c->n_steps && !rc; at++)
		rc = add_step(s, at + 1, c, at);
	return rc;
}

/* ---- which kernels are shown ---------------------------------------------------------------- */

struct step_weight {
	size_t kernel;
	double weight;
};

static int by_weight(const void *pa, const void *pb)
{
	const struct step_weight *a = pa, *b = pb;

	if (a->weight != b->weight)
		return a->weight < b->weight ? 1 : -1;
	return (a->kernel > b->kernel) - (a->kernel < b->kernel);
}

static int by_number(const void *pa, const void *pb)
{
	size_t a = *(const size_t *)pa, b = *(const size_t *)pb;

	return (a > b) - (a < b);
}

static void show(struct series *s, size_t kernel)
{
	for (size_t i = 0; i < s->n_shown; i++)
		if (s->shown[i] == kernel)
			return;
	s->shown[s->n_shown++] = kernel;
}

static int choose_shown(struct series *s)
{
	struct step_weight *steps = calloc(s->n, sizeof(*steps));

	if (!steps)
		return -ENOMEM;
	for (size_t k = 0; k < s->n; k++)
		steps[k] = (struct step_weight){k, s->kernels[k].weight};
	qsort(steps, s->n, sizeof(*steps), by_weight);
	show(s, 0);
	show(s, s->n - 1);
	for (size_t i = 0; i < s->n && steps[i].weight > 0; i++) {
		if (s->n_shown + 2 > SERIES_SHOWN_MAX)
			break;
		show(s, steps[i].kernel - 1);
		show(s, steps[i].kernel);
	}
	/* Two alone would be compared as a base and a new kernel. */
	if (s->n_shown == 2)
		show(s, s->n / 2);
	qsort(s->shown, s->n_shown, sizeof(s->shown[0]), by_number);
	free(steps);
	return 0;
}

/* ---- all kernels ---------------------------------------------------------------------------- */

/* What a kernel is called depends on the others: by its release if it is the only one of it. */
struct names {
	char (*alone)[64], (*of_run)[64];
	json_t **key;  /* of each kernel: how many have its release, in `count` */
	json_t *count; /* by release */
};

static int names_begin(struct names *names, size_t n)
{
	names->alone = calloc(n, sizeof(*names->alone));
	names->of_run = calloc(n, sizeof(*names->of_run));
	names->key = calloc(n, sizeof(json_t *));
	names->count = json_object();
	return names->alone && names->of_run && names->key && names->count ? 0 : -ENOMEM;
}

static int names_add(struct names *names, size_t kernel, const struct side *side)
{
	const struct run_context *context = &side->runs[0].context;
	char key[256];
	json_t *count;

	compare_label(side, true, names->alone[kernel], sizeof(names->alone[0]));
	compare_label(side, false, names->of_run[kernel], sizeof(names->of_run[0]));
	snprintf(key, sizeof(key), "%s %s", context->release, context->suffix);
	count = json_object_get(names->count, key);
	if (!count) {
		if (json_object_set_new(names->count, key, json_integer(0)))
			return -ENOMEM;
		count = json_object_get(names->count, key);
	}
	names->key[kernel] = count;
	return json_integer_set(count, json_integer_value(count) + 1) ? -ENOMEM : 0;
}

static void names_end(struct names *names, struct series *s)
{
	for (size_t k = 0; k < s->n && names->key; k++)
		if (names->key[k])
			snprintf(s->kernels[k].label, sizeof(s->kernels[k].label), "%s",
				 json_integer_value(names->key[k]) == 1 ? names->alone[k]
									: names->of_run[k]);
	free(names->alone);
	free(names->of_run);
	free(names->key);
	json_decref(names->count);
}

/* Refuses what differs from the first in more than the kernel.  Returns a status. */
static int refuse(struct series *s, const struct side *first, const struct side *side, bool force)
{
	struct comparison *both = calloc(1, sizeof(*both));
	int status;

	if (!both) {
		msg_error("compare: out of memory");
		return STATUS_BROKEN;
	}
	both->n_sides = 2;
	both->sides[0] = *first;
	both->sides[1] = *side;
	status = compare_refuse(both, force);
	s->forced |= both->forced;
	free(both);
	return status;
}

/* Compares both sides of the pair, which lead to that kernel. */
static int compare_pair(struct series *s, size_t kernel, struct comparison *pair)
{
	int rc = comparison_build(pair);

	if (!rc) {
		comparison_judge_as_measured(pair);
		rc = add_step(s, kernel, pair, 0);
	}
	comparison_free_rows(pair);
	if (rc)
		msg_error("compare: out of memory");
	return rc;
}

/* Reads a side, whose labels are kept.  Returns a status. */
static int read_side(struct side *side, size_t kernel, const char *name, struct names *labels)
{
	if (compare_read_side(side, name) < 0)
		return STATUS_BROKEN;
	if (!names_add(labels, kernel, side))
		return STATUS_GOOD;
	msg_error("compare: out of memory");
	return STATUS_BROKEN;
}

/* Reads all sides, two of which are in memory at a time, and the first one. */
static int read_sides(struct series *s, struct comparison *pair, char *const *names, bool force,
		      struct names *labels)
{
	struct side first = {0};
	int status = STATUS_BROKEN;

	if (!compare_read_side(&first, names[0]))
		status = read_side(&pair->sides[0], 0, names[0], labels);
	for (size_t kernel = 1; kernel < s->n && status == STATUS_GOOD; kernel++) {
		status = read_side(&pair->sides[1], kernel, names[kernel], labels);
		if (status == STATUS_GOOD)
			status = refuse(s, &first, &pair->sides[1], force);
		if (status == STATUS_GOOD && compare_pair(s, kernel, pair))
			status = STATUS_BROKEN;
		compare_free_side(&pair->sides[0]);
		pair->sides[0] = pair->sides[1];
		pair->sides[1] = (struct side){0};
	}
	compare_free_side(&pair->sides[0]);
	compare_free_side(&first);
	return status;
}

int series_read(struct series *s, const struct comparison *like, char *const *names, size_t n,
		bool force)
{
	struct comparison *pair = calloc(1, sizeof(*pair));
	struct names labels = {0};
	int status = STATUS_BROKEN;

	if (begin(s, n) || !pair || names_begin(&labels, n)) {
		msg_error("compare: out of memory");
	} else {
		pair->n_sides = 2;
		pair->thresholds = like->thresholds;
		pair->only = like->only;
		status = read_sides(s, pair, names, force, &labels);
	}
	names_end(&labels, s);
	free(pair);
	if (status == STATUS_GOOD && choose_shown(s)) {
		msg_error("compare: out of memory");
		status = STATUS_BROKEN;
	}
	return status == STATUS_GOOD && s->n_failures ? STATUS_FAILED : status;
}

/* Adds one side to b.  Returns a status. */
static int add_checks(struct behaviour *b, struct series *s, const struct side *first,
		      struct side *side, const char *known_dir, bool force)
{
	int status = refuse(s, first, side, force);

	if (status != STATUS_GOOD)
		return status;
	if (side->n_runs > 1) {
		msg_error("compare: %s: of checks one run of each kernel is compared", side->name);
		return STATUS_BROKEN;
	}
	return behaviour_add(b, side->runs, "", known_dir) < 0 ? STATUS_BROKEN : STATUS_GOOD;
}

int series_read_checks(struct behaviour *b, char *const *names, size_t n, const char *known_dir,
		       bool force, bool *forced)
{
	struct series s = {0};
	struct names labels = {0};
	struct side first = {0}, side = {0};
	int status = STATUS_BROKEN;

	if (begin(&s, n) || names_begin(&labels, n))
		msg_error("compare: out of memory");
	else if (!compare_read_side(&first, names[0]))
		status = STATUS_GOOD;
	for (size_t k = 0; k < n && status == STATUS_GOOD; k++) {
		status = read_side(&side, k, names[k], &labels);
		if (status == STATUS_GOOD)
			status = add_checks(b, &s, &first, &side, known_dir, force);
		compare_free_side(&side);
	}
	names_end(&labels, &s);
	for (size_t k = 0; k < b->n; k++)
		snprintf(b->runs[k].label, sizeof(b->runs[k].label), "%s", s.kernels[k].label);
	*forced = s.forced;
	compare_free_side(&first);
	series_free(&s);
	return status;
}

void series_free(struct series *s)
{
	for (size_t i = 0; i < s->n_metrics; i++) {
		free(s->metrics[i].id);
		free(s->metrics[i].unit);
		free(s->metrics[i].points);
	}
	free(s->metrics);
	free(s->kernels);
	free(s->failures);
	json_decref(s->rank);
	*s = (struct series){0};
}

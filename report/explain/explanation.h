/* SPDX-License-Identifier: GPL-2.0-only */
/* The difference of two medians by function: reading and attribution (explanation.c), output
 * (explain_text.c, explain_json.c). */
#ifndef DAXDM_EXPLANATION_H
#define DAXDM_EXPLANATION_H

#include "lib/run/run.h"
#include "report/explain/attribute.h"

#include <stdio.h>

struct explained_side {
	const char *metric;
	struct run run;
	const struct run_record *record;
	struct profile profile;
	struct symtab tab;
	const struct profile_path *path; /* path of the typical sample */
	struct profile_samples samples;	 /* those of the record in the profile */
	size_t n_same, n_cost;		 /* samples on the same path, with the same cost */
	int64_t sum;			 /* of its functions */
};

struct explanation {
	struct explained_side side[N_SIDES];
	struct attribution by;
	struct attribution aligned; /* its frames side by side */
	bool one_kernel, one_metric;
};

/* Reads the run, the profile and the symbols of a directory, and finds the metric's median in them.
 * side->metric is set before.  Returns 0, or -errno after one error line. */
int explanation_read(struct explained_side *side, const char *dir);
/* Whether both were measured on one emulated host; one error line if not. */
bool explanation_is_fair(const struct explanation *e);
/* Attributes the difference to functions.  Returns 0, or -ENOMEM after one error line. */
int explanation_attribute(struct explanation *e);
/* Writes all of it as text, as JSON and as folded stacks into the existing directory.  Returns 0 or
 * -errno. */
int explanation_write(const struct explanation *e, const json_t *json, const char *dir);
/* Of calloc(); may be NULL or half read. */
void explanation_free(struct explanation *e);

/* The difference of the medians, and the part of it that no function explains. */
int64_t explanation_difference(const struct explanation *e);
int64_t explanation_remainder(const struct explanation *e);

/* The name of a side: its kernel, or its metric. */
const char *explanation_side(const struct explanation *e, enum side side);

/* The mean change of a function over all samples. */
double explanation_average(const struct explanation *e, const struct function *f);

/* "added", "vanished" or "". */
const char *explanation_fate(const struct function *f);

/* The headline: the difference and its largest parts. */
void explanation_headline(const struct explanation *e, char *text, size_t size);

/* As text; at most max functions (0: all of them). */
void explanation_print(const struct explanation *e, size_t max, FILE *out);

/* As one JSON object, to be released; NULL without memory. */
json_t *explanation_json(const struct explanation *e);

/*
 * Stacks for flame graphs, a line each: "caller;called INSNS" of one side.  With both sides
 * "caller;called BASE NEW", as flamegraph.pl draws differences.  Returns 0 or -errno.
 */
int explanation_fold(const struct explanation *e, enum side side, const char *file);
int explanation_fold_both(const struct explanation *e, const char *file);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The verdicts of the comparison of a pair, and which of them are false.  Pure but for files. */
#ifndef DAXDM_GATE_OUTCOME_H
#define DAXDM_GATE_OUTCOME_H

#include "cli/gate/pairs.h"

#include <stdio.h>

struct gate_outcome {
	size_t metrics;	     /* compared */
	size_t flagged;	     /* beyond the threshold in the first state, or over all */
	size_t undecided;    /* of those: varies, unsure */
	size_t false_alarms; /* verdicts that are not true */
	size_t found;	     /* of the pair's costs */
	size_t costs;
	size_t states;			   /* of each side, at most */
	char first_false[256], sizes[128]; /* the first false verdict; sizes of the costs found */
};

struct gate_totals {
	size_t no_ops, no_op_metrics, false_pairs, false_alarms; /* without a difference */
	size_t planted, planted_costs, misses, wrong;		 /* with a cost */
};

/*
 * Reads what compare --json wrote.  A verdict is false if it is REGRESSED, IMPROVED or VANISHED, of
 * the median, the mean, the slow end or DM overhead, of a metric that the pair does not name, or of
 * the wrong sign, or of raw.  Returns 0, or -EINVAL with the reason in why.
 */
int gate_outcome_read(const struct gate_pair *pair, const char *json, struct gate_outcome *out,
		      char *why, size_t size);

/* Adds a row to the table. */
void gate_outcome_add(const struct gate_pair *pair, const struct gate_outcome *outcome,
		      struct gate_totals *totals, FILE *table);

/* Prints the table of rows as Markdown, and both rates. */
void gate_outcome_print_table(FILE *rows, const struct gate_totals *totals, FILE *out);

#endif

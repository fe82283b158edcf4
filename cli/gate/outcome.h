/* SPDX-License-Identifier: GPL-2.0-only */
/* The verdicts of the comparison of a pair, and which of them are false.  Pure but for files. */
#ifndef DAXDM_GATE_OUTCOME_H
#define DAXDM_GATE_OUTCOME_H

#include "cli/gate/pairs.h"

#include <jansson.h>

struct gate_outcome {
	size_t metrics;	  /* compared */
	size_t flagged;	  /* beyond the threshold in the first state, or over all */
	size_t undecided; /* of those: varies, unsure */
	size_t found;	  /* of the pair's costs */
	size_t states;	  /* of each side, at most */
	/* Arrays: verdicts that are not true, {"id", "quantity", "verdict", "difference"}; the
	 * pair's costs, {"id", "quantity", "verdict", "difference", "found"}. */
	json_t *false_verdicts, *costs;
};

/*
 * Reads what compare --json wrote.  A verdict is false if it is REGRESSED, IMPROVED or VANISHED, of
 * the median, the mean, the slow end or DM overhead, of a metric that the pair does not name, or of
 * the wrong sign, or of raw.  Returns 0, or -EINVAL with the reason in why; *out needs
 * gate_outcome_free() in either case.
 */
int gate_outcome_read(const struct gate_pair *pair, const char *json, struct gate_outcome *out,
		      char *why, size_t size);
void gate_outcome_free(struct gate_outcome *outcome);

#endif

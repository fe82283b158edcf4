/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gate-selftest --full: runs of one kernel between which nothing differs that costs anything, and
 * runs with known costs, compared as a user compares them.  Counts false alarms and misses.
 */
#ifndef DAXDM_GATE_FULL_H
#define DAXDM_GATE_FULL_H

#include "cli/driver/measure.h"

struct gate_full {
	struct measurement asked; /* the workload of the pairs without a difference */
	struct target target; /* one kernel; name: prefix of the runs, NULL: by kernel and time */
	struct words only;    /* globs of the names of pairs; none: all pairs */
	const char *markdown; /* append the table to this file, or NULL */
	const char *json;     /* add the result to this file, or NULL */
	int64_t states;	      /* initial states that a comparison may take */
};

/* Returns the exit status: STATUS_FAILED for a false alarm or a miss. */
int gate_full(struct gate_full *full);

#endif

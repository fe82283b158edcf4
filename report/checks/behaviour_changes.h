/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences between runs of the same checks: verdicts, and observations outside of any
 * contract. */
#ifndef DAXDM_BEHAVIOUR_CHANGES_H
#define DAXDM_BEHAVIOUR_CHANGES_H

#include "lib/run/run.h"

#include <stdio.h>

/* One verdict or observation in each run. */
struct behaviour_change {
	bool verdict;	 /* of a check; else an observation */
	bool regressed;	 /* kept in one run, broken in the next */
	bool suspicious; /* a program may rely on the former: behaviour_find() */
	char *name;	 /* id, and the member of an observation that is an object */
	char **text;	 /* of each run; NULL: not in it */
};

/* What is kept of a run: of each line what outcome_of() and a comparison need. */
struct behaviour_run {
	char label[64];
	json_t *checks, *observations; /* id -> line */
};

/* Begin with all zero. */
struct behaviour {
	struct behaviour_run *runs;
	size_t n, room;
	struct behaviour_change *changes;
	size_t n_changes, n_regressed, n_suspicious;
	bool strict; /* suspicious changes fail */
};

/* Of more runs stretches of equal ones are printed, "A .. B (N)". */
enum { BEHAVIOUR_EACH_MAX = 8 };

/*
 * Adds a run of checks, which is no longer needed afterwards; its known failures are those of
 * known_dir or (NULL) those that it says itself.  Returns 0, or -errno after one error line.
 */
int behaviour_add(struct behaviour *b, struct run *run, const char *label, const char *known_dir);

/*
 * Fills the changes, sorted: regressed, suspicious, others.  Suspicious are an observation that its
 * check declares so (check_observe_suspicious()), a check that passed and is skipped or missing
 * now, and one that fails now and neither passed nor failed before.  Returns 0 or -ENOMEM.
 */
int behaviour_find(struct behaviour *b);

/* Whether its runs are too many for a column each. */
bool behaviour_is_wide(const struct behaviour *b);
/* "pass on A, B; fail on C", each value in the order of the first run that has it. */
void behaviour_values(const struct behaviour *b, const struct behaviour_change *change, FILE *out);

/* Counts of outcomes per run, or stretch of runs; then a line per change. */
void behaviour_print_counts(const struct behaviour *b, FILE *out);
void behaviour_print_changes(const struct behaviour *b, FILE *out);

/* As JSON; a new reference, NULL without memory. */
json_t *behaviour_json(const struct behaviour *b, bool forced, int status);

/* Whether the comparison fails by them. */
bool behaviour_fails(const struct behaviour *b);

/* A testsuite with a testcase per change; a Markdown table. */
void behaviour_junit(const struct behaviour *b, FILE *out);
void behaviour_markdown(const struct behaviour *b, FILE *out);

void behaviour_free(struct behaviour *b);

#endif

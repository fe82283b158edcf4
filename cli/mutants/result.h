/* SPDX-License-Identifier: GPL-2.0-only */
/* The result of one mutant, a JSON file in results/RUN/, and the score over all of them. */
#ifndef DAXDM_MUTANT_RESULT_H
#define DAXDM_MUTANT_RESULT_H

#include "cli/mutants/mutant.h"

#include <jansson.h>
#include <stdio.h>

enum mutant_state {
	MUTANT_FLAGGED, /* at least one check failed or metric regressed */
	MUTANT_MISSED,
	MUTANT_BROKEN,	   /* it could not be built, or the guests did not run */
	MUTANT_EQUIVALENT, /* marked as such: not run */
	MUTANT_NOT_RUN,
	MUTANT_STATES,
};

/* What the failures say about the layer (field "blame" of a check). */
enum mutant_blame { BLAME_UNSAID, BLAME_RIGHT, BLAME_WRONG, BLAME_KINDS };

/* "flagged" and so on. */
const char *mutant_state_name(enum mutant_state state);

/* The state that a result tells; MUTANT_NOT_RUN for NULL and what is none. */
enum mutant_state mutant_state_of(const json_t *result);

/* What failed checks with the counts of their "blame" say about a mutant of that kind: right if
 * more of them blame its side of device-mapper than the other one. */
enum mutant_blame mutant_blame_of(bool is_dm, size_t dm, size_t other);
const char *mutant_blame_name(enum mutant_blame blame);

/* A digest of what the mutant changes.  Not of its checks: what was flagged stays so when more are
 * named.  Returns buf. */
const char *mutant_digest(const struct mutant *m, char buf[17]);

/* What was detected of a layer.  The unchanged modules are not counted. */
struct mutant_score {
	size_t states[MUTANT_STATES], blamed[BLAME_KINDS], subtle, subtle_flagged;
};

struct mutant_entry {
	const struct mutant *mutant;
	json_t *result; /* NULL: none */
};

/* Of a layer, or of all (NULL). */
struct mutant_score mutant_score_of(const struct mutant_entry *list, size_t n, const char *layer);

/* The unchanged modules in which something was detected. */
size_t mutant_false_flags(const struct mutant_entry *list, size_t n);

/* One line about a result: "missed   dm-linear-offset: ...". */
void mutant_print_result(const struct mutant_entry *e, FILE *out);

/* A line for each layer with mutants, then the summary. */
void mutant_print_score(const struct mutant_entry *list, size_t n, const char *release, FILE *out);

/* A line for each mutant, with a heading; fields separated by tabs. */
void mutant_print_table(const struct mutant_entry *list, size_t n, const char *release, FILE *out);

/* STATUS_GOOD: all that run were flagged, and no unchanged module. */
int mutant_status(const struct mutant_entry *list, size_t n);

#endif

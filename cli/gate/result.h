/* SPDX-License-Identifier: GPL-2.0-only */
/* The result of gate-selftest --full on one kernel: one JSON object, printed as Markdown or kept as
 * it is.  Pure but for files. */
#ifndef DAXDM_GATE_RESULT_H
#define DAXDM_GATE_RESULT_H

#include "cli/gate/outcome.h"
#include "lib/run/workload.h"

#include <stdio.h>

/* What was compared.  Strings are not kept. */
struct gate_subject {
	const char *release, *package; /* of the kernel: "linux-image-... VERSION" */
	const char *workload;	       /* the file */
	const struct workload *whole;  /* what it selects */
	const struct words *filesystems;
	int64_t states; /* initial states that a comparison may take */
};

/* Names of runs, and the builds of daxdm that measured them. */
struct gate_measured {
	const char *run, *build;
};

/* An empty result, to be freed with json_decref(); NULL without memory. */
json_t *gate_result_new(const struct gate_subject *subject);

/* Adds what was found of a pair, or that it was not compared. */
void gate_result_add(json_t *result, const struct gate_pair *pair, const struct gate_outcome *o,
		     const struct gate_measured *base, const struct gate_measured *new);
void gate_result_leave_out(json_t *result, const struct gate_pair *pair);

/* Pairs that were compared; whether one has a false verdict or a miss. */
size_t gate_result_pairs(const json_t *result);
bool gate_result_fails(const json_t *result);

/* Prints the table and both rates as Markdown. */
void gate_result_print(const json_t *result, FILE *out);

/* Whether gate_result_append() could do it: 0, or -EINVAL with a sentence in why. */
int gate_result_vet_file(const char *path, char *why, size_t size);

/* Adds the result to the array in that JSON file, or makes the file.  Returns 0, or -errno with a
 * sentence in why. */
int gate_result_append(const json_t *result, const char *path, char *why, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of the check lines of a run: known kernel bugs are recognised, KTAP is printed as
 * they come, JUnit and the exit status are made of all.
 * Source: Documentation/dev-tools/ktap.rst; JUnit's XML as Jenkins reads it.
 */
#ifndef DAXDM_VERDICT_H
#define DAXDM_VERDICT_H

#include <jansson.h>
#include <stdio.h>

struct verdicts;

/*
 * Begins with the plan 1..n_cases on out (may be NULL) and in the file ktap_path (may be NULL).
 * release is the kernel's (uname -r), for check/known/ in known_dir.  Returns NULL after one error
 * line (a file cannot be written, an entry of known_dir cannot be read).
 */
struct verdicts *verdicts_new(FILE *out, const char *ktap_path, const char *known_dir,
			      const char *release, size_t n_cases);

/* Takes a line of type observation: shown before the result of its check. */
void verdicts_observation(struct verdicts *v, const json_t *line);

/* Takes a line of type check; adds "known" to it.  Prints its result. */
void verdicts_check(struct verdicts *v, json_t *line);

/* Writes JUnit (path may be NULL), prints the sum, frees.  Returns an enum exit_status. */
int verdicts_finish(struct verdicts *v, const char *junit_path);

#endif

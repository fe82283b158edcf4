/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Evaluates the check lines of a run: recognises known kernel bugs, prints KTAP as the lines
 * arrive, writes JUnit at the end and computes the exit status.
 * Source: Documentation/dev-tools/ktap.rst; JUnit's XML as Jenkins reads it.
 */
#ifndef DAXDM_VERDICT_H
#define DAXDM_VERDICT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct verdicts;

/*
 * Prints the plan 1..n_cases on out and on ktap, which also gets the kernel log of known failures.
 * Each may be NULL and stays the caller's; ktap has to be open until verdicts_finish().  release is
 * the most exact version of the kernel (kernel_version_text()), for the entries in known_dir; with
 * known_dir NULL the "known" of the lines is used.  Returns NULL after one error line (an entry of
 * known_dir cannot be read).
 */
struct verdicts *verdicts_new(FILE *out, FILE *ktap, const char *known_dir, const char *release,
			      size_t n_cases);

/* Prints the kernel from the context line of the run.  Call it at most once, before any result. */
void verdicts_kernel(struct verdicts *v, const json_t *context);

/* Adds a line of type observation, which is printed before the result of its check. */
void verdicts_observation(struct verdicts *v, const json_t *line);

/* Adds a line of type check, sets its "known" and its "number" in KTAP, and prints its result. */
void verdicts_check(struct verdicts *v, json_t *line);

/* Prints the summary: counts, every failure with its reason, known bugs, skips with the fix.  Each
 * line begins with prefix. */
void verdicts_sum(const struct verdicts *v, FILE *out, const char *prefix);

/* Writes JUnit (path may be NULL), prints the summary, frees v.  Returns an enum exit_status. */
int verdicts_finish(struct verdicts *v, const char *junit_path);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of the check lines of a run: known kernel bugs are recognised, KTAP is printed as
 * they come, JUnit and the exit status are made of all.
 * Source: Documentation/dev-tools/ktap.rst; JUnit's XML as Jenkins reads it.
 */
#ifndef DAXDM_VERDICT_H
#define DAXDM_VERDICT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct verdicts;

/*
 * Begins with the plan 1..n_cases on out, which people read as it comes, and on ktap, which also
 * has the kernel's log of known failures.  Each may be NULL and stays the caller's; ktap has to be
 * open until verdicts_finish().  release is what says most of the kernel's version
 * (kernel_version_text()), for check/known/ in known_dir; NULL leaves what the lines themselves say
 * of known bugs.  Returns NULL after one error line (an entry of known_dir cannot be read).
 */
struct verdicts *verdicts_new(FILE *out, FILE *ktap, const char *known_dir, const char *release,
			      size_t n_cases);

/* Says which kernel it is, by the context line of the run: at most once, before any result. */
void verdicts_kernel(struct verdicts *v, const json_t *context);

/* Takes a line of type observation: shown before the result of its check. */
void verdicts_observation(struct verdicts *v, const json_t *line);

/* Takes a line of type check; adds to it "known" and its "number" in KTAP.  Prints its result. */
void verdicts_check(struct verdicts *v, json_t *line);

/* Prints the sum: counts, every failure with its reason, known bugs, skips with their cure.  Each
 * line begins with prefix. */
void verdicts_sum(const struct verdicts *v, FILE *out, const char *prefix);

/* Writes JUnit (path may be NULL), prints the sum, frees.  Returns an enum exit_status. */
int verdicts_finish(struct verdicts *v, const char *junit_path);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* A run of checks that was read, judged. */
#ifndef DAXDM_CHECK_RUN_H
#define DAXDM_CHECK_RUN_H

#include "lib/run/run.h"
#include "report/checks/verdict.h"

/*
 * Reads a run of checks, complete or not.  Returns 0, or -errno after one error line that begins
 * with verb; *run needs run_free() in either case.
 */
int check_run_read(const char *verb, const char *dir, struct run *run);

/*
 * Judges all its checks, prints KTAP on out and ktap as verdicts_new() says (each may be NULL).
 * known_dir says which failures are known (NULL: what the run itself says).  Returns NULL after one
 * error line; else verdicts_finish() it before the run is freed.
 */
struct verdicts *check_run_judge(struct run *run, FILE *out, FILE *ktap, const char *known_dir);

/* The kernel's version as check/known/ compares it (kernel_version_text()).  Returns version. */
const char *check_run_version(const struct run *run, char version[64]);

/* One line per observation that checks made, "ID: VALUE". */
void check_run_observations(const struct run *run, FILE *out, const char *prefix);

#endif

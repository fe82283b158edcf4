/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The runs that a user names: report, compare, explain, assert and gate-selftest take a run as a
 * name in results/ or results/published/, or as a path from the user's directory.  A run is a
 * directory that holds run.jsonl, or a file whose first line is the context of a run.
 */
#ifndef DAXDM_RUN_DIR_H
#define DAXDM_RUN_DIR_H

#include <stdnoreturn.h>

/* The directory of known kernel bugs, by which runs of checks are judged. */
#include "lib/base/place.h"

#define RUN_DIR_KNOWN place("check/known")

/* The path of that run, to be freed; NULL if there is none. */
char *run_dir_find(const char *word);

/* The same, or another directory that is not empty, of which its reader says what is missing.  Ends
 * the process with STATUS_USAGE if there is neither. */
char *run_dir_find_or_exit(const char *word);

/* Ends the process with STATUS_USAGE: there is no such KIND ("run" or "run or kernel"), and
 * which one was meant, or what it is that has the name. */
noreturn void run_dir_unknown(const char *kind, const char *word);

/* Where page and plots of a run go: into the run; of a published one, which is never changed, below
 * build/report/.  To be freed. */
char *run_dir_page(const char *dir);

#endif

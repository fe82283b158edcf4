/* SPDX-License-Identifier: GPL-2.0-only */
/* GNU parallel runs several commands at a time: a file of one command a line. */
#ifndef DAXDM_PARALLEL_H
#define DAXDM_PARALLEL_H

#include "cli/driver/process.h"

#include <stdio.h>

/* Writes one job, whose output goes to the file log.  Ends the process with STATUS_USAGE if a word
 * cannot stand in a line. */
void parallel_put(const struct words *job, const char *log, FILE *jobs);

/* Of process_stop_limit_ms while it runs: the jobs have programs of their own to stop. */
enum { PARALLEL_STOP_LIMIT_MS = 20000 };

/* The command that runs that file, so many jobs at a time; needs the workspace.  Its status is how
 * many jobs failed.  More options may be added. */
void parallel_command(struct words *command, const char *jobs, unsigned int n);

#endif

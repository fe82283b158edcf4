/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same benchmarks on several kernels.  Each kernel is a job of its own, `daxdm bench --name
 * RUN/LABEL`, and an engine (cli/driver/engine.h) runs them.  What a job has measured stays when
 * another one fails or all are stopped; the same name again does what is left.
 *
 * results/RUN/ holds kernels.tsv (LABEL PACKAGE VERSION KERNEL, oldest first), jobs.tsv (the job
 * log, as of GNU parallel), LABEL/ (a run) and LABEL.log for each kernel, ladder.txt and plots.
 */
#ifndef DAXDM_LADDER_H
#define DAXDM_LADDER_H

#include "cli/driver/engine.h"
#include "cli/driver/measure.h"

/* Set in the environment of a job: all packages are in place, and stay as they are. */
#define LADDER_STEP "DAXDM_LADDER"

/* What bench is asked for. */
struct bench_request {
	struct target target;
	struct measurement m;
	int64_t repeat;
	struct engine engine;
};

/* Measures what is left of the ladder, and reports it.  Returns the exit status. */
int ladder(struct bench_request *b);

/* Reports the ladder in DIR; needs the workspace.  Returns the exit status. */
int ladder_show(const char *dir);
/* Draws its plots and writes its pages into DIR: ladder.html, and newest.html, the newest kernel
 * against the one before it.  Returns the exit status. */
int ladder_publish(const char *dir);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same checks on several kernels, as jobs of an engine (cli/driver/engine.h): each kernel is
 * one, `daxdm check --name RUN-LABEL`.  The same name again does what is left.
 *
 * results/RUN/ holds kernels.tsv, jobs.tsv, slurm/, and LABEL.log for each kernel, as that of a
 * ladder (cli/driver/ladder.h); the runs are results/RUN-LABEL/, as without an engine.  As in
 * cli/driver/target.h errors end the process.
 */
#ifndef DAXDM_CHECKS_LADDER_H
#define DAXDM_CHECKS_LADDER_H

#include "cli/driver/engine.h"
#include "cli/driver/target.h"

struct checks_ladder {
	struct target *target; /* its name is chosen if it has none */
	const struct engine *engine;
	const struct words *args; /* the checks, as options of check */
	const struct words *ids;  /* of all these checks */
	int64_t rounds;		  /* 0: not given */
	bool plant;
	struct words dirs, releases; /* of each kernel its run, and what KTAP calls it */
	struct words missing;	     /* a sentence for each that has no run */
};

/* Runs the checks of all kernels that are left, and fills in the last three lists. */
void checks_ladder(struct checks_ladder *c);

#endif

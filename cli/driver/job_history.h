/* SPDX-License-Identifier: GPL-2.0-only */
/* What jobs like those of a file took before, on this host or on others: from the job logs of all
 * results. */
#ifndef DAXDM_JOB_HISTORY_H
#define DAXDM_JOB_HISTORY_H

#include <stddef.h>
#include <stdint.h>

struct job_history {
	size_t n;	  /* jobs that were found */
	int64_t most_s;	  /* the longest of them */
	int64_t most_kib; /* the largest process of all; 0: not known */
};

/* Of jobs whose command is the first one of the file JOBS but for its --name and --kernel.  As in
 * cli/driver/process.h errors end the process. */
struct job_history job_history_find(const char *jobs);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From which size on a change for the worse is a regression: one number, and others for metrics
 * that a file names.  One statement a line, `#` begins a comment, the last line that matches wins:
 *
 *	fault.*.pmd{*}    2.5    # per cent of the metric
 *	tax:*             0      # of what a stack adds to raw: any instruction
 */
#ifndef DAXDM_THRESHOLD_H
#define DAXDM_THRESHOLD_H

#include <stddef.h>

#define THRESHOLD_PERCENT 0.5

struct threshold {
	char *glob;
	double percent;
};

struct thresholds {
	double percent; /* where no line matches */
	struct threshold *list;
	size_t n;
};

/* "0.5" or "0.5%" -> *percent.  Returns 0, or -EINVAL if it is no number from 0 to 1,000,000. */
int threshold_parse(const char *text, double *percent);

/* Adds the lines of a file.  Returns 0, or -errno after one error line with file and line. */
int thresholds_read(const char *path, struct thresholds *t);

/* The threshold of a metric id ("tax:ID": of what its stack adds to raw), in per cent. */
double thresholds_of(const struct thresholds *t, const char *id);

void thresholds_free(struct thresholds *t);

#endif

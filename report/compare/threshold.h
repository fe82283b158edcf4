/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The regression threshold: one number, and a file with others for some metrics, one per line; `#`
 * begins a comment, the last line that matches wins:
 *
 *	fault.*.pmd{*}    2.5    # per cent of the metric
 *	tax:*             0      # of DM overhead: any instruction
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

/* "0.5" or "0.5%" -> *percent.  Returns 0, or -EINVAL unless it is a number from 0 to 1,000,000. */
int threshold_parse(const char *text, double *percent);

/* Adds the lines of a file.  Returns 0, or -errno after one error line with file and line. */
int thresholds_read(const char *path, struct thresholds *t);

/* The threshold of a metric id ("tax:ID": of its DM overhead), in per cent. */
double thresholds_of(const struct thresholds *t, const char *id);

void thresholds_free(struct thresholds *t);

#endif

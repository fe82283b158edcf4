/* SPDX-License-Identifier: GPL-2.0-only */
/* The value of one metric in a run, for assert and bisect. */
#ifndef DAXDM_METRIC_H
#define DAXDM_METRIC_H

#include "report/table/quantity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What git-bisect(1) takes as "this commit cannot be tested". */
enum { METRIC_CANNOT_TELL = 125 };

struct metric_value {
	/* Median over the initial states of the run and its range; of tax:ID minus that of raw. */
	struct quantity value;
	char unit[16], release[128];
	bool higher_is_better;
};

/*
 * The id of a metric that the user names: an id, or "NAME STACK [FS]", e.g. "read.warm.pte
 * linear:16"; both may begin with "tax:".  NAME is a variant, or BENCHMARK.VARIANT; FS is ext4 if
 * it is left out.  STACK may be table:FILE or lvm:FILE, of one stack, which the id has the name of.
 * Ends the process with one error line if there is no such metric.  To be freed.
 */
char *metric_resolve(const char *word);

/* The word for --stack of a stack that a resolved metric names: NAME=TABLES if the metric was given
 * with a file or tables, else the name. */
const char *metric_stack_word(const char *name);

/* Why explain cannot attribute the samples of the metric to functions, as its benchmark says; NULL:
 * it can, or there is no such metric. */
const char *metric_unexplained(const char *id);

/* Reads the metric ID, or tax:ID, of the run in dir.  Returns 0, or -ENOENT with a sentence in why
 * if it was not measured, -EINVAL if the run cannot be read. */
int metric_read(const char *dir, const char *id, struct metric_value *value, char *why,
		size_t size);

#endif

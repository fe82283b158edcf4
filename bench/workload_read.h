/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file of a workload has one statement per line, words separated by blanks; `#` begins a
 * comment:
 *
 *	stack raw linear:1 linear:16
 *	fs    ext4 xfs
 *	bench fault.read.* fault.write.*
 *
 * `bench others` stands for each benchmark of which the file names no variant, unless its
 * descriptor has by_name_only: so a new benchmark runs in workloads/default.
 */
#ifndef DAXDM_WORKLOAD_READ_H
#define DAXDM_WORKLOAD_READ_H

#include "lib/run/workload.h"

#include <stdint.h>

/*
 * Reads a workload file.  Returns 0, or -errno after one error line with file, line and column.
 */
int workload_read(const char *path, struct workload *out);

/* What the user said by hand replaces what the file says, list by list.  Steals the words. */
void workload_override(struct workload *workload, struct workload *by_hand);

/*
 * Checks that every stack parses, every filesystem is known and every pattern matches a metric.
 * Returns 0, or -EINVAL after one error line with a hint.
 */
int workload_check(const struct workload *workload);

/*
 * The workload that the words of a `daxdm bench-here` command line ask for (--workload, --stack, --fs,
 * --bench; other words are left out), checked, and whether all stacks fit on two namespaces of
 * span_bytes plus one window each.  Returns 0, or -EINVAL after one error line.
 */
int workload_of_words(int n, char *const words[], uint64_t span_bytes, struct workload *out);

#endif

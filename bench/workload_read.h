/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file of a workload has one statement per line, words separated by blanks; `#` begins a
 * comment:
 *
 *	stack raw linear:1 linear:16
 *	fs    ext4 xfs
 *	bench fault.read.* fault.write.*
 *
 * A blank or `#` in brackets is part of its word: fs xfs:mkfs=[-b size=1024].
 *
 * `bench others` selects each benchmark of which the file names no variant, unless its descriptor
 * has by_name_only.  So workloads/default includes new benchmarks.
 */
#ifndef DAXDM_WORKLOAD_READ_H
#define DAXDM_WORKLOAD_READ_H

#include "bench/bench.h"
#include "lib/run/workload.h"

#include <stdint.h>

/*
 * Reads a workload file.  Returns 0, or -errno after one error line with file, line and column.
 */
int workload_read(const char *path, struct workload *out);

/*
 * Replaces each `table:FILE` and `lvm:FILE` by the stacks that the file describes; what the text
 * does not say is noted.  Returns 0, or -errno after one error line that starts with `where`.
 */
int workload_expand_stacks(struct words *stacks, const char *where);

/* Command-line options replace the statements of the file, list by list.  Steals the words. */
void workload_override(struct workload *workload, struct workload *by_hand);

/*
 * Checks that every stack and filesystem parses and every pattern matches a metric; filesystems are
 * replaced by their canonical text.  Returns 0, or -EINVAL after one error line with a hint.
 */
int workload_check(struct workload *workload);

/* Checks filesystems, replaces each by its canonical text and drops repetitions.  Returns 0,
 * -ENOMEM, or -EINVAL after one error line. */
int workload_check_filesystems(struct words *filesystems);

/* The mkfs command of each filesystem (fs_mkfs_command()), for the context of a run. */
json_t *workload_mkfs(const struct workload *workload);

/*
 * Builds and checks the workload of a `daxdm bench-here` command line (--workload, --stack, --fs,
 * --bench; other words are ignored), which for `daxdm emulate` may have --cell (the text of one of
 * `cells`), and checks that all stacks fit on two namespaces of span_bytes plus one window each.
 * Returns 0, or -EINVAL after one error line.
 */
int workload_of_words(int n, char *const words[], uint64_t span_bytes, struct workload *out);

/* Whether the workload selects a variant of the benchmark. */
bool workload_wants_bench(const struct workload *workload, const struct bench *bench);

#endif

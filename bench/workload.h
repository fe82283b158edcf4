/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A workload says what to measure: stacks x filesystems x metrics.  Its file has one statement
 * per line, words separated by blanks, `#` begins a comment:
 *
 *	stack raw linear:1 linear:16
 *	fs    ext4 xfs
 *	bench fault.read.* fault.write.*
 */
#ifndef DAXDM_WORKLOAD_H
#define DAXDM_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct words {
	char **list;
	size_t n;
};

struct workload {
	struct words stacks, filesystems, benches;
};

/* Adds a copy of a word.  Returns 0 or -ENOMEM. */
int words_add(struct words *words, const char *word, size_t len);
/* The same for a word that is not there yet; one that is changes nothing. */
int words_add_new(struct words *words, const char *word, size_t len);
void words_free(struct words *words);

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

/* Whether a pattern is about "fault.read.warm.pte": it is a glob over the whole name, or a
 * benchmark's bare name, which means all its variants. */
bool workload_matches(const char *pattern, const char *bench, const char *variant);
/* Whether one of the workload's patterns is. */
bool workload_wants(const struct workload *workload, const char *bench, const char *variant);

/*
 * The workload that the words of a `daxdm bench` command line ask for (--workload, --stack, --fs,
 * --bench; other words are left out), checked, and whether all stacks fit on two namespaces of
 * span_bytes plus one window each.  Returns 0, or -EINVAL after one error line.
 */
int workload_of_words(int n, char *const words[], uint64_t span_bytes, struct workload *out);

void workload_free(struct workload *workload);

#endif

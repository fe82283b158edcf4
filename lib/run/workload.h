/* SPDX-License-Identifier: GPL-2.0-only */
/* A workload selects what is measured: stacks x filesystems x metrics. */
#ifndef DAXDM_WORKLOAD_H
#define DAXDM_WORKLOAD_H

#include "lib/base/words.h"

#include <jansson.h>
#include <stdbool.h>

struct workload {
	struct words stacks, filesystems;
	struct words benches; /* patterns */
	/* If there are any, only these of stacks x filesystems x patterns (workload_add_cell()). */
	struct words cells;
};

/* Returns 0 or -ENOMEM. */
int workload_add_cell(struct workload *workload, const char *stack, const char *fs,
		      const char *pattern);
/* Whether a pattern of the workload is measured on a stack with a filesystem.  The stack is a name,
 * or NAME=TABLES.  A cell of filesystem "" is measured on each. */
bool workload_wants_cell(const struct workload *workload, const char *stack, const char *fs,
			 const char *pattern);

/* Whether a pattern matches "fault.read.warm.pte": it is a glob over the whole name, or the name of
 * a benchmark, which matches all its variants. */
bool workload_matches(const char *pattern, const char *bench, const char *variant);
/* Whether one of the workload's patterns matches. */
bool workload_wants(const struct workload *workload, const char *bench, const char *variant);

/* Writes the names of the stacks into a context, as "stacks", and the tables of those that have
 * some, as "stack_tables": NAME=TABLES is what --stack takes. */
void workload_set_stacks(const struct workload *workload, json_t *context);

/* The names of stacks that have tables in the context of a run become NAME=TABLES.  Returns 0 or
 * -ENOMEM. */
int workload_restore_tables(struct words *stacks, const json_t *context);

void workload_free(struct workload *workload);

#endif

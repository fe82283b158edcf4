/* SPDX-License-Identifier: GPL-2.0-only */
/* A workload selects what is measured: stacks x filesystems x metrics. */
#ifndef DAXDM_WORKLOAD_H
#define DAXDM_WORKLOAD_H

#include "lib/base/words.h"

#include <stdbool.h>

struct workload {
	struct words stacks, filesystems;
	struct words benches; /* patterns */
};

/* Whether a pattern matches "fault.read.warm.pte": it is a glob over the whole name, or the name of
 * a benchmark, which matches all its variants. */
bool workload_matches(const char *pattern, const char *bench, const char *variant);
/* Whether one of the workload's patterns matches. */
bool workload_wants(const struct workload *workload, const char *bench, const char *variant);

void workload_free(struct workload *workload);

#endif

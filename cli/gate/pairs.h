/* SPDX-License-Identifier: GPL-2.0-only */
/* What gate-selftest --full compares, as data. */
#ifndef DAXDM_GATE_PAIRS_H
#define DAXDM_GATE_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

/* A run that one or more pairs need.  All are of one kernel. */
struct gate_run {
	const char *name;
	const char *modules; /* a variant of emu/modules.sh; NULL: the kernel's own modules */
	unsigned int seed;   /* 0: 1 */
	bool reversed;	     /* the workload's stacks in the opposite order */
	bool other_build;    /* another build of daxdm measures */
	bool longer;	     /* the initramfs has another size */
	/* Instead of those of the workload, words separated by spaces; NULL: the workload's. */
	const char *stacks, *benches, *filesystems;
};

/* What of a row of a comparison a cost is expected in: a member of a step of its JSON. */
struct gate_cost {
	const char *metric;   /* id */
	const char *quantity; /* metric, mean, slow_end */
	double least, most;   /* instructions */
};

enum { GATE_COSTS_MAX = 4 };

struct gate_pair {
	const char *name;
	const char *base, *new; /* names of runs */
	const char *stacks;	/* compare --stacks, or NULL */
	const char *only;	/* extended glob of the metric ids that may be worse; NULL: none */
	struct gate_cost costs[GATE_COSTS_MAX]; /* none: a pair without a difference */
};

extern const struct gate_run gate_runs[];
extern const struct gate_pair gate_pairs[];

/* The run of that name, which must be in the table. */
const struct gate_run *gate_run_find(const char *name);

/* Whether the pair has a planted cost. */
bool gate_is_planted(const struct gate_pair *pair);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Comparability of two runs: facts of the context that must be equal, and facts of the kernels that
 * may differ. */
#ifndef DAXDM_COMPARABILITY_H
#define DAXDM_COMPARABILITY_H

#include "lib/run/run.h"

enum comparability_rule {
	COMPARABILITY_SAMPLES = 1, /* samples of one kernel, to the last */
	COMPARABILITY_KERNELS = 2, /* numbers of several kernels */
	COMPARABILITY_CHECKS = 4,  /* verdicts of several kernels */
	/* What moves numbers as another initial state does: builds of daxdm and seeds.  Numbers of
	 * runs that differ in them are comparable within their ranges over states. */
	COMPARABILITY_STATES = 8,
};

/* Called per fact that differs; a missing fact is "(none)". */
typedef void comparability_say(void *arg, const char *name, const char *a, const char *b);

/* Returns the number of facts that must be equal and are not. */
size_t comparability_check(const struct run_context *a, const struct run_context *b,
			   enum comparability_rule rule, comparability_say *say, void *arg);

/* Prints "not comparable: NAME: A | B" for each; for comparability_check(). */
void comparability_print(void *arg, const char *name, const char *a, const char *b);

/* The facts of two kernels that may differ: release, package, settings, mitigations, modules. */
size_t comparability_kernels(const struct run_context *a, const struct run_context *b,
			     comparability_say *say, void *arg);

/* The selection: stacks, filesystems, metrics.  A difference makes rows vanish, or shifts a cold
 * fault a little, because the kernel has done other work before. */
size_t comparability_sweeps(const struct run_context *a, const struct run_context *b,
			    comparability_say *say, void *arg);

#endif

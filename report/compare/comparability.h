/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether two runs can be compared: facts of their contexts that must be the same, and facts of
 * their kernels that may differ. */
#ifndef DAXDM_COMPARABILITY_H
#define DAXDM_COMPARABILITY_H

#include "lib/run/run.h"

/* What is compared says what has to be the same. */
enum comparability_rule {
	COMPARABILITY_SAMPLES = 1, /* samples of one kernel, to the last */
	COMPARABILITY_KERNELS = 2, /* numbers of several kernels */
	COMPARABILITY_CHECKS = 4,  /* verdicts of several kernels */
};

/* Called for each fact that differs; what a run does not say is "(none)". */
typedef void comparability_say(void *arg, const char *name, const char *a, const char *b);

/* Returns how many facts differ that have to be the same. */
size_t comparability_check(const struct run_context *a, const struct run_context *b,
			   enum comparability_rule rule, comparability_say *say, void *arg);

/* Prints "not comparable: NAME: A | B" for each; for comparability_check(). */
void comparability_print(void *arg, const char *name, const char *a, const char *b);

/* The facts of two kernels that may differ: release, package, settings, mitigations, modules. */
size_t comparability_kernels(const struct run_context *a, const struct run_context *b,
			     comparability_say *say, void *arg);

/* What was asked for: stacks, filesystems, metrics.  What differs makes rows vanish, or moves a
 * cold fault a little, by what the kernel has done before. */
size_t comparability_sweeps(const struct run_context *a, const struct run_context *b,
			    comparability_say *say, void *arg);

#endif

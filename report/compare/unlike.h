/* SPDX-License-Identifier: GPL-2.0-only */
/* What makes two runs unlike: facts of their contexts that have to be the same, and facts of their
 * kernels that may differ, and explain much. */
#ifndef DAXDM_UNLIKE_H
#define DAXDM_UNLIKE_H

#include "lib/run/run.h"

/* What is compared says what has to be the same. */
enum unlike_rule {
	UNLIKE_SAMPLES = 1, /* samples of one kernel, to the last */
	UNLIKE_KERNELS = 2, /* numbers of several kernels */
	UNLIKE_CHECKS = 4,  /* verdicts of several kernels */
};

/* Called for each fact that differs; what a run does not say is "(none)". */
typedef void unlike_say(void *arg, const char *name, const char *a, const char *b);

/* Returns how many facts differ that have to be the same. */
size_t unlike(const struct run_context *a, const struct run_context *b, enum unlike_rule rule,
	      unlike_say *say, void *arg);

/* Prints "not comparable: NAME: A | B" for each; for unlike(). */
void unlike_print(void *arg, const char *name, const char *a, const char *b);

/* The facts of two kernels that may differ: release, package, settings, mitigations, modules. */
size_t unlike_kernels(const struct run_context *a, const struct run_context *b, unlike_say *say,
		      void *arg);

/* What was asked for: stacks, filesystems, metrics.  What differs makes rows vanish, or moves a
 * cold fault a little, by what the kernel has done before. */
size_t unlike_sweeps(const struct run_context *a, const struct run_context *b, unlike_say *say,
		     void *arg);

#endif

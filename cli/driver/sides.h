/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sides of a comparison, a run or several of each: runs that the user names, or kernels that
 * are measured if no suitable run exists, by themselves or with modules of the user's own.  As in
 * cli/driver/measure.h errors end the process.
 */
#ifndef DAXDM_SIDES_H
#define DAXDM_SIDES_H

#include "cli/driver/measure.h"
#include "report/compare/compare.h"

struct sides {
	/* What is asked for. */
	struct measurement asked; /* of kernels that have to be measured */
	struct target target;
	struct words trees, base_modules;
	int64_t states; /* sides_find() replaces 0 by the default */
	bool no_checks, explain, anew;
	/* What sides_find() makes of it. */
	size_t n;
	char **runs; /* as compare_read_side() takes them */
	/* Whether a kernel or module of the user's own is compared with another: its quick checks
	 * are, too. */
	bool own;
	char *kernels[2], *checks[2]; /* of the sides then; checks: runs of them, or NULL */
};

/* Finds the run of each operand and of each build tree, and measures kernels that have none; one
 * kernel with a module is both sides.  sides_free() frees the runs. */
void sides_find(struct sides *s, int n, char *const operands[]);
void sides_free(struct sides *s);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attributes the instructions of two samples to functions, side by side.  Pure.
 *
 * Functions of both sides match by name without compiler suffixes; the module may differ.  Inlined
 * code counts for its caller.
 */
#ifndef DAXDM_ATTRIBUTE_H
#define DAXDM_ATTRIBUTE_H

#include "report/explain/profile.h"
#include "report/explain/symtab.h"

#include <stdbool.h>

enum side { BASE, NEW, N_SIDES };

struct function {
	const char *name;
	const char *module[N_SIDES]; /* NULL: that side did not run it */
	int64_t insns[N_SIDES];	     /* its own */
	int64_t calls[N_SIDES];	     /* number of calls */
	/* The sum over all samples of the record. */
	int64_t all_insns[N_SIDES];
};

/* A function in a call chain.  Frame 0 is the program. */
struct frame {
	size_t function;
	size_t parent, first, next; /* frames; 0: none */
	unsigned int depth;	    /* of the program 0 */
	int64_t insns[N_SIDES];	    /* its own */
	int64_t total[N_SIDES];	    /* with callees; attribution_sum() */
};

struct attribution {
	struct function *functions;
	struct frame *frames;
	size_t n_functions, n_frames;
	int64_t program[N_SIDES];     /* instructions in user space, the meter's own too */
	int64_t all_program[N_SIDES]; /* over all samples of the record */
};

/* Adds the typical sample to one side, once, and before all others.  Names belong to tab.  Returns
 * 0 or -ENOMEM; *a begins as zeroes and needs attribution_free(). */
int attribution_add(struct attribution *a, enum side side, const struct profile *profile,
		    const struct profile_path *path, struct symtab *tab);

/* Adds what `times` samples of the record ran, to all_insns alone; after
 * attribution_add() of that side and before attribution_sum().  Returns 0 or -ENOMEM. */
int attribution_add_all(struct attribution *a, enum side side, const struct profile *profile,
			const struct profile_path *path, int64_t times, struct symtab *tab);

/*
 * After both sides: adds a function for user space less the overhead of the meter, unless that is
 * 0.  overhead_all: over all samples.  Returns 0 or -ENOMEM.
 */
int attribution_add_program(struct attribution *a, const int64_t *overhead,
			    const int64_t *overhead_all);

/* Last: sums the frames and sorts the functions by absolute change, then by cost. */
void attribution_sum(struct attribution *a);

/*
 * The same frames aligned for functions inlined on one side only: a function of both sides hangs
 * from its nearest caller of both sides.  After attribution_sum().  *out needs attribution_free().
 * Returns 0 or -ENOMEM.
 */
int attribution_align(const struct attribution *a, struct attribution *out);

/* All functions of one side. */
int64_t attribution_total(const struct attribution *a, enum side side);

int64_t function_change(const struct function *f);

/* The module, on the new side if it has it there. */
const char *function_module(const struct function *f);

void attribution_free(struct attribution *a);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernels against each other: the runs of each side by side, metric by metric, and what became of
 * each from one kernel to the next.  cli/compare_*.c show it.
 *
 * The dm tax is what a stack adds to raw in the same boot.  It is compared by itself: where a
 * kernel became slower as a whole it stands, and where device-mapper did it moves.
 */
#ifndef DAXDM_COMPARE_H
#define DAXDM_COMPARE_H

#include "lib/run/run.h"
#include "lib/run/workload.h"
#include "report/compare/change.h"
#include "report/compare/threshold.h"

#include <stdio.h>

enum { SIDES_MAX = 32 };

/* The runs of one kernel. */
struct side {
	struct run *runs;
	size_t n_runs;
	char label[64]; /* the kernel's release, or the run's name if two sides are of one kernel */
	const char *name; /* as the user wrote it */
};

struct cell {
	const struct run_record *rec; /* of the first run that has it, or NULL */
	struct quantity metric, tax;  /* tax.n == 0: the stack is raw, or raw was not measured */
};

struct step {
	struct change metric, tax;
	const char *why;   /* it vanished: what the run says of it; "" if it says nothing */
	bool same_samples; /* to the last one, in order; of one run each */
};

struct row {
	const struct run_record *rec; /* of the first side that has it */
	double threshold, tax_threshold;
	struct cell *cells; /* one for each side */
	struct step
		*steps; /* steps[i] is from side i to side i + 1; the last is from first to last */
};

struct counts {
	size_t kind[CHANGE_KINDS]; /* of metrics */
	size_t tax[CHANGE_KINDS];
	size_t same_samples, other_samples; /* of equal medians */
	size_t raw, raw_equal;		    /* rows of raw, and those of them that are equal */
	size_t too_few;
};

struct comparison {
	struct side sides[SIDES_MAX];
	size_t n_sides;
	size_t n_steps; /* n_sides - 1 */
	struct row *rows;
	size_t n_rows;
	struct thresholds thresholds;
	/* Two stacks instead of one: of the last side the records of stack_new are taken for stack
	 * stack_base.  NULL: each is compared with itself. */
	char *stack_base, *stack_new;
	struct workload only; /* rows of these alone; an empty list chooses nothing out */
	const char *unit;     /* of the first record */
	bool time;	      /* the meter */
	bool forced; /* the runs differ in more than the kernel and were compared all the same */
};

/* Reads a side: "A" or "A,B,C", the runs of one kernel, which must be complete.  Returns 0, or
 * -errno after one error line. */
int compare_read_side(struct side *side, const char *names);
/* Says what differs besides the kernel.  Returns STATUS_GOOD, or STATUS_NOT_COMPARABLE after one
 * error line; force: runs of one kind are compared all the same, and c->forced is set. */
int compare_refuse(struct comparison *c, bool force);
/* Names each side by its kernel, or by its run if two sides are of one kernel. */
void compare_label_sides(struct comparison *c);

/*
 * Makes the rows of the sides' runs.  Returns 0 or -ENOMEM.  *c needs comparison_free() in any
 * case.
 */
int comparison_build(struct comparison *c);
void comparison_free(struct comparison *c);

/* What the changes of one step come to; step n_steps is that from the first side to the last. */
struct counts comparison_count(const struct comparison *c, size_t step);

/* STATUS_FAILED if a step between two neighbours fails, else STATUS_GOOD. */
int comparison_status(const struct comparison *c);

/* Whether anything is to be said of the row: one of its steps is no "=". */
bool row_moved(const struct comparison *c, const struct row *row);

/* The row of that metric id, or NULL. */
const struct row *comparison_find(const struct comparison *c, const char *id);

/* Whether the sweep of a run asked for what REC is. */
bool sweep_asked(const struct run *run, const struct run_record *rec, const char *stack);

#endif

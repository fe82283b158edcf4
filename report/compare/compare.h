/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compares the runs of several kernels metric by metric, from one kernel to the next.
 *
 * DM overhead is stack minus raw in the same run.  It is compared separately: a kernel that is
 * slower as a whole leaves it unchanged, a slower device-mapper changes it.
 */
#ifndef DAXDM_COMPARE_H
#define DAXDM_COMPARE_H

#include "lib/run/run.h"
#include "lib/run/workload.h"
#include "report/compare/change.h"
#include "report/compare/threshold.h"

#include <stdio.h>

enum { SIDES_MAX = 512 };

/* Of more kernels only some are shown in full: report/compare/series.h. */
enum { COMPARE_COLUMNS_MAX = 60 };

/* The runs of one kernel.  With meter insn each run is of an initial state of it. */
struct side {
	struct run *runs;
	size_t n_runs;
	size_t *first_of_state; /* for each run the first one of the same state, seed and build */
	char label[64]; /* the kernel's release, or the run's name if two sides are of one kernel */
	const char *name; /* as the user wrote it */
};

struct cell {
	const struct run_record *rec; /* of the first run that has it, or NULL */
	/* tax.n == 0: the stack is raw, or raw was not measured. */
	struct quantity metric, tax;
	struct quantity mean, slow;  /* the mean in hundredths of the unit; p90 */
	uint64_t states, tax_states; /* bit N: state N was measured */
};

struct step {
	struct change metric, tax;
	/* For the worse only, else CHANGE_ABSENT.  Of one state of each kernel they are
	 * CHANGE_UNSURE, and CHANGE_ABSENT if the median is worse. */
	struct change mean, slow;
	const char *why;     /* it vanished: the reason given by the run, or "" */
	char lost_work[128]; /* work that makes data durable is no longer done; else "" */
	bool same_samples;   /* in order; of one run each */
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
	size_t too_few;
	size_t lost_work;
	/* Of metrics, DM overheads, means and slow ends: */
	size_t flagged, confirmed, varies, unsure, one_state;
	size_t as_measured; /* judged by comparison_judge_as_measured() */
	size_t states;	    /* of each kernel, at most */
	double chance;	    /* of a confirmed one, at most; 0: there is none */
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
	struct workload only; /* only these rows; an empty list selects all */
	const char *unit;     /* of the first record */
	bool time;	      /* the meter */
	bool forced;	      /* --force: the runs differ in more than the kernel */
	/* NULL, or the kernels of which the sides are those that are shown. */
	const struct series *series;
	bool *other_seed_or_build; /* private: of the sides of each step */
};

/* Reads a side: "A" or "A,B,C", the runs of one kernel, which must be complete, and their further
 * initial states (lib/run/run_states.h) as far as they are complete.  Returns 0, or -errno after
 * one error line. */
int compare_read_side(struct side *side, const char *names);
/* Adds the run in directory DIR.  Returns the same. */
int compare_add_run(struct side *side, const char *dir);
/* The same with its further initial states. */
int compare_add_states(struct side *side, const char *dir);
/* Prints every difference but the kernel.  Returns STATUS_GOOD, or STATUS_NOT_COMPARABLE after one
 * error line; force: runs of one kind are compared anyway, and c->forced is set. */
int compare_refuse(struct comparison *c, bool force);
/* Names each side by its kernel, or by its run if two sides are of one kernel. */
void compare_label_sides(struct comparison *c);
/* The name of one; alone: no other side is of its kernel. */
void compare_label(const struct side *side, bool alone, char *label, size_t size);

/*
 * Makes the rows of the sides' runs.  Returns 0 or -ENOMEM.  *c needs comparison_free() in any
 * case.
 */
int comparison_build(struct comparison *c);
/*
 * For runs that are compared as they are: differences that are CHANGE_UNSURE for want of states
 * become CHANGE_REGRESSED or CHANGE_IMPROVED, unconfirmed, as those of one state of each kernel
 * are.  Those that CHANGE_STATES_MAX states could not confirm either, or of which enough states
 * were measured, stay CHANGE_UNSURE.
 */
void comparison_judge_as_measured(struct comparison *c);
/* The rows alone, so that they can be made again. */
void comparison_free_rows(struct comparison *c);
void comparison_free(struct comparison *c);
/* Frees its runs and empties it. */
void compare_free_side(struct side *side);

/* Whether more states could confirm one of the step's changes; tax: of its DM overhead. */
bool compare_is_undecided(const struct step *step, bool tax);

/* Counts of one step; step n_steps is from the first side to the last. */
struct counts comparison_count(const struct comparison *c, size_t step);

/* Whether the median is worse by the threshold or more: mean and slow end are no news. */
bool compare_median_is_worse(const struct step *step);
/* Whether the comparison fails by it, and its verdict in words. */
bool compare_step_fails(const struct step *step);
const char *compare_step_verdict(const struct step *step);

/* STATUS_FAILED if a step between two neighbours fails, else STATUS_GOOD. */
int comparison_status(const struct comparison *c);

/* Whether one of the steps of the row is not "=". */
bool compare_row_changed(const struct comparison *c, const struct row *row);

/* The row of that metric id, or NULL. */
const struct row *comparison_find(const struct comparison *c, const char *id);

/* Whether the run requested the metric of REC. */
bool compare_was_requested(const struct run *run, const struct run_record *rec, const char *stack);

#endif

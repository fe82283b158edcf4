/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run over the initial states that it was measured in (lib/run/run_states.h): each number is the
 * median over the states and has a range.  What reports, plots and findings print is made of it.
 *
 * A difference or a ratio of two records is computed in each state from two records of one run; its
 * median and range are of these.
 */
#ifndef DAXDM_OVER_STATES_H
#define DAXDM_OVER_STATES_H

#include "lib/run/run.h"
#include "report/table/quantity.h"

struct over_states {
	const struct run **runs; /* state 1 and the further ones */
	unsigned int *state;	 /* of each run; ascending */
	size_t n_runs;
	size_t n_states; /* that a record was measured in, at most */
	bool unequal;	 /* some records were measured in fewer states */
	/*
	 * Of each record: n, p10, median, mean, p90 and p99 are medians over the states, min and
	 * max are of all states; values are the samples of all states, so that they may be more
	 * than n.  Whole numbers in proofs and in the values of observations are medians, too.  All
	 * else is of state 1.
	 */
	struct run run;
	/* Private: */
	struct run *read;
	struct run_over *over;
	const struct run_record **records;
	json_t *made;
};

/*
 * Adds the further states of FIRST, as far as they are complete and of the same kernel, build of
 * daxdm and seed.
 * FIRST must live as long as *o.  Without further states o->run equals *first and n_states is 1.
 * Returns 0 or -ENOMEM; *o needs over_states_free() in either case.
 */
int over_states_read(const struct run *first, struct over_states *o);
/* The same of runs that were read; state: of each, ascending. */
int over_states_build(const struct run *const *runs, const unsigned int *state, size_t n,
		      struct over_states *o);
void over_states_free(struct over_states *o);

/* "3 initial states", "up to 5 initial states"; "" of one state. */
const char *over_states_words(const struct over_states *o, char *buf, size_t size);

/* A field of the record over its states: offsetof(struct run_record, p90); of type int64_t. */
struct quantity over_states_of(const struct run_record *rec, size_t field);
/* A field of A minus that of B. */
struct quantity over_states_minus(const struct run_record *a, const struct run_record *b,
				  size_t field);

#define over_states_median(rec) over_states_of(rec, offsetof(struct run_record, median))
/* Of medians: DM overhead, if b is of raw. */
#define over_states_difference(a, b) over_states_minus(a, b, offsetof(struct run_record, median))

struct real_range {
	double median, least, most;
};

struct real_range over_states_mean(const struct run_record *rec);
/* The median of A divided by that of B; 0 where one of them is not above 0. */
struct real_range over_states_ratio(const struct run_record *a, const struct run_record *b);

#endif

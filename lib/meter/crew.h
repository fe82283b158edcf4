/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A crew: workers that are made beforehand, each on a processor of its own, and then do the same
 * work at the same time, round by round.  As threads they share one address space, and with it
 * mmap_lock; as processes they do not: what differs between the two is what sharing costs.
 *
 * Nothing is created, mapped or allocated while a round runs (a page fault that sleeps holds
 * mmap_lock, and who wants it for writing would wait for it).  The one who let them start sleeps
 * meanwhile.
 */
#ifndef DAXDM_CREW_H
#define DAXDM_CREW_H

#include <stdint.h>

enum { CREW_MAX = 64, CREW_WHY_BYTES = 192 };

enum crew_kind { CREW_THREADS, CREW_PROCESSES };

/* What one worker did in one round. */
struct crew_share {
	int64_t begin_ns, end_ns; /* CLOCK_MONOTONIC */
	uint64_t done;		  /* what run() returned */
	uint64_t faults;	  /* page faults it took meanwhile */
};

struct crew_work {
	/* All three get the worker's number.  Before the round begins, beside the others; may be
	 * NULL. */
	void (*before)(void *arg, unsigned int worker);
	/* The work; returns how many operations it was. */
	uint64_t (*run)(void *arg, unsigned int worker);
	/* After the round, one worker after the other; says what is wrong in why, if anything.  May
	 * be NULL. */
	void (*prove)(void *arg, unsigned int worker, char why[CREW_WHY_BYTES]);
	void *arg;
};

struct crew;

/* The processors that this process may run on. */
unsigned int crew_processors(void);

/*
 * Makes n workers, which wait.  Threads and processes that begin later are not theirs.  Returns 0,
 * -EINVAL for none or more than CREW_MAX, or -errno.  *out needs crew_end() in either case.
 */
int crew_make(struct crew **out, enum crew_kind kind, unsigned int n, const struct crew_work *work);

/*
 * One round.  Returns 0 with what each did in share[0..n) and the first complaint of prove() in why
 * ("" if there is none), -ECHILD if a worker died, or -ETIMEDOUT if they did not end within
 * limit_s; the crew can then only be ended.
 */
int crew_round(struct crew *crew, unsigned int limit_s, struct crew_share *share,
	       char why[CREW_WHY_BYTES]);

/* Ends all and waits for them; not for threads that did not come back from a round: those end with
 * the process.  NULL: nothing. */
void crew_end(struct crew *crew);

/* Operations per second: all that was done, from the first begin to the last end.  0 if no time
 * passed.  Pure. */
int64_t crew_rate(const struct crew_share *share, unsigned int n);

/* How much of that time all of them worked, in percent; 0 if they never did.  Pure. */
int crew_overlap_percent(const struct crew_share *share, unsigned int n);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Workers that are made beforehand, each on a processor of its own, and then do the same
 * work at the same time, round by round.  As threads they share one address space, and with it
 * mmap_lock; as processes they do not: what differs between the two is what sharing costs.
 *
 * Nothing is created, mapped or allocated while a round runs (a page fault that sleeps holds
 * mmap_lock, and who wants it for writing would wait for it).  The one who let them start sleeps
 * meanwhile.
 */
#ifndef DAXDM_WORKER_POOL_H
#define DAXDM_WORKER_POOL_H

#include <stdint.h>

enum { WORKER_POOL_MAX = 64, WORKER_POOL_WHY_BYTES = 192 };

enum worker_pool_kind { WORKER_POOL_THREADS, WORKER_POOL_PROCESSES };

/* What one worker did in one round. */
struct worker_pool_share {
	int64_t begin_ns, end_ns; /* CLOCK_MONOTONIC */
	uint64_t done;		  /* what run() returned */
	uint64_t faults;	  /* page faults it took meanwhile */
};

struct worker_pool_work {
	/* All three get the worker's number.  Before the round begins, beside the others; may be
	 * NULL. */
	void (*before)(void *arg, unsigned int worker);
	/* The work; returns how many operations it was. */
	uint64_t (*run)(void *arg, unsigned int worker);
	/* After the round, one worker after the other; says what is wrong in why, if anything.  May
	 * be NULL. */
	void (*prove)(void *arg, unsigned int worker, char why[WORKER_POOL_WHY_BYTES]);
	void *arg;
};

struct worker_pool;

/* The processors that this process may run on. */
unsigned int worker_pool_processors(void);

/*
 * Makes n workers, which wait.  Threads and processes that begin later are not theirs.  Returns 0,
 * -EINVAL for none or more than WORKER_POOL_MAX, or -errno.  *out needs worker_pool_end() in
 * either case.
 */
int worker_pool_make(struct worker_pool **out, enum worker_pool_kind kind, unsigned int n,
		     const struct worker_pool_work *work);

/*
 * One round.  Returns 0 with what each did in share[0..n) and the first complaint of prove() in why
 * ("" if there is none), -ECHILD if a worker died, or -ETIMEDOUT if they did not end within
 * limit_s; the pool can then only be ended.
 */
int worker_pool_round(struct worker_pool *pool, unsigned int limit_s,
		      struct worker_pool_share *share, char why[WORKER_POOL_WHY_BYTES]);

/* Ends all and waits for them; not for threads that did not come back from a round: those end with
 * the process.  NULL: nothing. */
void worker_pool_end(struct worker_pool *pool);

/* Operations per second: all that was done, from the first begin to the last end.  0 if no time
 * passed.  Pure. */
int64_t worker_pool_rate(const struct worker_pool_share *share, unsigned int n);

/* How much of that time all of them worked, in percent; 0 if they never did.  Pure. */
int worker_pool_overlap_percent(const struct worker_pool_share *share, unsigned int n);

#endif

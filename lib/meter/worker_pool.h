/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Workers that are created in advance, each bound to a processor, and then do the same work
 * concurrently, round by round.  Threads share one address space and its mmap_lock; processes do
 * not: the difference between the two is the cost of sharing.
 *
 * Nothing is created, mapped or allocated while a round runs (a page fault that sleeps holds
 * mmap_lock, and writers would wait for it).  The thread that starts the round sleeps meanwhile.
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
	uint64_t faults;	  /* page faults during run() */
};

struct worker_pool_work {
	/* All three get the worker's number.  Called before the round, concurrently with other
	 * workers; may be NULL. */
	void (*before)(void *arg, unsigned int worker);
	/* The work; returns the number of operations. */
	uint64_t (*run)(void *arg, unsigned int worker);
	/* Called after the round, one worker at a time; reports a failure in why.  May be NULL. */
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
 * Runs one round.  Returns 0 with the result of each worker in share[0..n) and the first failure of
 * prove() in why ("" if there is none), -ECHILD if a worker died, or -ETIMEDOUT if the round
 * exceeded limit_s; the pool can then only be ended.
 */
int worker_pool_round(struct worker_pool *pool, unsigned int limit_s,
		      struct worker_pool_share *share, char why[WORKER_POOL_WHY_BYTES]);

/* Ends all workers and waits for them, except for threads stuck in a round: those end with the
 * process.  NULL is allowed. */
void worker_pool_end(struct worker_pool *pool);

/* Operations per second of all workers, from the first begin to the last end.  0 if no time passed.
 * Pure. */
int64_t worker_pool_rate(const struct worker_pool_share *share, unsigned int n);

/* The share of that time in which all workers ran, in percent; 0 if they never did.  Pure. */
int worker_pool_overlap_percent(const struct worker_pool_share *share, unsigned int n);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks that do one thing after another when they are told, each with a mapping of its own of the
 * same file: what they had touched before stays with them.  Any of it may block in the kernel, or
 * never end: the check only looks on.
 */
#ifndef DAXDM_WORKER_H
#define DAXDM_WORKER_H

#include "check/check.h"
#include "check/live.h"

enum { WORK_BYTES = PAGE_BYTES };

/* One access. */
struct work {
	uint64_t offset_bytes; /* in the file: of a page */
	size_t len;	       /* at most WORK_BYTES unless the access says otherwise */
	uint32_t generation;
	int rc;			  /* 0 or -errno */
	struct check_touch touch; /* of accesses through the mapping */
	char bytes[WORK_BYTES];	  /* what was read */
};

/* Runs in the task, on a copy of live. */
typedef void work_fn(struct live *live, struct work *work);

work_fn work_load;	   /* bytes through the mapping */
work_fn work_store;	   /* stamps of the generation through the mapping */
work_fn work_read;	   /* pread() */
work_fn work_read_direct;  /* with O_DIRECT */
work_fn work_write;	   /* pwrite() of stamps */
work_fn work_write_direct; /* with O_DIRECT */
work_fn work_bio_read;	   /* the DM device, O_DIRECT, where the first extent of the page is */
work_fn work_bio_write;
work_fn work_create;   /* a new file, named after the offset */
work_fn work_truncate; /* that file, 1 KiB longer */
work_fn work_fsync;
work_fn work_msync;    /* the page */
work_fn work_dontneed; /* MADV_DONTNEED of the page */
work_fn work_remap;    /* munmap() of all, mmap() anew */

enum work_state {
	WORK_DONE,
	WORK_WAITS, /* asleep in the kernel for 0.2 s, or still so at the limit */
	WORK_SPINS, /* it faults for ever: thousands of page faults in one access */
	WORK_RUNS,  /* still at it at the limit */
	WORK_DIED,  /* without an answer */
};

struct worker_shared;
struct worker {
	struct check_task task;
	struct worker_shared *shared;
	enum work_state state;	 /* by workers_settle() and workers_finish() */
	unsigned long faults_at; /* its page faults when it was asked */
};

/* A page of the file for each worker, so far apart that no two accesses meet in one block of
 * anything: its offset in bytes. */
uint64_t work_page(unsigned int i);

/* Start n tasks.  Return 0, or -errno after check_broken(). */
int workers_start(struct check_env *env, struct worker *workers, unsigned int n,
		  const struct live *live);

/* Asks an idle worker to do it.  Returns at once. */
void worker_ask(struct worker *worker, work_fn *fn, uint64_t offset_bytes, size_t len,
		uint32_t generation);

/* Until each of the workers is done, dead, spins, is asleep for 0.2 s, or the limit is over. */
void workers_settle(struct worker *workers, unsigned int n, unsigned int limit_ms);

/* Until each is done, dead or spins, or the limit is over.  Returns true if all are done. */
bool workers_finish(struct worker *workers, unsigned int n, unsigned int limit_ms);

/* Asks and waits 5 s.  Returns true if done; else check_broken() has said what. */
bool worker_do(struct check_env *env, struct worker *worker, const char *what, work_fn *fn,
	       uint64_t offset_bytes, size_t len, uint32_t generation);

/* The answer of a worker that is done. */
const struct work *worker_work(const struct worker *worker);

/* "done", "waits", "spins", "runs", "dies", or what came instead: "EIO", "SIGBUS". */
const char *worker_outcome(const struct worker *worker, char text[32]);

/* Ends them, by force where they do not listen.  Returns true if all are gone. */
bool workers_end(struct worker *workers, unsigned int n);

#endif

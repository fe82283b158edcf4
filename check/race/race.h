/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes that load from and store into one file while another process changes the device or the
 * file.  The state is in memory that all of them share.
 */
#ifndef DAXDM_RACE_H
#define DAXDM_RACE_H

#include "check/fixture/nd_driver.h"
#include "check/fixture/testbed.h"

enum {
	RACE_BYTES = 2 * WINDOW_BYTES,
	RACE_PAGES = RACE_BYTES / PAGE_BYTES,
	RACE_WORKERS = 2,
	RACE_OWN = 300, /* pages of each worker, one after the other: nobody else stores there */
	/* The first page that all use.  Each byte from there on is the one that the file had at
	 * first or, where blocks are taken from the file, zero. */
	RACE_COMMON = RACE_WORKERS * RACE_OWN,
	RACE_GONE_PAGES = 8,
	RACE_OTHER_FILE = TESTBED_FILE + 1,
	RACE_WHY = 200,
};

enum race_change {
	RACE_SUSPEND,  /* the device is suspended and resumed, in all modes */
	RACE_RELOAD,   /* its table is replaced by another one for the same bytes, in all modes */
	RACE_TRUNCATE, /* the common pages are cut off; the file is made longer again */
	RACE_PUNCH,    /* holes are punched into them */
	RACE_GONE,     /* their blocks are freed by holes and truncation, and nobody writes there
			* until the workers have looked */
	RACE_REUSE,    /* they are cut off, and another file gets their blocks */
	RACE_FSYNC,    /* fsync(2) and msync(2) */
	RACE_DROP,     /* the last page is cut off, often, while workers drop their page tables */
	RACE_UNBIND,   /* the pmem driver is unbound; the file is not mapped */
	/* The same while the driver takes long to translate, and the workers only read: at any time
	 * somebody is in its direct_access(). */
	RACE_UNBIND_SLOW,
};

struct race_case {
	const char *fs;
	enum race_change change;
	bool small_pages;
	const char *table; /* NULL: TESTBED_LINEAR */
};

/* Whether the device is gone afterwards, so that nothing may be mapped. */
static inline bool race_unbinds(const struct race_case *how)
{
	return how->change == RACE_UNBIND || how->change == RACE_UNBIND_SLOW;
}

struct race_worker {
	uint64_t seed;
	volatile uint64_t accesses;
	uint32_t generation[RACE_OWN];
	volatile uint64_t looked; /* RACE_GONE: race.gone when it looked last */
	int error;	    /* 0, or -errno of the first system call that failed by the unbind */
	char why[RACE_WHY]; /* what was wrong; the worker has stopped then */
};

struct race {
	const struct race_case *how;
	struct testbed *bed;
	struct graph other; /* the same bytes by another table */
	int other_fd;	    /* RACE_REUSE: the file that gets the blocks */
	/* RACE_GONE: the first of the RACE_GONE_PAGES whose blocks are freed, and how often that
	 * was done. */
	volatile uint64_t gone_page, gone;
	volatile bool truncated; /* by truncation, else by a hole */
	struct nd_driver driver;
	volatile bool stop, unbinding, unbound;
	uint64_t changes_wanted;
	uint64_t changes, reused; /* how often; of these, with blocks of the first file */
	char why[RACE_WHY];	  /* what went wrong in the process that changes something */
	struct race_worker workers[RACE_WORKERS];
};

struct race_worker_arg {
	struct race *race;
	unsigned int number;
};

/* Accesses until race->stop, or until something is wrong.  arg is a struct race_worker_arg.
 * Returns 0. */
int race_worker_main(void *arg);

/* Before the race; returns 0 or -errno. */
int race_prepare_change(struct race *race);

/* Makes race->changes_wanted changes, of RACE_UNBIND one; fewer after race->stop, or if something
 * is wrong.  arg is a struct race.  Returns 0. */
int race_change_main(void *arg);

/* Keeps the first of the sentences. */
void race_wrong(char why[RACE_WHY], const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

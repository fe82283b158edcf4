/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations of a writer whose power is cut.  Operation n is a function of the seed and n: who
 * knows how many were acknowledged knows what each file must hold.  The writer makes an operation
 * durable and acknowledges it before it begins the next one, so that at a cut one operation at most
 * is under way.
 */
#ifndef DAXDM_OPERATIONS_H
#define DAXDM_OPERATIONS_H

#include "check/check.h"

/* How a page of the way's own file is written and made durable. */
enum operations_way {
	OPERATIONS_MAP_SYNC,   /* stores through MAP_SYNC, the process flushes the CPU cache */
	OPERATIONS_MSYNC,      /* stores, msync(2) */
	OPERATIONS_FSYNC,      /* stores, fsync(2) */
	OPERATIONS_DSYNC,      /* pwrite(2), O_DSYNC */
	OPERATIONS_FDATASYNC,  /* pwrite(2), fdatasync(2) */
	OPERATIONS_DIRECT,     /* pwrite(2), O_DIRECT, fdatasync(2) */
	OPERATIONS_RENAME,     /* a new file, fsync(2), takes the name of the old one; fsync(2) of
				* the directory */
	OPERATIONS_STORE,      /* stores: nothing makes them durable */
	OPERATIONS_STORE_SYNC, /* stores through MAP_SYNC: nothing flushes the CPU cache */
	OPERATIONS_WAYS,
};

#define OPERATIONS_DURABLE_BIO                                                      \
	(1U << OPERATIONS_MSYNC | 1U << OPERATIONS_FSYNC | 1U << OPERATIONS_DSYNC | \
	 1U << OPERATIONS_FDATASYNC | 1U << OPERATIONS_DIRECT | 1U << OPERATIONS_RENAME)
#define OPERATIONS_DURABLE (OPERATIONS_DURABLE_BIO | 1U << OPERATIONS_MAP_SYNC)

enum { OPERATIONS_SLOTS = 16, OPERATIONS_FILE_BYTES = OPERATIONS_SLOTS * PAGE_BYTES };

struct operations {
	uint64_t seed;
	unsigned int ways; /* bits */
	/* NULL, or called with what the process itself flushes, before it does so. */
	void (*flushes)(void *arg, const volatile char *bytes, size_t len, uint64_t file_offset);
	void *arg;
	char directory[256];
	struct {
		int fd;
		char *map;
	} files[OPERATIONS_WAYS];
	int directory_fd;
	char *page; /* what is written; shared, so that its mapping can be dropped */
};

struct operation {
	enum operations_way way;
	unsigned int slot;
};

/* Operation n, from 1.  Pure. */
struct operation operations_nth(uint64_t seed, unsigned int ways, uint64_t n);

/* Makes the files, with a hole for each page, and makes that durable.  Returns 0 or -errno. */
int operations_make_files(struct operations *o);

/* Opens and maps them.  Returns 0 or -errno; operations_close() in either case. */
int operations_open(struct operations *o);
void operations_close(struct operations *o);

/* Does operation n; if n is odd, the kernel must fault in the page that it writes from.  When it
 * returns 0, the operation is durable (but for OPERATIONS_STORE*).  Returns 0 or -errno. */
int operations_do(struct operations *o, uint64_t n);

/*
 * Whether the files hold operations 1 to `acked`, of acked + 1 all, nothing or a part, and nothing
 * else.  when comes first in the message.  Returns true, or false after check_fail().
 */
bool operations_hold(struct check_env *env, const struct operations *o, uint64_t acked,
		     const char *when);

/* How many pages do not hold their last acknowledged operation.  Returns that or -errno. */
int operations_lost(const struct operations *o, uint64_t acked);

#endif

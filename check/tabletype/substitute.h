/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables in which targets without memory, or devices without DAX, replace DAX memory.
 */
#ifndef DAXDM_SUBSTITUTE_H
#define DAXDM_SUBSTITUTE_H

#include "check/check.h"
#include "check/fixture/testbed.h"

enum substitute_kind {
	SUBSTITUTE_ZERO,
	SUBSTITUTE_ERROR,
	SUBSTITUTE_RAW,
	SUBSTITUTE_SECTOR,
	SUBSTITUTE_BRD,
	SUBSTITUTE_LOOP,
	SUBSTITUTE_FLAKEY, /* over the second fsdax namespace */
};

struct substitute_arg {
	const char *fs;
	enum substitute_kind instead;
	bool lower; /* the swapped device lies below the one that is mounted */
};

enum {
	SUBSTITUTE_FILE_BYTES = 2 * WINDOW_BYTES,
	/* The part of a table that becomes something else; every other member is larger. */
	SUBSTITUTE_TAIL_SECTORS = 4 * WINDOW_BYTES / SECTOR_BYTES,
};

struct substitute {
	char what[80]; /* of a table line, behind its length */
	int loop_fd;
};

/* Returns true, or false after check_broken(); substitute_drop() it. */
bool substitute_find(struct check_env *env, enum substitute_kind instead, struct substitute *out);
void substitute_drop(struct substitute *s);

/* The table of a device of one segment in which [from, from + len), in sectors, is something else.
 * To be freed; NULL if there is no memory. */
char *substitute_table(const struct graph *g, unsigned int device, const char *what, uint64_t from,
		       uint64_t len);

/* The same of the tail of the device that the filesystem is on. */
char *substitute_tail(const struct testbed *bed, const char *what);

/* Swaps without a freeze: a filesystem that is thawed over errors would write there.  Returns 0 or
 * -errno. */
int substitute_swap(const char *name, const char *table);

/* A device that began as a substitute and then got the table of the graph.  Returns true, or false
 * after a complaint; testbed_close() and substitute_drop() in either case. */
bool substitute_upgrade(struct check_env *env, struct testbed *bed,
			const struct substitute_arg *arg, struct substitute *begin);

/* Of 0 or -errno: "accepted", "EINVAL". */
const char *substitute_outcome(int rc);

#endif

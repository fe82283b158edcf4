/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two members that hold the same filesystem with different bytes in its one file, and a device that
 * is swapped from one to the other: each byte that a path shows tells which member it came from,
 * and each byte that a member holds tells who wrote there, whatever the kernel believes.
 */
#ifndef DAXDM_PAIR_H
#define DAXDM_PAIR_H

#include "check/check.h"
#include "check/fixture/testbed.h"

enum {
	PAIR_FILE_BYTES = 2 * WINDOW_BYTES,
	/* Where the device begins on its members; not the same, so that they cannot be mixed up. */
	PAIR_OLD_SECTORS = 2 * WINDOW_BYTES / SECTOR_BYTES,
	PAIR_NEW_SECTORS = 5 * WINDOW_BYTES / SECTOR_BYTES,
};

/* Generations of the file's stamps; it is made with 1. */
enum {
	BEFORE = 2, /* stored before the swap */
	AFTER = 3,  /* stored after it */
	NEW = 9,    /* of the new member */
};

struct pair_arg {
	const char *fs;
	unsigned int flags; /* of the suspend that a swap needs */
};

/* The device before and after; bed.graph is what it is now. */
struct pair {
	struct testbed bed;
	struct graph old, new;
	uint64_t moved_bytes, moved_len_bytes; /* of the device: what the swap takes elsewhere */
};

/* A device on the first of two fsdax namespaces, in use.  Returns true, or false after a
 * complaint; pair_close() in either case. */
bool pair_open(struct check_env *env, struct pair *pair, const struct pair_arg *arg);
void pair_close(struct check_env *env, struct pair *pair);

/* Suspends, makes the second member, swaps the tables, resumes.  Returns true, or false after
 * check_broken(). */
bool pair_swap(struct check_env *env, struct pair *pair, unsigned int flags);

/* Whether a page of the file on one member, pair->old or pair->new, holds that generation.  what
 * begins the sentence of a failure. */
bool pair_holds(struct check_env *env, const struct pair *pair, const struct graph *member,
		const char *what, uint64_t offset_bytes, uint32_t generation);

#endif

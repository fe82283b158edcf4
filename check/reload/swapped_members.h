/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two members that hold the same filesystem with different bytes in its one file, and a device
 * whose table is swapped from one to the other.  Each byte that is read identifies the member it
 * came from, and each byte of a member identifies its writer.
 */
#ifndef DAXDM_SWAPPED_MEMBERS_H
#define DAXDM_SWAPPED_MEMBERS_H

#include "check/check.h"
#include "check/fixture/testbed.h"
#include "check/fixture/worker.h"

enum {
	SWAPPED_FILE_BYTES = 2 * WINDOW_BYTES,
	SWAPPED_WINDOWS = 8, /* of a file that is mapped by PMDs */
	/* Where the device begins on its members; not the same, so that they cannot be mixed up. */
	SWAPPED_OLD_SECTORS = 2 * WINDOW_BYTES / SECTOR_BYTES,
	SWAPPED_NEW_SECTORS = 5 * WINDOW_BYTES / SECTOR_BYTES,
};

/* Generations of the file's stamps; it is made with 1. */
enum {
	SWAPPED_BEFORE = 2, /* stored before the swap */
	SWAPPED_AFTER = 3,  /* stored after it */
	SWAPPED_NEW = 9,    /* of the new member */
};

struct swapped_members_arg {
	const char *fs;
	unsigned int flags; /* of the suspend that a swap needs */
	bool huge;	    /* PMDs map the file, of SWAPPED_WINDOWS; else PTEs */
};

/* The device before and after; bed.graph is what it is now. */
struct swapped_members {
	struct testbed bed;
	struct graph old, new;
	uint64_t moved_bytes, moved_len_bytes; /* of the device: what the swap takes elsewhere */
};

/* A device on the first of two fsdax namespaces, in use.  Returns true, or false after a
 * complaint; swapped_members_close() in either case. */
bool swapped_members_open(struct check_env *env, struct swapped_members *swap,
			  const struct swapped_members_arg *arg);
void swapped_members_close(struct check_env *env, struct swapped_members *swap);

/* The offset of a page of the file for each of SWAPPED_WINDOWS accesses, in bytes: of pages of
 * their own, and of windows of their own where PMDs map the file. */
uint64_t swapped_members_page(const struct swapped_members *swap, unsigned int i);

/* An access before the swap, of generation SWAPPED_BEFORE; where PMDs map the file, with proof
 * that one maps its window now.  Returns true, or false after a complaint. */
bool swapped_members_touch(struct check_env *env, const struct swapped_members *swap,
			   struct worker *worker, work_fn *fn, uint64_t offset_bytes);

/* Suspends, makes the second member, swaps the tables, resumes.  Returns true, or false after
 * check_broken(). */
bool swapped_members_swap(struct check_env *env, struct swapped_members *swap, unsigned int flags);

/* Whether a page of the file on one member, swap->old or swap->new, holds that generation.  what
 * begins the sentence of a failure. */
bool swapped_members_hold(struct check_env *env, const struct swapped_members *swap,
			  const struct graph *member, const char *what, uint64_t offset_bytes,
			  uint32_t generation);

#endif

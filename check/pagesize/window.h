/* SPDX-License-Identifier: GPL-2.0-only */
/* One 2 MiB window of the testbed's file: its extents, its mapping and its bytes. */
#ifndef DAXDM_WINDOW_H
#define DAXDM_WINDOW_H

#include "check/fixture/testbed.h"

enum {
	WINDOW_COUNT = 8, /* of the file */
	WINDOW_FILE_BYTES = WINDOW_COUNT * WINDOW_BYTES,
	WINDOW_AT = 2 * WINDOW_BYTES, /* the window that the checks change */
	WINDOW_MIB = 1 << 20,
};

/* Of two segments: the table of most of the checks. */
#define WINDOW_LINEAR "2x $/2 linear A +0"

/* Of what window_is_pmd() returns: "pmd", "pte", "unknown". */
const char *window_size_name(int pmd);

/* Stores into two pages of a window the values that they have, after dropping it from the page
 * tables: one fault for all pages, or one for each.  Returns 1 (PMD), 0, or -errno. */
int window_store_to_pmd(volatile char *window, const uint64_t at[2], const char values[2]);

/* The same for the first and the last page of a window of the file. */
int window_store_is_pmd(const struct testbed *bed, uint64_t window);

/* Whether the filesystem laid all windows out so that only the stack decides; else false after
 * check_broken(). */
bool window_all_laid_out(struct check_env *env, const struct testbed *bed);

/* Opens a testbed whose window WINDOW_AT is mapped by a PMD now.  Returns true, or false after a
 * complaint, with nothing left behind. */
bool window_open_pmd(struct check_env *env, const char *table, const char *fs, struct testbed *bed);

/* Whether [from, from + len) of the mapping reads as zeroes; what begins the message.
 * false after check_fail(). */
bool window_is_zero(struct check_env *env, const struct testbed *bed, uint64_t from, uint64_t len,
		    const char *what);

/* Whether [from, to) of the mapping has the stamps that the file was made with: check_bytes(). */
bool window_is_stamped(struct check_env *env, const struct testbed *bed, const char *path,
		       uint64_t from, uint64_t to);

#endif

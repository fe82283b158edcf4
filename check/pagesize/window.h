/* SPDX-License-Identifier: GPL-2.0-only */
/* One window of a scene's file: how it is laid out, mapped, and what is in it. */
#ifndef DAXDM_WINDOW_H
#define DAXDM_WINDOW_H

#include "check/fixture/shape.h"

enum {
	WINDOWS = 8, /* of the file */
	SIZE_FILE_BYTES = WINDOWS * WINDOW_BYTES,
	AT = 2 * WINDOW_BYTES, /* the window that things happen to */
	MIB = 1 << 20,
};

/* Of two segments: what most of the checks stand on. */
extern const struct shape window_linear;

/* Of what window_is_pmd() returns: "pmd", "pte", "unknown". */
const char *size_name(int pmd);

/* How many of the window's pages are mapped, by pagemap; or -EIO. */
int pages_present(const volatile char *window);

/* Stores into two pages of a window the values that they have, after dropping it from the page
 * tables: one fault for all pages, or one for each.  Returns 1 (PMD), 0, or -errno. */
int store_is_pmd(volatile char *window, const uint64_t at[2], const char values[2]);

/* The same for the first and the last page of a window of a scene. */
int window_store_is_pmd(const struct scene *scene, uint64_t window);

/* Whether the filesystem laid all windows out so that only the stack decides; else false after
 * check_broken(). */
bool laid_out(struct check_env *env, const struct scene *scene, const struct extents *extents);

/* Opens a scene whose window AT is mapped by a PMD now.  Returns true, or false after a complaint,
 * with nothing left behind. */
bool open_with_pmd(struct check_env *env, const struct shape *shape, const char *fs,
		   struct scene *scene);

/* Whether [from, from + len) of the mapping reads as zeroes; what begins the sentence of a failure.
 * false after check_fail(). */
bool all_zero(struct check_env *env, const struct scene *scene, uint64_t from, uint64_t len,
	      const char *what);

/* Whether [from, to) of the mapping has the stamps that the file was made with: check_bytes(). */
bool is_stamped(struct check_env *env, const struct scene *scene, const char *path, uint64_t from,
		uint64_t to);

#endif

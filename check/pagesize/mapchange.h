/* SPDX-License-Identifier: GPL-2.0-only */
/* A mapping by PMDs that changes: mremap(2), munmap(2), mprotect(2), fork(2), MAP_PRIVATE. */
#ifndef DAXDM_MAPCHANGE_H
#define DAXDM_MAPCHANGE_H

#include "check/check.h"

/* Run functions; but for the first, arg does not count. */

/* mremap(2) to addresses that are congruent to the file mod 2 MiB, or, unless *(const bool *)arg, a
 * page more. */
void mapchange_moved(struct check_env *env, const void *arg);

/* Mappings that begin and end inside windows: those two are not covered. */
void mapchange_edges(struct check_env *env, const void *arg);

/* One page of a PMD becomes read-only; the whole mapping becomes so, and writable again. */
void mapchange_protect_page(struct check_env *env, const void *arg);
void mapchange_protect_all(struct check_env *env, const void *arg);

void mapchange_forked(struct check_env *env, const void *arg);

/* A store into a private mapping copies one page and leaves the file as it is. */
void mapchange_private(struct check_env *env, const void *arg);

#endif

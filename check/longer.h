/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zeroing through DAX: dax_zero_page_range() is reached from user space by a file that gets longer
 * over whole blocks that it has already.  xfs allocates that many at once where it is told so.
 */
#ifndef DAXDM_LONGER_H
#define DAXDM_LONGER_H

#include "check/check.h"

enum { LONGER_BYTES = 16 * PAGE_BYTES };

/*
 * A file on xfs of one page, with that content, and written blocks for LONGER_BYTES; its extents go
 * to out (extents_free()).  It has to be kept open: xfs gives blocks behind the end back when it is
 * closed.  Returns the descriptor or -errno (-ENODATA: the blocks are not there).
 */
int longer_make(const char *path, const void *page, struct extents *out);

/* A run function; arg is a const struct site_spec (check/site.h), its fs is xfs. */
void longer(struct check_env *env, const void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Temporary directories build/vm-PID-NAME of a run, and the files in them. */
#ifndef DAXDM_SCRATCH_H
#define DAXDM_SCRATCH_H

#include <stdbool.h>
#include <stdint.h>

/* Removes build/vm-PID-* of processes that no longer exist. */
void scratch_sweep(void);

/* Makes build/vm-PID-NAME-N, with another N for each call.  path gets the absolute path (PATH_MAX
 * bytes).  Returns 0 or -errno after one error line. */
int scratch_make(const char *name, char *path);

/* mkdir -p.  Returns 0 or -errno. */
int scratch_make_dirs(const char *path);

/* Copies a file into an empty one; holes and blocks of zeroes become holes.  Returns 0 or -errno,
 * with a part of it copied. */
int scratch_copy_sparse(int from, int to);

/* Creates a sparse file of that size without a name, in memory or in the filesystem of dir.
 * Returns its descriptor or -errno. */
int scratch_unnamed_file(const char *dir, bool in_memory, int64_t bytes);

/* For -ENOSPC and -EDQUOT "disk full" and what to do, else strerror(). */
const char *scratch_write_error(int rc);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Directories that must not stay: build/vm-PID-NAME of a run, and what copies into and out of them.
 */
#ifndef DAXDM_SCRATCH_H
#define DAXDM_SCRATCH_H

#include <stdbool.h>
#include <stdint.h>

/* Removes build/vm-PID-* of processes that are gone (killed with SIGKILL, say). */
void scratch_sweep(void);

/*
 * Makes build/vm-PID-NAME-N, N new for each call, and puts its absolute path in path (PATH_MAX
 * bytes).  Returns 0 or -errno after one error line.
 */
int scratch_make(const char *name, char *path);

/* mkdir -p.  Returns 0 or -errno. */
int make_dirs(const char *path);

/*
 * Copies a file over an empty one; its holes, and its blocks of zeroes, become holes.  Returns 0 or
 * -errno (a part of the copy may be left).
 */
int copy_sparse(int from, int to);

/*
 * An empty file, all hole, of that size, that no one else sees and that is gone when it is closed:
 * in memory, or on the disk of dir.  Returns its descriptor or -errno.
 */
int nameless_file(const char *dir, bool in_memory, int64_t bytes);

/* "disk full" and what to do for -ENOSPC, else strerror. */
const char *why_not_written(int rc);

#endif

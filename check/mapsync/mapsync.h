/* SPDX-License-Identifier: GPL-2.0-only */
/* mmap(MAP_SYNC) of the first window of a file, and the cache flush that its user does instead of
 * fsync(2). */
#ifndef DAXDM_MAPSYNC_H
#define DAXDM_MAPSYNC_H

#include "check/check.h"

enum { MAPSYNC_FILE_BYTES = 2 * WINDOW_BYTES };

/* mmap(MAP_SYNC) of the first window of a file.  Returns 0 with *out, or -errno. */
int mapsync_map(int fd, char **out);

/* Drops such a mapping; does nothing for NULL. */
void mapsync_drop(char *p);

/* Verifies that mmap(MAP_SYNC) of a file succeeds if granted, else fails, and that the area has
 * synchronous faults.  what: of the messages, "a file on WHAT".  Returns true with the mapping, if
 * there is one, in *out; or false after check_fail(). */
bool mapsync_judge(struct check_env *env, int fd, bool granted, const char *what, char **out);

/* Whether the area at an address is one of synchronous faults.  Returns 1, 0 or -errno.
 * Source: Documentation/filesystems/proc.rst, VmFlags "sf". */
int mapsync_area_is_sync(const void *at);

/* Writes the dirty cache lines back, as a process does instead of fsync(2). */
void mapsync_flush_cpu(const volatile char *p, size_t len);

/*
 * A new struct dax_device may reuse the memory of one that was removed, with its flags:
 * sync.inherited verifies that.  The other checks keep a device that grants MAP_SYNC wrongly, so
 * that its memory is not reused, and make another one, at most MAPSYNC_TRIES times.
 */
enum { MAPSYNC_TRIES = 10 };

#endif

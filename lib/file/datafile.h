/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file that benchmarks access: as large as the filesystem allows, written in a number of 2 MiB
 * windows spread over the whole device, a hole everywhere else.  Each window is in one extent, 2
 * MiB aligned on the device, so that only the stack decides whether a PMD may map it.  If the
 * layout of the filesystem is not daxdm's, the windows are spread over the file wherever they are
 * on the device: how many of them a PMD may map is what is measured.
 */
#ifndef DAXDM_DATAFILE_H
#define DAXDM_DATAFILE_H

#include "lib/file/extents.h"
#include "lib/file/fs.h"

#include <stdbool.h>

enum { DATAFILE_WINDOWS_MAX = 256, DATAFILE_WINDOWS_MIN = 4 };

struct datafile {
	int fd;		     /* -1: closed */
	bool any_layout;     /* windows may be anywhere on the device */
	uint64_t room_bytes; /* at most, of the device that the file is on */
	uint64_t bytes;
	struct extents extents;			/* once made */
	uint64_t windows[DATAFILE_WINDOWS_MAX]; /* offsets in the file, ascending */
	unsigned int n_windows;
};

/* Opens (creates) the file in a mounted filesystem; again after a remount.  Returns 0 or -errno. */
int datafile_open(struct datafile *file, const struct fs *fs);
void datafile_close(struct datafile *file);

/*
 * Lays the open file out with n windows (fewer if the filesystem has fewer such ranges), writes
 * and syncs them.  Returns 0, -ENOSPC for fewer than DATAFILE_WINDOWS_MIN, or -errno.
 */
int datafile_make(struct datafile *file, unsigned int n);

/* Makes a file without holes of the written windows, one after the other, and syncs it.  Returns 0
 * or -errno. */
int datafile_close_gaps(struct datafile *file);

/* The contents of the first eight bytes of each written page. */
uint64_t datafile_stamp(uint64_t offset_bytes);

#endif

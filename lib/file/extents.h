/* SPDX-License-Identifier: GPL-2.0-only */
/* The extents of a file, and the page frames that must back them. */
#ifndef DAXDM_EXTENTS_H
#define DAXDM_EXTENTS_H

#include "lib/base/bytes.h"
#include "lib/dev/graph.h"
#include "lib/dev/graph_map.h"

#include <stddef.h>
#include <stdint.h>

struct extent {
	uint64_t logical_bytes;	 /* in the file */
	uint64_t physical_bytes; /* on the mounted device */
	uint64_t len_bytes;
	bool unwritten;
};

struct extents {
	struct extent *list; /* by logical offset; neighbours that touch are merged */
	size_t n;
	uint64_t shared_bytes; /* with other files, or with other parts of this one: reflink */
};

/* The extents of a file; call fsync(2) first, because of delayed allocation.  Returns 0 or
 * -errno; free with extents_free().  Source: FIEMAP, Documentation/filesystems/fiemap.rst. */
int extents_read(int fd, struct extents *out);
/* The same, but does not make the kernel write the file back: -EUCLEAN if blocks of it are not
 * allocated yet. */
int extents_read_allocated(int fd, struct extents *out);
void extents_free(struct extents *extents);

/*
 * Allocates nearly all free space of the filesystem to an empty file, at most most_bytes; nothing
 * is written.  Returns 0 and the length, a multiple of the block size, or
 * -errno.
 */
int extents_fallocate_all(int fd, uint64_t most_bytes, uint64_t *len_bytes);

/* The extent that holds a file offset, or NULL for a hole. */
const struct extent *extents_find(const struct extents *extents, uint64_t logical_bytes);

/*
 * Whether the filesystem allocated this 2 MiB window of the file so that a PMD could map it on a
 * raw namespace: one extent, 2 MiB aligned on the device.  Pure.
 */
bool extents_window_is_huge_on_fs(const struct extents *extents, uint64_t window_offset_bytes);

/*
 * Whether the kernel may map this window with a PMD through the tables below: as above, and the
 * 2 MiB are contiguous and 2 MiB aligned in memory.  Pure.
 */
bool extents_window_is_huge(const struct extents *extents, struct backing backing,
			    uint64_t window_offset_bytes);

/*
 * The page frame that must back a file offset: extent + tables + the namespace's data start.
 * Pure.  Returns 0, -ENOENT for a hole, or what graph_backing_address() gave.
 */
int extents_pfn(const struct extents *extents, struct backing backing, uint64_t offset_bytes,
		uint64_t *pfn);

/* Maps the bytes of a file; holes are left out.  Returns as graph_map_append(). */
int extents_map(const struct extents *extents, struct backing backing, struct graph_map *out);

#endif

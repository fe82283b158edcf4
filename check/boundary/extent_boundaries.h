/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boundaries within a file: where what is contiguous in the file is not so below.  A file that
 * fills its filesystem has pages on both sides of the ends of segments, stripes, members and the
 * device; around some of them every byte is known, and read through each path.
 */
#ifndef DAXDM_EXTENT_BOUNDARIES_H
#define DAXDM_EXTENT_BOUNDARIES_H

#include "check/fixture/testbed.h"

enum {
	EXTENT_BOUNDARY_SIDE = 4 * PAGE_BYTES,
	EXTENT_BOUNDARY_BYTES = 2 * EXTENT_BOUNDARY_SIDE,
	EXTENT_BOUNDARIES_MAX = 8,
};

/* A boundary, and the bytes around it that a check may change; offsets in the file.  At the end of
 * the device no bytes follow it. */
struct extent_boundary {
	uint64_t begin_bytes, at_bytes, end_bytes;
};

struct extent_boundaries {
	struct check_env *env;
	struct testbed bed;
	int below_fds[GRAPH_DEVICES_MAX]; /* of namespaces, O_DIRECT; else -1 */
	struct extent_boundary list[EXTENT_BOUNDARIES_MAX];
	unsigned int n;
	/* The generation expected of each byte around the boundary under test; 0: zero. */
	uint8_t generation[EXTENT_BOUNDARY_BYTES];
	uint8_t last; /* the latest of them */
};

/* A testbed with a file that is unwritten and as large as there is room, and some of its boundaries
 * in list, at least so many (and the end of the device, if wanted).  Returns true, or false after
 * check_broken(); extent_boundaries_close() in either case. */
bool extent_boundaries_open(struct check_env *env, struct extent_boundaries *e, const char *table,
			    const char *fs, unsigned int boundaries, bool device_end);
void extent_boundaries_close(struct extent_boundaries *e);

/* Writes all bytes around a boundary with a new generation.  Returns 0, or -errno after
 * check_fail(). */
int extent_boundary_fill(struct extent_boundaries *e, const struct extent_boundary *boundary);

/* Whether the boundary is still one: a hole that is filled again may get other blocks. */
bool extent_boundary_is_there(const struct extent_boundaries *e,
			      const struct extent_boundary *boundary);

/* From now on these bytes must be of a new generation, which bytes[0..len) gets; or zero, with
 * bytes NULL. */
void extent_boundary_expect(struct extent_boundaries *e, const struct extent_boundary *boundary,
			    uint64_t offset_bytes, size_t len, char *bytes);

/*
 * Whether each path reads the expected bytes around a boundary: mapping, read(2), and for written
 * blocks also bios of the device and of the namespaces.  after: the last operation, for messages.
 * false after check_fail().
 */
bool extent_boundary_look(struct extent_boundaries *e, const struct extent_boundary *boundary,
			  const char *after);

/* The same through the mapping or read(2) alone, of part of it. */
bool extent_boundary_look_mapped(struct extent_boundaries *e,
				 const struct extent_boundary *boundary, uint64_t offset_bytes,
				 size_t len, const char *after);
bool extent_boundary_look_read(struct extent_boundaries *e, const struct extent_boundary *boundary,
			       uint64_t offset_bytes, size_t len, const char *after);

/* Writes the blocks around a boundary with stamps of that generation by bios of the device: what an
 * unwritten block holds must never be seen.  Returns 0, or -errno after check_broken(). */
int extent_boundary_write_stale(struct extent_boundaries *e, const struct extent_boundary *boundary,
				uint32_t generation);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Borders within a file: where what is next to each other in the file is not so below.  A file that
 * fills its filesystem has pages on both sides of segments', stripes', members' and the device's
 * ends; around some of them every byte is known, and looked at through each path.
 */
#ifndef DAXDM_EDGE_H
#define DAXDM_EDGE_H

#include "check/check.h"

enum {
	EDGE_FILE = 1, /* file_id of the stamps */
	EDGE_SIDE = 4 * PAGE_BYTES,
	EDGE_BYTES = 2 * EDGE_SIDE,
	EDGES_MAX = 8,
};

/* A border, and the bytes around it that are a check's to play with; offsets in the file.  At the
 * end of the device nothing is behind. */
struct edge {
	uint64_t begin_bytes, at_bytes, end_bytes;
};

struct edges {
	struct check_env *env;
	struct graph graph;
	unsigned int device; /* of the graph: what the filesystem is on */
	struct check_fs fs;
	int fd, node_fd;		  /* the file; the device, O_DIRECT */
	int below_fds[GRAPH_DEVICES_MAX]; /* of namespaces, O_DIRECT; else -1 */
	uint64_t len_bytes;		  /* of the file, all of it mapped */
	struct mapping map;
	struct edge list[EDGES_MAX];
	unsigned int n;
	uint8_t generation[EDGE_BYTES]; /* that each byte around the edge under way must be of; 0:
					 * zero */
	uint8_t last;			/* the latest of them */
};

/* A device as lib/dev/sketch.h describes it, a filesystem, and a file: unwritten and as large as
 * there is room, with some of its borders in list, at least so many (and the device's end, if
 * wanted); or, with file_bytes, written with stamps of generation 1 and no list.  Returns 0, or
 * -errno after check_broken(); edges_close() in either case. */
int edges_open(struct check_env *env, struct edges *e, const char *sketch, const char *fs,
	       uint64_t file_bytes, unsigned int borders, bool device_end);
void edges_close(struct edges *e);

/* Everything around an edge is written anew, with a new generation.  Returns 0, or -errno after
 * check_fail(). */
int edge_fill(struct edges *e, const struct edge *edge);

/* Whether the border is still one: a hole that is filled again may get other blocks. */
bool edge_is_there(const struct edges *e, const struct edge *edge);

/* From now on these bytes must be of a new generation, which bytes[0..len) gets; or zero, with
 * bytes NULL. */
void edge_expect(struct edges *e, const struct edge *edge, uint64_t offset_bytes, size_t len,
		 char *bytes);

/*
 * Whether each path shows what is expected around an edge: mapping, read(2), and for what is
 * written also bios of the device and of the namespaces.  after says what was done last.  false
 * after check_fail().
 */
bool edge_look(struct edges *e, const struct edge *edge, const char *after);

/* The same through the mapping or read(2) alone, of part of it. */
bool edge_look_mapped(struct edges *e, const struct edge *edge, uint64_t offset_bytes, size_t len,
		      const char *after);
bool edge_look_read(struct edges *e, const struct edge *edge, uint64_t offset_bytes, size_t len,
		    const char *after);

/* Writes the blocks around an edge with stamps of that generation by bios of the device: what an
 * unwritten block holds must never be seen.  Returns 0, or -errno after check_broken(). */
int edge_litter(struct edges *e, const struct edge *edge, uint32_t generation);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device in use: DM device, filesystem, stamped file, mapping; and the file's bytes as each path
 * shows them.  For checks that change the device meanwhile.
 */
#ifndef DAXDM_LIVE_H
#define DAXDM_LIVE_H

#include "check/check.h"

enum { LIVE_FILE = 1 }; /* file_id of its stamps */

/* Devices of this size hold the filesystem; enough for both to be made and small enough to be made
 * for every check. */
#define LIVE_EXT4_BYTES ((uint64_t)48 << 20)
#define LIVE_XFS_BYTES ((uint64_t)304 << 20)
uint64_t live_device_bytes(const char *fs);

struct live_spec {
	const char *fs;	     /* "ext4", "xfs"; NULL: the bare device is the file */
	uint64_t file_bytes; /* a multiple of WINDOW_BYTES */
	bool huge;	     /* mapped so that PMDs are possible, else so that they are not */
	int map_flags;	     /* 0: MAP_SHARED */
};

struct live {
	struct graph graph;  /* made by the caller, freed by live_close() */
	unsigned int device; /* of the graph: what the filesystem is on */
	struct live_spec spec;
	struct check_fs fs;
	uint64_t bytes;
	int fd, direct_fd; /* of the file; O_DIRECT; -1 without filesystem */
	int node_fd;	   /* of the device, O_DIRECT */
	bool mapped;
	struct mapping map;
	struct extents extents; /* once written: on a suspended device nobody could ask */
};

const char *live_name(const struct live *live); /* of the DM device */

/* One of which nothing is there yet: live_close() may take it. */
#define LIVE_NONE                                        \
	{                                                \
		.fd = -1, .direct_fd = -1, .node_fd = -1 \
	}

/*
 * graph and device are set and real: mkfs, mount, a file of generation 1, mapped.  Without a
 * filesystem the bare device gets the stamps.  Returns 0, or -errno after check_broken();
 * live_close() in either case.
 */
int live_open(struct check_env *env, struct live *live, const struct live_spec *spec);

/* check_linear() of the size that the filesystem wants, then live_open(). */
int live_linear(struct check_env *env, struct live *live, unsigned int segments, unsigned int over,
		const struct live_spec *spec);

/* Mounts, opens, maps again what live_detach() closed.  Return 0, or -errno after
 * check_broken(). */
int live_attach(struct check_env *env, struct live *live);
int live_detach(struct check_env *env, struct live *live);

/* Resumes what is suspended, takes everything down.  A half-made one is fine. */
void live_close(struct check_env *env, struct live *live);

/* Where a byte of the file is in a namespace, by any model of the device.  Returns 0 or -errno. */
int live_place(const struct live *live, const struct graph *graph, uint64_t offset_bytes,
	       struct graph_place *out);

/* The graph with the same bytes of the device, of one segment, in two, cut there.  Returns 0 or
 * -ENOMEM; graph_clear_targets(out, live->device) in either case. */
int live_cut(const struct live *live, uint64_t cut_bytes, struct graph *out);

/* Suspends a device, loads a table, resumes.  Returns 0, or -errno of the first that failed (it is
 * resumed in any case). */
int live_change_table(const char *name, const char *table, unsigned int suspend_flags);

/* dm_device_suspend() of the device that the filesystem is on.  Returns true, or false after
 * check_broken(). */
bool live_suspend(struct check_env *env, const struct live *live, unsigned int flags);

/* Returns true, or false after check_fail(): a device that cannot be resumed is lost. */
bool live_resume(struct check_env *env, const struct live *live);

/* Reads or writes bytes of the file in the namespaces, by the bio path of those: nothing in between
 * knows of it.  Whole sectors of the namespace.  Returns 0 or -errno. */
int live_raw_read(const struct live *live, const struct graph *graph, uint64_t offset_bytes,
		  void *bytes, size_t len);
int live_raw_write(const struct live *live, const struct graph *graph, uint64_t offset_bytes,
		   const void *bytes, size_t len);
/* Stamps of that generation, the same way. */
int live_raw_stamp(const struct live *live, const struct graph *graph, uint64_t offset_bytes,
		   size_t len, uint32_t generation);

/*
 * Whether [offset, offset + len) of the file holds that generation: in the namespaces by their own
 * bio path; by the bio path of the DM device; by read(2); through the mapping; all four.  when
 * comes first in the sentence of a failure: "after the resume".  false after check_fail().
 */
bool live_raw_holds(struct check_env *env, const struct live *live, const char *when,
		    uint64_t offset_bytes, size_t len, uint32_t generation);
bool live_bio_holds(struct check_env *env, const struct live *live, const char *when,
		    uint64_t offset_bytes, size_t len, uint32_t generation);
bool live_read_holds(struct check_env *env, const struct live *live, const char *when,
		     uint64_t offset_bytes, size_t len, uint32_t generation);
bool live_map_holds(struct check_env *env, const struct live *live, const char *when,
		    uint64_t offset_bytes, size_t len, uint32_t generation);
bool live_holds(struct check_env *env, const struct live *live, const char *when,
		uint64_t offset_bytes, size_t len, uint32_t generation);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one model of a stack: a graph of devices whose tables are device-mapper's, of linear,
 * striped, zero and error targets over namespaces, partitions and other block devices.  It is
 * byte-exact.  Any other target is kept as it was written; where its bytes are is not known, but
 * for log-writes, which maps as linear does.  What writes a graph: stack.h from a short notation,
 * graph_parse.h from text by hand or of `dmsetup table`, graph_random.h at random.
 */
#ifndef DAXDM_GRAPH_H
#define DAXDM_GRAPH_H

#include "lib/dev/namespace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GRAPH_DEVICES_MAX = 24, GRAPH_STRIPES_MAX = 128 /* as LVM's */ };

enum target_type { TARGET_LINEAR, TARGET_STRIPED, TARGET_ZERO, TARGET_ERROR, TARGET_OTHER };

enum { GRAPH_TYPE_CHARS = 32, GRAPH_ARGS_CHARS = 512 };

/* A target that the model does not have.  In its arguments each `@` is one of its members, in
 * order. */
struct graph_other_target {
	char type[GRAPH_TYPE_CHARS];
	char args[GRAPH_ARGS_CHARS];
};

struct graph_member {
	unsigned int device; /* index in the graph, lower than that of the device it is part of */
	uint64_t offset_sectors;
};

struct graph_target {
	enum target_type type;
	uint64_t start_sectors; /* set by graph_add_target() */
	uint64_t len_sectors;
	uint64_t chunk_sectors;		  /* striped */
	unsigned int n_members;		  /* linear 1, striped 1.., zero and error 0 */
	struct graph_member *members;	  /* in a graph its own, copied by graph_add_target() */
	struct graph_other_target *other; /* of TARGET_OTHER, else NULL; copied like members */
};

enum graph_kind {
	GRAPH_NAMESPACE,
	GRAPH_PARTITION, /* of another device of the graph; graph_create() does not create it */
	GRAPH_OTHER,	 /* loop, brd, virtio disk: no memory to map */
	GRAPH_DM,
};

struct graph_device {
	enum graph_kind kind;
	char name[64];	  /* DM only */
	char node[128];	  /* "" until it exists */
	char numbers[32]; /* MAJOR:MINOR, "" until it exists */
	uint64_t size_sectors;
	const struct namespace *ns; /* NAMESPACE only; borrowed */
	struct graph_member on;	    /* PARTITION only */
	struct graph_target *targets;
	size_t n_targets;
};

struct graph {
	struct graph_device devices[GRAPH_DEVICES_MAX];
	unsigned int n;
};

/* Each adds a device and returns its index, or -errno (-ENOSPC: more than GRAPH_DEVICES_MAX). */
int graph_add_namespace(struct graph *g, const struct namespace *ns);
int graph_add_other(struct graph *g, const char *node); /* looks its size and numbers up */
int graph_add_partition(struct graph *g, const char *node, unsigned int on, uint64_t start_sectors,
			uint64_t len_sectors);
int graph_add_dm(struct graph *g, const char *name);

/* Appends a target after the last one of a DM device; its start is set to the end of that.  The
 * table is not checked: device-mapper does.  Returns 0 or -ENOMEM. */
int graph_add_target(struct graph *g, unsigned int device, const struct graph_target *target);
/* The same for one linear target. */
int graph_add_linear(struct graph *g, unsigned int device, uint64_t len_sectors,
		     unsigned int member, uint64_t offset_sectors);
/* Removes all targets of a DM device, to describe another table of it. */
void graph_clear_targets(struct graph *g, unsigned int device);
/* Removes n targets of a DM device, from the first on; those after them move forward. */
void graph_remove_targets(struct graph_device *d, size_t first, size_t n);

/* A copy whose DM devices do not exist yet; graph_destroy() frees it.  Returns 0, or -ENOMEM and
 * nothing to free. */
int graph_copy(const struct graph *g, struct graph *out);

/* Where a byte of a device is: a byte of a namespace, and how many bytes from there on are
 * contiguous (at least 1): to the next end of a segment, chunk, partition or device on the way
 * down, even if what follows it is adjacent. */
struct graph_place {
	const struct namespace *ns; /* NULL: not on a namespace */
	unsigned int device;	    /* the lowest device, namespace or other */
	uint64_t offset_bytes;
	uint64_t contiguous_bytes;
};

/*
 * Translates a byte of a device.  Pure.  Returns 0; -ERANGE outside the device; -EIO in an error
 * target; -ENODATA in a zero target (contiguous_bytes is set for both); -EOPNOTSUPP in a target
 * that the model does not have.  Source: dm-linear.c,
 * dm-stripe.c, Documentation/admin-guide/device-mapper/{linear,striped}.rst.
 */
int graph_resolve(const struct graph *g, unsigned int device, uint64_t byte,
		  struct graph_place *out);

/*
 * One step of graph_resolve(): place, which names a device and a byte of it, moves to the device
 * below.  passed is the target on the way; NULL in a partition.  Returns 0; 1 on a namespace or
 * another lowest device; or -errno as graph_resolve().
 */
int graph_descend(const struct graph *g, struct graph_place *place,
		  const struct graph_target **passed);

/* The target of a DM device that holds a sector, found by bisection; NULL outside the table. */
const struct graph_target *graph_find_target(const struct graph_device *d, uint64_t sector);

/* Whether the target maps its bytes to its first member, from the offset of that on: linear, and
 * log-writes.  Source: normal_map_bio(), log_writes_dax_pgoff() of dm-log-writes.c. */
bool graph_target_is_linear(const struct graph_target *t);

/* How many of its members, from the first on, hold its bytes: of log-writes not the log, which
 * needs no DAX.  Source: log_writes_iterate_devices() of dm-log-writes.c. */
unsigned int graph_target_data_members(const struct graph_target *t);

/* What a filesystem or a file is on: a device of a graph. */
struct backing {
	const struct graph *graph; /* borrowed */
	unsigned int device;
};

/*
 * The physical address of a byte of the backing device, and how many bytes from there on are
 * contiguous.  Pure.  Returns 0, what graph_resolve() gave, or -ENXIO where no memory has a fixed
 * address: loop devices, sector mode.
 */
int graph_backing_address(struct backing backing, uint64_t byte, uint64_t *address_bytes,
			  uint64_t *contiguous_bytes);

/*
 * Whether the device is on nothing but namespaces with struct pages (fsdax, virtio), all the way
 * down; no zero, error, other.  A device that uses only the direct part of another one is not
 * direct: DAX capability is a property of whole devices.  Pure.
 */
bool graph_is_direct(const struct graph *g, unsigned int device);

/*
 * Whether every page of the device, all the way down, is one whole page of one member: if a start,
 * an offset, a boundary or a chunk is within a page, that page cannot be mapped.  A last page that
 * the device cuts off does not count, nor the chunk of a single stripe.  Pure.
 */
bool graph_keeps_pages(const struct graph *g, unsigned int device);

/* The same, and every length and chunk is a multiple of a page too: no layer splits a page. */
bool graph_is_paged(const struct graph *g, unsigned int device);

/* The table of a DM device as dmsetup(8) would take it, members as MAJOR:MINOR (as nodes
 * until they exist).  A string to be freed, or NULL without memory. */
char *graph_table(const struct graph *g, unsigned int device);

/* All DM devices as `dmsetup create` commands to paste, lowest first, members by node.
 * A string to be freed, or NULL. */
char *graph_dmsetup(const struct graph *g);

/*
 * Creates every DM device that does not exist yet, lowest first.  Returns 0, or -errno of the first
 * that device-mapper refused (those below it stay; graph_destroy()); silent, see dm_last_error().
 */
int graph_create(struct graph *g);

/* Replaces the table of an existing DM device by that of the graph, as dm_device_reload(). */
int graph_reload(const struct graph *g, unsigned int device, unsigned int suspend_flags);

/*
 * Removes the DM devices, highest first, but none that is a member of one that could not be
 * removed: a second call tries those again.  A half-made graph is fine.  Returns 0 or the last
 * -errno. Frees the targets.
 */
int graph_destroy(struct graph *g);

#endif

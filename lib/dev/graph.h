/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices on devices: the byte-exact model of whatever device-mapper can build of linear, striped,
 * zero and error targets over namespaces, partitions and other block devices; and the same made
 * real.  stack.h describes the regular stacks that are measured; this is for any.
 */
#ifndef DAXDM_GRAPH_H
#define DAXDM_GRAPH_H

#include "lib/dev/namespace.h"
#include "lib/dev/stack.h"
#include "lib/file/file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GRAPH_DEVICES_MAX = 24, GRAPH_STRIPES_MAX = 8 };

enum target_type { TARGET_LINEAR, TARGET_STRIPED, TARGET_ZERO, TARGET_ERROR };

struct graph_member {
	unsigned int device; /* index in the graph, lower than that of the device it is part of */
	uint64_t offset_sectors;
};

struct graph_target {
	enum target_type type;
	uint64_t start_sectors; /* set by graph_add_target() */
	uint64_t len_sectors;
	uint64_t chunk_sectors; /* striped */
	unsigned int n_members; /* linear 1, striped 1.., else 0 */
	struct graph_member members[GRAPH_STRIPES_MAX];
};

enum graph_kind {
	GRAPH_NAMESPACE,
	GRAPH_PARTITION, /* of another device of the graph; made by the kernel, not by us */
	GRAPH_OTHER,	 /* loop, brd, virtio disk: no memory that a mapping could reach */
	GRAPH_DM,
};

struct graph_device {
	enum graph_kind kind;
	char name[64];	  /* DM only */
	char node[128];	  /* "" until it is real */
	char numbers[32]; /* MAJOR:MINOR, "" until it is real */
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

/* Each returns the index of the new device, or -errno (-ENOSPC: GRAPH_DEVICES_MAX are there). */
int graph_add_namespace(struct graph *g, const struct namespace *ns);
int graph_add_other(struct graph *g, const char *node); /* looks its size and numbers up */
int graph_add_partition(struct graph *g, const char *node, unsigned int on, uint64_t start_sectors,
			uint64_t len_sectors);
int graph_add_dm(struct graph *g, const char *name);

/* Appends a target behind the last of a DM device; start is set from what is there.  Nothing is
 * judged here: device-mapper shall.  Returns 0 or -ENOMEM. */
int graph_add_target(struct graph *g, unsigned int device, const struct graph_target *target);
/* The common one. */
int graph_add_linear(struct graph *g, unsigned int device, uint64_t len_sectors,
		     unsigned int member, uint64_t offset_sectors);
/* Takes all targets of a DM device away, to describe another table of it. */
void graph_clear_targets(struct graph *g, unsigned int device);

/* Where a byte of a device lives: a byte of a namespace, and how many bytes from there on stay
 * together (at least 1): to the next end of a segment, chunk, partition or device on the way down,
 * whether or not what follows happens to be a neighbour. */
struct graph_place {
	const struct namespace *ns; /* NULL: not on a namespace */
	unsigned int device;	    /* the lowest device, namespace or other */
	uint64_t offset_bytes;
	uint64_t contiguous_bytes;
};

/*
 * Pure.  Returns 0; -ERANGE outside the device; -EIO where an error target is; -ENODATA where a
 * zero target is (contiguous_bytes is set for both).  Source: dm-linear.c, dm-stripe.c,
 * Documentation/admin-guide/device-mapper/{linear,striped}.rst.
 */
int graph_resolve(const struct graph *g, unsigned int device, uint64_t byte,
		  struct graph_place *out);

/*
 * Whether the device stands on nothing but namespaces with struct pages (fsdax, virtio), all the
 * way down; no zero, error, other.  A device that uses only the direct half of another one is not
 * direct: capability is a property of whole devices.  Pure.
 */
bool graph_is_direct(const struct graph *g, unsigned int device);

/*
 * Whether every page of the device, all the way down, is one whole page of one member: what begins
 * or ends within a page (an odd offset, a boundary, a chunk) cannot be mapped as it is.  A last
 * page that the device cuts off does not count.  Pure.
 */
bool graph_keeps_pages(const struct graph *g, unsigned int device);

/* A device of a graph as what a filesystem stands on (struct ground of lib/file/file.h); -ENXIO
 * where no memory has a fixed place: loop devices, sector mode. */
struct graph_root {
	const struct graph *g;
	unsigned int device;
};
struct ground graph_ground(const struct graph_root *root);

/* As expected_pfn() and window_is_huge_on_stack() of lib/file/file.h, for a device of a graph. */
int graph_expected_pfn(const struct extents *extents, const struct graph *g, unsigned int device,
		       uint64_t offset_bytes, uint64_t *pfn);
bool graph_window_is_huge(const struct extents *extents, const struct graph *g, unsigned int device,
			  uint64_t window_offset_bytes);

/* The table of a DM device as dmsetup(8) would take it, members as MAJOR:MINOR (symbolic names
 * while they are not real).  A string to be freed, or NULL without memory. */
char *graph_table(const struct graph *g, unsigned int device);

/* All DM devices as `dmsetup create` lines that anyone can paste, lowest first, members by node.
 * A string to be freed, or NULL. */
char *graph_dmsetup(const struct graph *g);

/*
 * Makes every DM device that is not real yet, lowest first.  Returns 0, or -errno of the first that
 * device-mapper refused (those below it stay; graph_destroy()); silent, see dm_complaint().
 */
int graph_create(struct graph *g);

/* Removes the DM devices, highest first; a half-made graph is fine.  Returns 0 or the last -errno.
 * Frees the targets. */
int graph_destroy(struct graph *g);

#endif

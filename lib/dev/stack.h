/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stack: what lies between filesystem and namespace, as a graph (graph.h) with a short notation.
 * stack_parse() and stack_describe() are pure: spec -> layers -> graph, with no kernel and no root.
 *
 *   raw                      the namespace itself
 *   linear:16                one DM device of 16 dm-linear segments, laid out in order
 *   linear:16,shuffle        the same, the segments in another (fixed) order on the member
 *   linear:16,align=4k       the segments begin 4 KiB past a 2 MiB boundary of the member
 *   linear:8,over=2          segments alternate over two namespaces
 *   linear:8,start=1m,extent=4m    the first segment begins 1 MiB into the member, and all are
 *                            whole extents of 4 MiB long: what LVM makes, also called linear:8,lvm
 *   striped:4                one dm-stripe segment of 4 stripes, chunks of 2 MiB: the smallest
 *                            that a PMD can map.  They follow each other on one namespace
 *   striped:4,chunk=64k,over=2     stripes alternate over two namespaces; chunks too small for PMDs
 *   striped:2,over=2,lvm     LVM's: chunks of 64 KiB, stripes of whole extents from 1 MiB on
 *   linear:1/partition:start=1m    on a partition of the namespace; partition:start=1m/linear:1 is
 *                            what kpartx(8) makes of one on a DM device: dm-linear
 *   writecache/linear:4      a target that the model does not have, with the other devices that it
 *                            needs at the end of the second namespace (stack_other.h)
 *   linear:16,size=400m      of this size instead of that of the run's other stacks
 *   linear:4/linear:1        depth 2; the leftmost layer is the one the filesystem sees
 *   table:NAME-DIGEST=TABLES any graph of DM devices, in the notation of graph_parse.h, of which
 *                            NAME-DIGEST is the name: stack_text.h makes it from text of dmsetup
 *                            and LVM.  Where it is larger than the namespaces, its segments are
 *                            made shorter, see stack_scale.h
 */
#ifndef DAXDM_STACK_H
#define DAXDM_STACK_H

#include "lib/dev/graph.h"
#include "lib/dev/stack_other.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	STACK_DEPTH_MAX = 8,
	STACK_OVER_MAX = 8,
	STACK_SEGMENTS_MAX = 65536,
	STACK_STRIPES_MAX = GRAPH_STRIPES_MAX,
};

/* Every stack of a run offers the same size: this, or what the smallest namespace has room for.
 * It has room for 1024 segments of 2 MiB. */
#define STACK_SPAN_MAX_BYTES (UINT64_C(2) << 30)

struct stack_layer {
	unsigned int segments; /* linear; of a striped layer 1 */
	unsigned int stripes;  /* 0: linear */
	unsigned int over;     /* members, at least 1; more than 1 in the lowest layer only */
	bool shuffle, lvm;
	bool partition;			 /* at start_bytes: of the namespace, or dm-linear */
	const struct stack_other *other; /* a target that the model does not have, or NULL */
	uint64_t align_bytes;		 /* WINDOW_BYTES unless the spec says otherwise */
	uint64_t start_bytes;  /* where each member's first segment begins; UINT64_MAX: by align */
	uint64_t extent_bytes; /* what lengths are multiples of; 0: by align or chunk */
	uint64_t chunk_bytes;  /* striped */
};

struct stack_spec {
	char text[96];	    /* as the user wrote it; of tables their name */
	const char *tables; /* borrowed from the text that was parsed, or NULL */
	unsigned int members, segments, n_layers;
	uint64_t size_bytes;	/* 0: that of the run */
	unsigned int depth;	/* the most levels of DM devices that a byte passes */
	unsigned int depth_min; /* the fewest: of tables they may differ */
	struct stack_layer layers[STACK_DEPTH_MAX]; /* [0] is the top; raw and tables have none */
};

struct stack {
	struct stack_spec spec;
	uint64_t size_bytes; /* of what the filesystem may use */
	struct graph graph;  /* the namespaces, then one DM device per layer, lowest first */
	unsigned int device; /* the one in the graph to put a filesystem on */
	char node[128];	     /* the same, as a path */
	char note[512];	     /* how it differs from the tables as written, or "" */
};

/*
 * Reads a spec.  Returns 0, or -EINVAL with one sentence in why (column included).
 */
int stack_parse(const char *text, struct stack_spec *out, char *why, size_t why_len);

/* The number of segments of the top device; 0 for raw, 1 for striped. */
unsigned int stack_segments(const struct stack_spec *spec);

/* Whether it has a target that is in no module which every guest loads: others than linear, striped
 * and error. */
bool stack_needs_targets(const struct stack_spec *spec);

/* The number of namespaces below the stack. */
unsigned int stack_members(const struct stack_spec *spec);

/*
 * Whether the stack fits the namespaces.  Pure.  Returns 0, and in why "" or one sentence on how
 * tables are changed to fit; or with one sentence in why
 * -ENOSPC if a namespace is too small or the segments are too many, -ENODEV if more namespaces are
 * needed.
 */
int stack_fits(const struct stack_spec *spec, const struct namespace *namespaces, unsigned int n,
	       uint64_t size_bytes, char *why, size_t why_len);

/*
 * Describes the devices of spec over namespaces[0..n), which are borrowed: named daxdm-PID-LEVEL (0
 * is the lowest).  Each layer offers size_bytes (a multiple of PAGE_BYTES) to the one above.
 * Segments are as equal as whole granules of 2 MiB allow.  What a striped layer cannot divide by
 * its stripes is a second segment at the end, of one stripe.  Pure.  Returns 0, or with one
 * sentence in why as stack_fits(), or -ENOMEM; free with graph_destroy().
 */
int stack_describe(const struct stack_spec *spec, const struct namespace *namespaces,
		   unsigned int n, uint64_t size_bytes, struct stack *out, char *why,
		   size_t why_len);

/*
 * The same, and creates the devices with graph_create().  Returns 0, or -errno with one sentence in
 * why and nothing left behind: as stack_describe(), -EOPNOTSUPP if the kernel lacks a target, or
 * what device-mapper gave.
 */
int stack_create(const struct stack_spec *spec, const struct namespace *namespaces, unsigned int n,
		 uint64_t size_bytes, struct stack *out, char *why, size_t why_len);

/*
 * Removes the devices, top first; a partly created or destroyed stack is allowed.  Returns 0, or
 * -errno with one sentence in why: that device and those below it exist still, and another call
 * tries again.
 */
int stack_destroy(struct stack *stack, char *why, size_t why_len);

/* Whether every byte is on memory that can be mapped: files on the stack can be DAX. */
bool stack_is_direct(const struct stack *stack);

/* The first target of the stack that gives no DAX, by its type, or NULL. */
const char *stack_not_direct(const struct stack *stack);

/* What a file of the filesystem on the stack is backed by; borrows the stack. */
struct backing stack_backing(const struct stack *stack);

#endif

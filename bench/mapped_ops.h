/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A benchmark of single operations on a mapping of written 2 MiB windows of a DAX file, whose pages
 * are mapped (or not) before each sample: its variants name the operations, its descriptor names
 * the functions below.
 *
 * Before each sample, not timed: the windows are mapped anew, at an address that lets the kernel
 * use PMDs or only PTEs; pages are touched; the number of faults proves the page size, pagemap the
 * page frames.  After it: pagemap proves how many pages are mapped.
 *
 * Every sample is warm: the operation ran on its window before.  PTE and PMD variants use different
 * windows, because a window of whose pages one is in the DAX index cannot be mapped by a PMD.
 */
#ifndef DAXDM_MAPPED_OPS_H
#define DAXDM_MAPPED_OPS_H

#include "bench/timed_ops.h"

enum { MAPPED_OPS_WINDOWS_MAX = 4, MAPPED_OPS_MAPPERS_MAX = 16, MAPPED_OPS_POINTS_MAX = 3 };

/* The mapping of one sample. */
struct mapped_range {
	char *at;	       /* of the first window; each is WINDOW_BYTES, one after the other */
	uint64_t bytes;	       /* of all windows, or up to the end of the file */
	int fd;		       /* of the mapped file */
	uint64_t offset_bytes; /* of the first window in it */
	char *spare;	       /* an address where as much can be mapped */
	unsigned int pages;    /* touched in each window */
	uint64_t io_bytes;     /* of the plan */
	/* Another written window: in the file, and on the block node of the filesystem. */
	uint64_t other_offset_bytes, other_node_bytes;
	const char *node;
	const char *dm_name; /* "" if that is no device-mapper device */
	char *buffer;	     /* timed_ops_buffer() */
};

/* The type of variant->arg. */
struct mapped_ops_plan {
	/* The timed operation and nothing else.  Returns 0 or -errno; -EOPNOTSUPP: this kernel does
	 * not have it. */
	int64_t (*run)(const struct mapped_range *range);
	/* Not timed, after the pages were touched; may be NULL.  Returns 0 or -errno as run(). */
	int (*prepare)(const struct mapped_range *range);
	/* Not timed, after the operation, also to undo prepare(); may be NULL.  Returns 0 or
	 * -errno: the operation did not do what it should. */
	int (*verify)(const struct mapped_range *range);
	uint64_t io_bytes; /* for the operation */
	enum { MAPPED_UNTOUCHED, MAPPED_LOADED, MAPPED_STORED } pages_are;
	bool huge;	      /* PMDs */
	unsigned int pages;   /* touched in each window; PMD: 1 */
	unsigned int spread;  /* from one touched page to the next, in pages; 0: 1 */
	unsigned int windows; /* 0: 1 */
	unsigned int mappers; /* further mappings of the range, touched in the same way */
	bool private;	      /* MAP_PRIVATE; stores are to copies in anonymous memory */
	bool unmapped;	      /* the range is not mapped before the operation */
	bool scratch;	      /* on a file of one window that is written anew before each sample */
	bool sleeps;	      /* the operation waits for other threads, whose work counts */
	/* Pages mapped after it: none, those that were before, all of the range. */
	enum { MAPPED_AFTER_ANY, MAPPED_AFTER_NONE, MAPPED_AFTER_SAME, MAPPED_AFTER_ALL } after;
	/* Probes of the descriptor of which at least one hit per operation is expected, in sum;
	 * or one per page touched. */
	const char *points[MAPPED_OPS_POINTS_MAX];
	bool hit_by_page;
	const char *never; /* a probe that no operation may hit; NULL: none */
	/* Why prepare() or run() returns -EOPNOTSUPP; may be empty. */
	struct missing missing;
};

extern const enum need mapped_ops_needs[];

/* The functions of the descriptor. */
int mapped_ops_setup(struct bench_env *env, void **state);
int mapped_ops_once(struct bench_env *env, void *state, const struct variant *variant);
int mapped_ops_probe(struct bench_env *env, void *state, const struct variant *variant,
		     struct probe_set *probes);
int mapped_ops_report(struct bench_env *env, void *state, const struct variant *variant);
void mapped_ops_teardown(struct bench_env *env, void *state);

/* What the descriptors of these benchmarks have in common. */
#define MAPPED_OPS_DESCRIPTOR                                                                    \
	.better = "lower", .setup = mapped_ops_setup, .once = mapped_ops_once,                   \
	.probe = mapped_ops_probe, .report = mapped_ops_report, .teardown = mapped_ops_teardown, \
	.needs = mapped_ops_needs, .guest = BENCH_GUEST_OWN,                                     \
	.by_name_only = "it would lengthen the default sweep; workloads/mapping measures it"

#endif

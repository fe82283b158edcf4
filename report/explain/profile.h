/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the output of emu/plugin/profile.c: the basic blocks of each sample, with their call
 * chains.  Pure: independent of the kernel.
 */
#ifndef DAXDM_PROFILE_READ_H
#define DAXDM_PROFILE_READ_H

#include <stddef.h>
#include <stdint.h>

/* Where a call returns to; node 0 is the program, and its own parent. */
struct profile_node {
	uint64_t back;
	uint32_t parent;
};

struct profile_block {
	uint64_t start;
	const char *lengths; /* of each instruction, a hexadecimal digit */
};

/* A block ran its first k instructions `times` times, called by node. */
struct profile_item {
	uint32_t node, block, k;
	uint64_t times;
};

/* What a sample ran; samples that ran the same share it. */
struct profile_path {
	int64_t insns;
	struct profile_item *items;
	size_t n_items;
};

struct profile {
	struct profile_node *nodes;
	struct profile_block *blocks;
	struct profile_path *paths;
	uint32_t *samples; /* of each its path, in the order in which they were taken */
	size_t n_nodes, n_blocks, n_paths, n_samples;
	char *text; /* what the strings above point into */
	size_t text_bytes;
	size_t node_base, block_base, path_base; /* of the guest that is read */
};

/* Returns 0, or -errno with a sentence in why; *profile needs profile_free() in either case. */
int profile_read(const char *file, struct profile *profile, char *why, size_t why_size);

void profile_free(struct profile *profile);

/*
 * The n samples of a record among all: number first, first + every, ...  A cycle of several
 * operations takes a sample of each in turn.
 */
struct profile_samples {
	size_t first, every, n;
};

/*
 * Where the samples of a record are: the first n that have, less the meter's overhead, exactly that
 * digest ("fnv1a64:...", lib/base/stats.h), one after the other or in a cycle of at most
 * PROFILE_CYCLE_MAX.  Returns 0, -ENOENT if there are no such, or -ENOMEM.  Of several such places
 * the first: what comes after the timed pass are passes with probes.
 */
enum { PROFILE_CYCLE_MAX = 16 };
int profile_find(const struct profile *profile, size_t n, int64_t overhead, const char *digest,
		 struct profile_samples *found);

/*
 * The path that most of those samples took that cost insns, overhead included; of equals the one
 * that came first.  *n_same gets how many took it, *n_cost how many cost as much.  NULL if none
 * did.
 */
const struct profile_path *profile_typical(const struct profile *profile,
					   const struct profile_samples *of, int64_t insns,
					   size_t *n_same, size_t *n_cost);

#endif

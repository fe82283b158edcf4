/* SPDX-License-Identifier: GPL-2.0-only */
/* The results of the passes of bench/translate/translate.c, and their JSON. */
#ifndef DAXDM_TRANSLATE_H
#define DAXDM_TRANSLATE_H

#include "bench/bench.h"
#include "lib/trace/tracer.h"

#include <stdlib.h>

enum {
	TRANSLATE_SAMPLES = 64, /* of each variant; enough, because counts are exact */
	TRANSLATE_CHAIN_MAX = 3 * STACK_DEPTH_MAX + 2,
	TRANSLATE_WAYS_MAX = 8,
};

/* The functions that a call goes through on a stack, outermost first. */
struct translate_chain {
	enum tracer_function functions[TRANSLATE_CHAIN_MAX];
	size_t n;
};

/* One variant on one stack. */
struct translate_result {
	size_t n;
	uint64_t at_bytes[TRANSLATE_SAMPLES];		      /* on the mounted device */
	int64_t outside[TRANSLATE_SAMPLES];		      /* ticks of the access, no probe */
	int64_t inside[TRANSLATE_SAMPLES];		      /* ticks of the call */
	int64_t self[TRANSLATE_CHAIN_MAX][TRANSLATE_SAMPLES]; /* of each function on the way */
	struct translate_chain ways[TRANSLATE_WAYS_MAX];      /* that differ */
	size_t n_ways;
	unsigned char way[TRANSLATE_SAMPLES]; /* of each sample */
	int64_t around_ticks, inside_ticks;   /* what tracing cost */
	size_t exact;			      /* samples to which tracing added exactly that */
	bool traced;
	bool small;	    /* this stack cannot map a window of it with a PMD */
	bool refused;	    /* the tables allow it, but the kernel does not */
	bool missed;	    /* the kretprobes' maxactive was too small */
	struct proof proof; /* without a path: each call was traced */
	char why[192];	    /* set: a proof failed, the samples are void */
};

/* The way of a byte of the mounted device; targets: their functions are traced, too.  Pure.
 * Returns 0, -E2BIG (more than STACK_DEPTH_MAX levels), or -errno as graph_descend(). */
int translate_way_of(struct backing backing, bool targets, uint64_t at_bytes,
		     struct translate_chain *out);

/* The functions of all ways, each once, from the top down.  Pure. */
void translate_functions(struct backing backing, bool targets, struct translate_chain *out);

/* Finds the ways of the samples at at_bytes.  Returns 0, or -errno as translate_way_of(); -E2BIG
 * for more than TRANSLATE_WAYS_MAX of them, too. */
int translate_find_ways(struct backing backing, bool targets, struct translate_result *r);

/* Ticks in the meter's unit; a difference may be below zero. */
static inline int64_t translate_value(const struct bench_env *env, int64_t ticks)
{
	int64_t value = meter_value(env->cell.meter, (uint64_t)llabs(ticks));

	return ticks < 0 ? -value : value;
}

/*
 * The rest of a record's proof: `functions`, what each took by itself on the way that most samples
 * have; `ways`, the same of each if they differ; `segments`, the lowest and
 * the highest of the top device; `twin`, the DM overhead by the traced and by the untraced pass
 * (raw may be NULL); `tracing`, its cost and the number of samples that took longer by exactly
 * that.
 */
json_t *translate_proof(const struct bench_env *env, unsigned int pages, const char *way,
			const struct translate_result *r, const struct translate_result *raw);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A benchmark of single operations on the data file: its variants name the operations, its
 * descriptor names the functions below.  `./run.sh new bench NAME` writes one.
 */
#ifndef DAXDM_TIMED_OPS_BENCH_H
#define DAXDM_TIMED_OPS_BENCH_H

#include "bench/timed_ops.h"

/* The type of variant->arg.  An operation gets the offset of a written 2 MiB window. */
struct timed_ops_plan {
	/* The timed operation and nothing else.  base->buffer is zero before each operation.
	 * Returns the number of bytes transferred, or -errno. */
	int64_t (*run)(struct timed_ops_base *base, uint64_t offset_bytes);
	/* Not timed; may be NULL.  Verifies the operation: returns true, or false with a sentence
	 * in why. */
	bool (*holds)(struct timed_ops_base *base, uint64_t offset_bytes, char *why,
		      size_t why_len);
	int64_t bytes; /* transferred per operation, at most TIMED_OPS_BUFFER_BYTES */
};

/* The functions of the descriptor.  The file is DAX (proven) and holds datafile_stamp() at the
 * start of each page; the path is that of the descriptor's probes. */
int timed_ops_bench_setup(struct bench_env *env, void **state);
int timed_ops_bench_once(struct bench_env *env, void *state, const struct variant *variant);
int timed_ops_bench_probe(struct bench_env *env, void *state, const struct variant *variant,
			  struct probe_set *probes);
int timed_ops_bench_report(struct bench_env *env, void *state, const struct variant *variant);
void timed_ops_bench_teardown(struct bench_env *env, void *state);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations that are timed one by one, each proven: what bio and copy share. */
#ifndef DAXDM_TIMED_OPS_H
#define DAXDM_TIMED_OPS_H

#include "bench/bench.h"
#include "bench/need.h"
#include "lib/file/datafile.h"

enum { TIMED_OPS_WHY_BYTES = 192 };

/* One pass of operations.  arg and the number of the sample go to each function. */
struct timed_ops {
	/* Outside the clock; may be NULL.  Returns 0 or -errno. */
	int (*before)(void *arg, size_t i);
	/* The timed one.  Returns what `wanted` says, fewer bytes than that, or -errno. */
	int64_t (*run)(void *arg, size_t i);
	/* Outside the clock; may be NULL.  Whether what was to happen did; else says why not. */
	bool (*holds)(void *arg, size_t i, char *why, size_t why_len);
	void *arg;
	size_t n;
	int64_t wanted;
	unsigned int per_sample; /* operations in one run(): a sample is their mean */
};

/* What the passes of one variant found out. */
struct timed_ops_result {
	int64_t *samples;
	size_t n;
	int64_t overhead;
	struct proof proof;	       /* its path: hits of the probe pass, and "operations" */
	char why[TIMED_OPS_WHY_BYTES]; /* set: a proof failed, the samples are void */
	struct missing missing;	       /* set: not to be had here */
};

/*
 * The timed pass.  ticks has room for ops->n.  Returns 0 (a sample that went wrong is said in
 * result->why) or -ENOMEM.
 */
int timed_ops_time(const struct bench_env *env, const struct timed_ops *ops, uint64_t *ticks,
		   struct timed_ops_result *result);

/*
 * The probe pass: the first n samples once more, with the probes started around each operation
 * alone; their counts go to result->proof.  */
void timed_ops_probe(const struct timed_ops *ops, size_t n, struct probe_set *probes,
		     struct timed_ops_result *result);

/* Hits of a point in the probe pass; -1 if this kernel has no such point, or no pass was. */
int64_t timed_ops_hits(const struct timed_ops_result *result, const char *point);

/* The first sentence stays: what failed later follows from it. */
__attribute__((format(printf, 2, 3))) void timed_ops_void(struct timed_ops_result *result,
							  const char *fmt, ...);

/* Writes the record, the void or the skip of one variant; more are members for the proof of the
 * record, which it steals.  Returns 0 or -errno. */
int timed_ops_report(struct bench_env *env, const struct bench *bench,
		     const struct variant *variant, const struct timed_ops_result *result,
		     json_t *more);

void timed_ops_result_free(struct timed_ops_result *result);

/*
 * Memory of TIMED_OPS_BUFFER_BYTES for operations, resident and locked, in one piece of physical memory
 * if the kernel gives one (*one_piece): how many pieces a transfer has is a part of its cost that
 * must not differ between stacks.  Returns NULL without memory; timed_ops_buffer_free() takes it back.
 */
enum { TIMED_OPS_BUFFER_BYTES = 2 << 20 };
char *timed_ops_buffer(bool *one_piece);
void timed_ops_buffer_free(char *buffer);

void timed_ops_results_free(struct timed_ops_result *results, size_t n);

/*
 * The data file (lib/file/datafile.h) in an empty place: what other benchmarks left there takes the
 * room that its windows shall be spread over.  Returns 0 or -errno.
 */
int timed_ops_data_make(const struct bench_env *env, struct datafile *data, unsigned int windows);
/* Closes it, and takes it away if its filesystem is mounted. */
void timed_ops_data_remove(const struct bench_env *env, struct datafile *data);

/* What operations work on: the data file, memory, and where they go. */
struct timed_ops_base {
	struct datafile data;
	int pagemap_fd;
	char *buffer;	/* timed_ops_buffer() */
	bool one_piece; /* the buffer is */
	uint64_t *offsets, *ticks;
};

/*
 * Makes all of it, on a mount that is DAX.  The data file is that of timed_ops_data_make().
 * Returns 0 or -errno after one error line; timed_ops_base_drop() in either case.
 */
int timed_ops_base_make(const struct bench_env *env, const struct bench *bench,
			struct timed_ops_base *base, unsigned int windows);
/* Takes the data file away, too, if its filesystem is mounted. */
void timed_ops_base_drop(const struct bench_env *env, struct timed_ops_base *base);

/* The last word of a variant's name as bytes: "dax.read.64k" is 65536; 0 if it is no size.  Pure.
 */
uint64_t timed_ops_size_of(const char *variant);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations that are timed and verified one by one: shared by several benchmarks. */
#ifndef DAXDM_TIMED_OPS_H
#define DAXDM_TIMED_OPS_H

#include "bench/bench.h"
#include "bench/need.h"
#include "lib/file/datafile.h"

enum { TIMED_OPS_WHY_BYTES = 192 };

/* One pass of operations.  arg and the number of the sample go to each function. */
struct timed_ops {
	/* Not timed; may be NULL.  Returns 0 or -errno. */
	int (*before)(void *arg, size_t i);
	/* The timed operation.  Returns `wanted`, or fewer bytes, or -errno. */
	int64_t (*run)(void *arg, size_t i);
	/* Not timed; may be NULL.  Verifies the operation: returns true, or false with a sentence
	 * in why. */
	bool (*holds)(void *arg, size_t i, char *why, size_t why_len);
	void *arg;
	size_t n;
	int64_t wanted;
	unsigned int per_sample; /* operations in one run(): a sample is their mean */
	bool sleeps; /* meter insn: the cost of all threads, without waiting (bench/thread_cost.h) */
};

/* Results of all passes of one variant. */
struct timed_ops_result {
	int64_t *samples;
	size_t n;
	int64_t overhead;
	struct proof proof;	       /* its path: hits of the probe pass, and "operations" */
	char why[TIMED_OPS_WHY_BYTES]; /* set: a proof failed, the samples are void */
	struct missing missing;	       /* set: a requirement is missing */
};

/*
 * The timed pass.  ticks has room for ops->n.  Returns 0 (result->why is set if a sample failed) or
 * -ENOMEM.
 */
int timed_ops_time(const struct bench_env *env, const struct timed_ops *ops, uint64_t *ticks,
		   struct timed_ops_result *result);

/*
 * The probe pass: repeats the first n samples with the probes started around each operation; their
 * counts go to result->proof.
 */
void timed_ops_probe(const struct timed_ops *ops, size_t n, struct probe_set *probes,
		     struct timed_ops_result *result);

/* Hits of a probe in the probe pass; -1 if this kernel has no such function or tracepoint, or no
 * probe pass ran. */
int64_t timed_ops_hits(const struct timed_ops_result *result, const char *point);

/* Makes the result void unless these probes, of at most max (or up to NULL), have at least n hits
 * in sum, as far as the kernel can count them. */
void timed_ops_expect(struct timed_ops_result *result, const char *const *points, size_t max,
		      int64_t n);

/* Begins a timed pass: aligns the batches of random numbers, and counts waits for the host from
 * here. */
void timed_ops_begin(const struct bench_env *env);

/* Why a variant by PMDs is skipped. */
extern const struct missing timed_ops_not_huge;

/* Makes the result void.  The first reason is kept: later failures follow from it. */
__attribute__((format(printf, 2, 3))) void timed_ops_void(struct timed_ops_result *result,
							  const char *fmt, ...);

/* Writes the record, the void or the skip of one variant; more are members for the proof of the
 * record, which it steals.  Returns 0 or -errno. */
int timed_ops_report(struct bench_env *env, const struct bench *bench,
		     const struct variant *variant, const struct timed_ops_result *result,
		     json_t *more);

void timed_ops_result_free(struct timed_ops_result *result);

/*
 * Allocates TIMED_OPS_BUFFER_BYTES for operations, resident and locked, and physically contiguous
 * if possible (*one_piece): the number of segments of a transfer is part of its cost and must not
 * differ between stacks.  Returns NULL without memory; free it with timed_ops_buffer_free().
 */
enum { TIMED_OPS_BUFFER_BYTES = 2 << 20 };
char *timed_ops_buffer(bool *one_piece);
void timed_ops_buffer_free(char *buffer);

void timed_ops_results_free(struct timed_ops_result *results, size_t n);

/*
 * Creates the data file (lib/file/datafile.h) in an empty filesystem: files of other benchmarks
 * would occupy space that its windows shall cover.  Returns 0 or -errno.
 */
int timed_ops_data_make(const struct bench_env *env, struct datafile *data, unsigned int windows);
/* Closes the data file, and removes it if its filesystem is mounted. */
void timed_ops_data_remove(const struct bench_env *env, struct datafile *data);

/* The data of operations: the data file, memory, offsets and ticks. */
struct timed_ops_base {
	struct datafile data;
	int pagemap_fd;
	char *buffer;	/* timed_ops_buffer() */
	bool one_piece; /* the buffer is physically contiguous */
	uint64_t *offsets, *ticks;
};

/*
 * Creates all of it, on a DAX mount.  The data file is that of timed_ops_data_make().  Returns 0,
 * or -errno after one error line; call timed_ops_base_drop() in either case.
 */
int timed_ops_base_make(const struct bench_env *env, const struct bench *bench,
			struct timed_ops_base *base, unsigned int windows);
/* Also removes the data file, if its filesystem is mounted. */
void timed_ops_base_drop(const struct bench_env *env, struct timed_ops_base *base);

/* The last word of a variant's name as bytes: "dax.read.64k" is 65536; 0 if it is not a size.
 * Pure. */
uint64_t timed_ops_size_of(const char *variant);

#endif

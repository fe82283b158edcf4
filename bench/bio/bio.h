/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by bench/bio/bio.c (variants, probes, records) and bench/bio/bio_pass.c (one pass). */
#ifndef DAXDM_BIO_H
#define DAXDM_BIO_H

#include "bench/bio/uring.h"
#include "bench/timed_ops.h"
#include "lib/file/mapping.h"

enum { BIO_VARIANTS_MAX = 64 };

/* What one variant does. */
struct bio_plan {
	enum { BIO_DAX, BIO_DIRECT, BIO_BUFFERED, BIO_NODE, BIO_URING, BIO_MMAP } path;
	bool write;
	bool warm;		 /* the pages are in the page cache */
	bool registered, polled; /* io_uring */
	unsigned int depth;	 /* io_uring: operations in flight */
};

struct bio_state {
	struct timed_ops_base base;
	int uring_rc;
	uint64_t generation; /* of what is written next */
	/* The current pass. */
	const struct bio_plan *plan;
	uint32_t bytes; /* of one operation */
	int fd;
	struct uring ring;
	struct mapping mapping;
	uint64_t faults; /* of one access */
	int64_t *most, most_faults[BIO_VARIANTS_MAX];
	struct timed_ops_result results[BIO_VARIANTS_MAX];
};

/* Operations in flight at a time. */
unsigned int bio_in_flight(const struct bio_state *s);

/* The number of samples of the current pass, and their offsets.  Consecutive offsets are in
 * different windows, so that they cover all segments. */
size_t bio_count_samples(const struct bench_env *env, const struct bio_state *s);
void bio_fill_offsets(struct bio_state *s, size_t n);

/* One operation: the functions of struct timed_ops (bench/timed_ops.h). */
int bio_before(void *arg, size_t i);
int64_t bio_run(void *arg, size_t i);
bool bio_holds(void *arg, size_t i, char *why, size_t why_len);

/* Mounts with dax=never or dax=always, unless it is mounted so.  Returns 0 or -errno. */
int bio_mount(struct bench_env *env, struct bio_state *s, bool never);

/* The file or node that a plan reads and writes.  Returns a descriptor, or -1 with errno set. */
int bio_open(const struct bench_env *env, const struct bio_plan *plan);

/* Prepares a pass of n samples.  Returns 0 or -errno; call bio_stop() in either case. */
int bio_start(struct bench_env *env, struct bio_state *s, size_t n,
	      struct timed_ops_result *result);
/* Ends the pass and verifies the written data; the filesystem is mounted again.  Returns 0 or
 * -errno. */
int bio_stop(struct bench_env *env, struct bio_state *s, size_t n, struct timed_ops_result *result);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A benchmark of single operations on a DAX file that is made anew for each pass: its variants name
 * the operations, its descriptor names the functions below.
 */
#ifndef DAXDM_FILE_OPS_H
#define DAXDM_FILE_OPS_H

#include "bench/timed_ops.h"
#include "lib/file/mapping.h"

enum { FILE_OPS_SAMPLES = 16, FILE_OPS_POINTS_MAX = 3 };

/* The file of a pass. */
struct file_ops_file {
	int fd;	       /* opened with the plan's flags */
	int source_fd; /* a second, empty file */
	char *buffer; /* timed_ops_buffer(); each page begins with a new stamp before each sample */
	struct mapping map; /* if the plan says so */
};

/* The type of variant->arg. */
struct file_ops_plan {
	/* Makes the contents; not timed, may be NULL: an empty file.  Returns 0, or -errno;
	 * -EOPNOTSUPP: the filesystem or the kernel does not have the operation. */
	int (*start)(struct file_ops_file *file);
	/* The timed operation and nothing else, at an offset: number of the sample times step.
	 * Returns the bytes it was about, or -errno. */
	int64_t (*run)(struct file_ops_file *file, uint64_t offset_bytes);
	/* Not timed; NULL: the bytes of the file at the offset are those of the buffer.  Returns 0
	 * or -errno: the operation did not do what it should. */
	int (*verify)(struct file_ops_file *file, uint64_t offset_bytes);
	uint64_t bytes, step_bytes;
	int flags; /* of open(2), besides O_RDWR */
	/* The file is mapped; an operation is one page fault on a page of `bytes`. */
	bool mapped;
	/* Probes of the descriptor of which so many hits per operation are expected, in sum. */
	const char *points[FILE_OPS_POINTS_MAX];
	int64_t hits;
	struct missing missing; /* what start() says with -EOPNOTSUPP; may be empty */
};

extern const enum need file_ops_needs[];

/* Writes len bytes, each page with its datafile_stamp(), to an open file from its begin on, and
 * syncs it.  Returns 0 or -errno. */
int file_ops_fill(int fd, char *buffer, uint64_t len_bytes);

/* The functions of the descriptor. */
int file_ops_setup(struct bench_env *env, void **state);
int file_ops_once(struct bench_env *env, void *state, const struct variant *variant);
int file_ops_probe(struct bench_env *env, void *state, const struct variant *variant,
		   struct probe_set *probes);
int file_ops_report(struct bench_env *env, void *state, const struct variant *variant);
void file_ops_teardown(struct bench_env *env, void *state);

/* What the descriptors of these benchmarks have in common. */
#define FILE_OPS_DESCRIPTOR                                                                \
	.better = "lower", .setup = file_ops_setup, .once = file_ops_once,                 \
	.probe = file_ops_probe, .report = file_ops_report, .teardown = file_ops_teardown, \
	.needs = file_ops_needs

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The descriptor of a benchmark.  A benchmark is one file in bench/ with one const descriptor, its
 * last definition, and one line in bench/table.c.  No other file refers to it.
 */
#ifndef DAXDM_BENCH_H
#define DAXDM_BENCH_H

#include "lib/base/bytes.h"
#include "lib/base/fdstore.h"
#include "lib/dev/dm.h"
#include "lib/dev/stack.h"
#include "lib/file/fs.h"
#include "lib/meter/counters.h"
#include "lib/meter/meter.h"
#include "lib/run/record.h"
#include "lib/run/role.h"
#include "lib/trace/probe.h"

#include <stdbool.h>

/* Requirements of a benchmark or variant; checked before set-up (bench/need.c). */
enum need {
	NEED_END,
	NEED_ROOT,
	NEED_DAX,	  /* the filesystem grants DAX on this stack */
	NEED_PAGEMAP,	  /* /proc/self/pagemap shows page frames: CAP_SYS_ADMIN */
	NEED_HUGE,	  /* the kernel maps files with PMDs */
	NEED_MAP_SYNC,	  /* the filesystem grants MAP_SYNC */
	NEED_DIRECT,	  /* every target of the stack passes DAX on */
	NEED_DM,	  /* the filesystem is on a device-mapper device */
	NEED_FIO,	  /* the program */
	NEED_FIO_LIBPMEM, /* fio has that engine */
	NEED_FIO_URING,	  /* fio and the kernel support io_uring */
	NEED_TIME,	  /* the meter is not one of instructions */
	NEED_CPUS,	  /* several processors */
	NEED_COUNT,
};

enum { NEED_LIST_MAX = 6 };

struct variant {
	const char *name; /* "read.warm.pte": the metric is BENCH.NAME{...} */
	const char *why;
	enum need needs[NEED_LIST_MAX];
	const void *arg; /* private to the benchmark */
};

/* One mounted filesystem on one stack. */
struct bench_env {
	const struct bench *bench; /* the current one */
	struct cell cell;
	struct stack *stack; /* that its files are on: of an xfs that may be the realtime device */
	struct fs *fs;	     /* mounted */
	const char *directory; /* on it */
	struct sink *sink;
	/* Reports the current phase: mkfs, mount, prepare, measure, proof, teardown. */
	void (*phase)(struct bench_env *env, const char *phase);
	void *progress;
	/* Whether the workload selects this variant of the current benchmark, and its needs are
	 * met.  For benchmarks that run all variants in one pass. */
	bool (*wanted)(struct bench_env *env, const struct variant *variant);
	/* Not NULL in a counted pass: start and stop them around exactly the operations that a
	 * timed pass times. */
	struct counters *counters;
	/* Results of need_all_met() on this filesystem: 0 unknown, 1 met, -1 missing. */
	signed char needs[NEED_COUNT];
	/* The same for needs that do not depend on the filesystem, shared by all processes of the
	 * sweep; may be NULL. */
	signed char *lasting_needs;
	/*
	 * BENCH_KEPT_BYTES that are private to the benchmark and initially zero.  Their contents
	 * persist across stacks; all other state is lost, because each stack has a separate
	 * process.
	 */
	void *kept;
	/*
	 * Keeps open file descriptors for the next stacks, which get them in fds_kept; replaces
	 * those kept before.  The next stacks must dup(2) them and close none.  Their meaning must
	 * be stored in `kept`.  Returns 0 or -errno.
	 */
	int (*keep_fds)(struct bench_env *env, const int *fds, unsigned int n);
	const struct fdstore_fds *fds_kept;
};

enum { BENCH_KEPT_BYTES = 256 << 10 };

/* Variants whose samples are not what runs between two marks of lib/meter/meter.h, so that explain
 * cannot attribute them to functions. */
struct unexplained {
	const char *variants; /* as fnmatch(3) takes it */
	const char *why;      /* ends the sentence "it cannot be explained: " */
};

/* The guest of the emulated host in which a benchmark runs; each starts from the same state. */
enum bench_guest {
	BENCH_GUEST_SHARED,	/* with other benchmarks, one for each stack and filesystem */
	BENCH_GUEST_OWN,	/* alone: its costs depend on what others allocate */
	BENCH_GUEST_ALL_STACKS, /* alone, one for each filesystem: it relates stacks to raw */
};

struct bench {
	const char *name;
	const char *why;
	const char *better; /* "lower" or "higher" */
	const enum need *needs;
	const struct variant *variants; /* ends with name == NULL */
	/* The roles of its variants in reports; may be NULL: only rows of a table. */
	const struct role *roles;
	/* Why the default sweep excludes it; NULL: it is included.  See "others" in
	 * bench/workload_read.h. */
	const char *by_name_only;
	enum bench_guest guest;
	/* What the context of a run says of it, under its name: a new reference, or NULL for
	 * nothing.  May be NULL. */
	json_t *(*context)(void);
	/* Kernel functions and tracepoints whose hits prove the path (lib/trace/probe.h); NULL only
	 * if it waives PROOF_PATH or proves it otherwise. */
	const char *const *probes;
	/* The parts that it cannot prove, with the reason (lib/run/proof.h): a record without proof
	 * is void.  NULL: it proves all. */
	const struct proof_waiver *waivers;
	/* Ends with variants == NULL; NULL: explain attributes all. */
	const struct unexplained *unexplained;
	/* Once per mounted filesystem.  Returns 0 or -errno after one error line; teardown is
	 * called in either case. */
	int (*setup)(struct bench_env *env, void **state);
	/*
	 * The timed pass of one variant: no probe is armed; stores its samples in state.  The
	 * filesystem is mounted before and after; the pass may remount it.  Returns 0 (also if a
	 * proof failed: report() handles it), or -errno after one error line if this host can no
	 * longer be measured.
	 */
	int (*once)(struct bench_env *env, void *state, const struct variant *variant);
	/*
	 * The probe pass of one variant, after all timed passes: repeats its work with the probes
	 * started around it, and stores their counts.  NULL if there is none.  Returns as once().
	 */
	int (*probe)(struct bench_env *env, void *state, const struct variant *variant,
		     struct probe_set *probes);
	/* Writes the records, observations and voids of one variant into env->sink. */
	int (*report)(struct bench_env *env, void *state, const struct variant *variant);
	void (*teardown)(struct bench_env *env, void *state);
};

/* Ends with NULL. */
extern const struct bench *const bench_table[];

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a benchmark is.  One file in bench/ with one const descriptor, its last definition, and one
 * line in bench/table.c: nothing else needs to know of it.
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

/* What a benchmark or variant needs of the host; checked before set-up (bench/need.c). */
enum need {
	NEED_END,
	NEED_ROOT,
	NEED_DAX,	  /* the filesystem grants DAX on this stack */
	NEED_PAGEMAP,	  /* page frames are visible: CAP_SYS_ADMIN */
	NEED_HUGE,	  /* the kernel maps files with PMDs */
	NEED_MAP_SYNC,	  /* the filesystem grants MAP_SYNC */
	NEED_DM,	  /* there is a device-mapper table under the filesystem */
	NEED_FIO,	  /* the program */
	NEED_FIO_LIBPMEM, /* it has that engine */
	NEED_FIO_URING,	  /* it has io_uring, and so has the kernel */
	NEED_TIME,	  /* the meter is not one of instructions */
	NEED_CPUS,	  /* several processors */
	NEED_COUNT,
};

enum { NEED_LIST_MAX = 6 };

struct variant {
	const char *name; /* "read.warm.pte": the metric is BENCH.NAME{...} */
	const char *why;
	enum need needs[NEED_LIST_MAX];
	const void *arg; /* the benchmark's own */
};

/* One mounted filesystem on one stack: what a benchmark works on. */
struct bench_env {
	const struct bench *bench; /* that runs */
	struct cell cell;
	struct stack *stack;
	struct fs *fs;	       /* mounted */
	const char *directory; /* on it */
	struct sink *sink;
	/* Says what is being done now: mkfs, mount, prepare, measure, proof, teardown. */
	void (*phase)(struct bench_env *env, const char *phase);
	void *progress;
	/* Whether the workload asks for this variant of the benchmark under way, and its needs are
	 * met: for those that do all variants in one go. */
	bool (*wanted)(struct bench_env *env, const struct variant *variant);
	/* Not NULL in a pass that is counted, not timed: started and stopped around just the
	 * operations that a timed pass times. */
	struct counters *counters;
	/* What need_all_met() found out on this filesystem: 0 not asked, 1 met, -1 missing. */
	signed char needs[NEED_COUNT];
	/* The same for needs that no mount changes, for all processes of the sweep; may be NULL. */
	signed char *lasting_needs;
	/* BENCH_KEPT_BYTES of the benchmark's own, zero at first: what it keeps on one stack for
	 * the next ones.  It has another process on each, all else is forgotten. */
	void *kept;
	/* Keeps open file descriptors for the next stacks, where they are in fds_kept instead of
	 * those kept before.  There they are only lent: dup(2) them, close none.  Nothing else is
	 * kept of them, what they are belongs into `kept`.  Returns 0 or -errno: it cannot be. */
	int (*keep_fds)(struct bench_env *env, const int *fds, unsigned int n);
	const struct fdstore_fds *fds_kept;
};

enum { BENCH_KEPT_BYTES = 256 << 10 };

struct bench {
	const char *name;
	const char *why;
	const char *better; /* "lower" or "higher" */
	const enum need *needs;
	const struct variant *variants; /* ends with name == NULL */
	/* What its variants are to a report; may be NULL: nothing but rows of a table. */
	const struct role *roles;
	/* Why the default sweep leaves it out; NULL: it runs there.  See "others" in
	 * bench/workload_read.h. */
	const char *by_name_only;
	/* Kernel functions and tracepoints whose hits prove the path (lib/trace/probe.h); NULL only
	 * for what waives PROOF_PATH or proves it otherwise. */
	const char *const *probes;
	/* What it cannot prove, and why (lib/run/proof.h): a record without its proof is void.
	 * NULL: it proves all. */
	const struct proof_waiver *waivers;
	/* Once per mounted filesystem.  Returns 0 or -errno after one error line; teardown is
	 * called in either case. */
	int (*setup)(struct bench_env *env, void **state);
	/* The timed pass of one variant: no probe is armed; keeps its samples in state.  The
	 * filesystem is mounted before and after; in between it may be remounted.  Returns 0 (a
	 * failed proof is kept for report()), or -errno after one error line if this host can no
	 * longer be measured. */
	int (*once)(struct bench_env *env, void *state, const struct variant *variant);
	/* The probe pass of one variant, after all timed passes: does its work once more with the
	 * probes started around it, and keeps what they counted.  NULL if there is none.  Returns
	 * like once(). */
	int (*probe)(struct bench_env *env, void *state, const struct variant *variant,
		     struct probe_set *probes);
	/* Writes the records, observations and voids of one variant into env->sink. */
	int (*report)(struct bench_env *env, void *state, const struct variant *variant);
	void (*teardown)(struct bench_env *env, void *state);
};

/* Ends with NULL. */
extern const struct bench *const bench_table[];

#endif

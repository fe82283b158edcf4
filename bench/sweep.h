/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of `daxdm bench-here` share. */
#ifndef DAXDM_SWEEP_H
#define DAXDM_SWEEP_H

#include "bench/bench.h"
#include "lib/dev/namespace.h"
#include "lib/run/workload.h"

enum { SWEEP_DEVICES_MAX = STACK_OVER_MAX };

/* One sweep under way. */
struct sweep {
	struct workload workload;
	struct namespace namespaces[SWEEP_DEVICES_MAX];
	unsigned int n_namespaces;
	uint64_t span_bytes; /* every stack offers this much */
	struct meter meter;
	const char *output;
	struct sink sink;
	bool symbols; /* are written at the end */
	bool progress;
	bool terminal;
	unsigned int done, total;
	char what[160];
	const struct bench *bench; /* that runs */
	void *state;		   /* its own */
	struct probe_set probes;
	bool count;		   /* a second sweep, whose passes are counted */
	struct counters *counters; /* while it runs */
	json_t *counted;	   /* what the passes of one benchmark counted, by variant */
	struct carried *carried;
	struct fdstore fdstore;
	struct fdstore_fds *kept; /* of each in bench_table */
};

/* What comes back from the process of a benchmark, in memory that both share. */
struct carried {
	unsigned int done;
	bool mounted;
	signed char lasting_needs[NEED_COUNT];
	char kept[][BENCH_KEPT_BYTES] __attribute__((aligned(4096))); /* of each in bench_table */
};

/* ---- bench/sweep.c: the whole ---------------------------------------------------------------- */

/* The work of supervise(): the context, all cells, the end line.  Returns an exit status. */
int sweep_work(void *sweep, const char *directory);

/* The process of sweep_work() died: its filesystem may still be on the devices that were named. */
void sweep_aftermath(void *sweep);

/*
 * Wipes the namespaces, which were blank when they were named.  A stack over several, or one in
 * another order, may have put a second superblock where a namespace begins.  Returns 0 or -errno
 * after an error line.
 */
int sweep_wipe(const struct sweep *s);

/* --- bench/sweep_bench.c: one benchmark on one mounted filesystem
 * ---------------------------------
 */

/* How many of its variants the workload asks for. */
unsigned int sweep_count_wanted(const struct sweep *s, const struct bench *bench);

/*
 * Runs bench_table[index] in a process of its own: what was mapped and unmapped before moves a
 * fault, for the tree that its area is searched in keeps the shape (46 insn on 6.12).  So the
 * process of all maps nothing between two stacks.  Returns 0 or -errno after one error line.
 */
int sweep_bench(struct sweep *s, struct bench_env *env, size_t index);

/* For struct bench_env. */
void sweep_phase(struct bench_env *env, const char *phase);
bool sweep_wanted(struct bench_env *env, const struct variant *variant);
int sweep_keep_fds(struct bench_env *env, const int *fds, unsigned int n);

#endif

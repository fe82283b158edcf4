/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of the sweep. */
#ifndef DAXDM_SWEEP_H
#define DAXDM_SWEEP_H

#include "bench/bench.h"
#include "lib/dev/namespace.h"
#include "lib/run/workload.h"

enum { SWEEP_DEVICES_MAX = STACK_OVER_MAX };

#define SWEEP_SHARED "shared"

/* One sweep. */
struct sweep {
	struct workload workload;
	struct namespace namespaces[SWEEP_DEVICES_MAX];
	unsigned int n_namespaces;
	uint64_t span_bytes; /* size of every stack */
	struct meter meter;
	int cpu; /* of all timed passes with meter time; -1: the scheduler's choice */
	uint64_t initial_state; /* see lib/meter/initial_state.h */
	const char *part; /* only this benchmark; SWEEP_SHARED: all BENCH_GUEST_SHARED; or NULL */
	const char *output;
	struct sink sink;
	bool symbols; /* write symbols at the end */
	bool progress;
	bool terminal;
	unsigned int done, total;
	char what[384];
	const struct bench *bench; /* the current one */
	void *state;		   /* of the current benchmark */
	struct probe_set probes;
	bool count;		   /* run a second sweep with counted passes */
	struct counters *counters; /* while it runs */
	json_t *counted;	   /* counts of the passes of one benchmark, by variant */
	json_t *waited;		   /* waits for the host in its timed passes, by variant */
	struct carried *carried;
	struct fdstore fdstore;
	struct fdstore_fds *kept; /* of each in bench_table */
};

/* Results of the process of a benchmark, in shared memory. */
struct carried {
	unsigned int done;
	bool mounted;
	signed char lasting_needs[NEED_COUNT];
	char kept[][BENCH_KEPT_BYTES] __attribute__((aligned(4096))); /* of each in bench_table */
};

/* ---- bench/sweep.c: the whole ---------------------------------------------------------------- */

/* The work of supervise(): the context, all cells, the end line.  Returns an exit status. */
int sweep_work(void *sweep, const char *directory);

/* Called after the process of sweep_work() died: wipes its filesystem from the named devices. */
void sweep_aftermath(void *sweep);

/* --- bench/sweep_bench.c: one benchmark on one mounted filesystem
 * ---------------------------------
 */

/* Whether the part has the benchmark. */
bool sweep_is_in_part(const char *part, const struct bench *bench);

/* The number of its variants that the workload selects. */
unsigned int sweep_count_wanted(const struct sweep *s, const struct bench *bench);

/*
 * Runs bench_table[index] in a child process: earlier mmap(2) and munmap(2) calls change the cost
 * of a fault, because they shape the VMA tree (46 insn on 6.12).  For the same reason the parent
 * maps nothing between two stacks.  Returns 0, or -errno after one error line.
 */
int sweep_bench(struct sweep *s, struct bench_env *env, size_t index);

/*
 * Writes a void for each selected variant of bench_table[from] and those after it: the filesystem
 * was mounted and could not be mounted again, with that error.  Other stacks are still measured.
 * Returns 0 or -errno.
 */
int sweep_void_rest(struct sweep *s, const struct bench_env *env, size_t from, int error);

/* The functions of struct bench_env. */
void sweep_phase(struct bench_env *env, const char *phase);
bool sweep_wanted(struct bench_env *env, const struct variant *variant);
int sweep_keep_fds(struct bench_env *env, const int *fds, unsigned int n);

#endif

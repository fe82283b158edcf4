/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of kernel functions, on the whole host, one by one and with their arguments: whatever
 * thread of the kernel does the work, it is seen.  Nothing stays armed when the process is gone.
 * Source: perf_event_open(2), PMU type kprobe, PERF_SAMPLE_REGS_INTR.
 */
#ifndef DAXDM_CALLS_H
#define DAXDM_CALLS_H

#include "check/check.h"

enum { CALLS_FUNCTIONS_MAX = 4, CALLS_CPUS_MAX = 256, CALLS_ARGS = 3 };

struct call {
	unsigned int function; /* its place among those that were opened */
	uint64_t time_ns;
	uint64_t arg[CALLS_ARGS];
};

struct calls {
	unsigned int n_functions, n_cpus;
	struct {
		void *ring;		      /* of the cpu, NULL: none */
		int fds[CALLS_FUNCTIONS_MAX]; /* -1: not open */
		uint64_t id[CALLS_FUNCTIONS_MAX];
	} cpus[CALLS_CPUS_MAX];
	struct call *list; /* of the last calls_stop(), by time */
	size_t n;
};

/*
 * Arms probes on functions (ends with NULL); stopped until calls_start().  Where kernels named a
 * function differently: "one|other", the first that this kernel has.  Returns true, or false after
 * check_skip(): this kernel or host has no such function or cannot probe it.  calls_close() is due
 * in either case.
 */
bool calls_open(struct check_env *env, struct calls *calls, const char *const *functions);

void calls_start(struct calls *calls);

/* Stops, and makes calls->list of all calls since calls_start().  Returns true, or false after
 * check_broken(): some were lost. */
bool calls_stop(struct check_env *env, struct calls *calls);

void calls_close(struct calls *calls);

/* How many of the list are of this function, and the sum of one of its arguments. */
size_t calls_count(const struct calls *calls, unsigned int function);
uint64_t calls_sum(const struct calls *calls, unsigned int function, unsigned int arg);

#endif

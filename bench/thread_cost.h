/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The instructions or the time of an operation that may sleep: those of the calling thread, or with
 * those of the threads that work for it.
 *
 * Meter insn counts all instructions of the guest, and its processor never idles
 * (lib/meter/idle_blocker.h).  If the thread was scheduled out, its CPU time is used
 * (CLOCK_THREAD_CPUTIME_ID, which advances with the same counter); for all threads the counter less
 * the CPU time of the task that keeps the processor busy.  Timer interrupts are charged to the task
 * that they interrupt.  Otherwise, and always under meter time, where waiting is part of the cost,
 * the counter is used.
 */
#ifndef DAXDM_THREAD_COST_H
#define DAXDM_THREAD_COST_H

#include "lib/meter/meter.h"

#include <stdbool.h>

enum thread_cost_of {
	THREAD_COST_CALLER,
	THREAD_COST_ALL, /* of all threads of the host */
};

struct thread_cost {
	const struct meter *meter;
	enum thread_cost_of of;
	uint64_t ticks, cpu_ns, idle_ns;
	long switches;
};

/* The overhead of both clocks and their ratio.  Measured once; the caller starts with zeros and
 * keeps it. */
struct thread_cost_calibration {
	bool done;
	int64_t empty_ticks; /* the counter around no operation */
	double ticks_per_cpu_ns;
	double cpu_around_ticks; /* the CPU time around no operation */
};

/* Uses *kept if it is done, else measures it.  If this is not called, the first thread_cost_start()
 * measures. */
void thread_cost_calibrate(struct thread_cost_calibration *kept);

void thread_cost_start(struct thread_cost *cost, const struct meter *meter, enum thread_cost_of of);

/* Ticks since thread_cost_start(), less the overhead.  *switched: whether the thread was scheduled
 * out in between. */
int64_t thread_cost_ticks(const struct thread_cost *cost, bool *switched);

/* The overhead of the counter that thread_cost_ticks() subtracts, in ticks. */
int64_t thread_cost_overhead(const struct meter *meter);

#endif

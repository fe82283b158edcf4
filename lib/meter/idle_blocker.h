/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeps the processor from idling during a run.
 *
 * Under icount the host's scheduling influences the guest when its processor halts.  QEMU's main
 * loop then warps the clock to the next timer.  If the loop is awake (the guest has just set a
 * timer), it may do so before it counts the instructions since the last clock update (QEMU 7.2,
 * icount_start_warp_timer() racing with a vCPU that has just set `halted`).  The clock is then
 * ahead by these instructions, and timer ticks move.  A SCHED_IDLE task keeps the processor busy,
 * so that the cost of an operation that sleeps is repeatable.
 */
#ifndef DAXDM_IDLE_BLOCKER_H
#define DAXDM_IDLE_BLOCKER_H

#include <stdint.h>

/*
 * Starts the task, which is killed when its parent dies.  It forks: call it before touching memory
 * whose next store must not copy the page.  Returns 0 or -errno.
 */
int idle_blocker_start(void);

/* The CPU time of the task, exact while it does not run; 0 without a task. */
uint64_t idle_blocker_cpu_ns(void);

/* Ends the task, if there is one. */
void idle_blocker_end(void);

#endif

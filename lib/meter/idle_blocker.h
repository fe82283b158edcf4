/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A processor that is never idle while a run lasts.
 *
 * Under icount the host's scheduler leaks in where the guest's processor halts: QEMU's main loop
 * then turns the clock to the next timer, and if it happens to be awake (the guest has just set a
 * timer), it may do so before the instructions since the last look at the clock are counted
 * (QEMU 7.2, icount_start_warp_timer() beside a processor that has just set `halted`).  The clock
 * is then ahead by as many, and ticks fall elsewhere.  A task that takes only what no other wants
 * keeps the processor busy, so that an operation that sleeps costs the same again.
 */
#ifndef DAXDM_IDLE_BLOCKER_H
#define DAXDM_IDLE_BLOCKER_H

/*
 * Starts the task; it dies with its parent.  Call it before memory is touched that shall
 * not be copied on the next store.  Returns 0 or -errno.
 */
int idle_blocker_start(void);

/* Ends the task, if there is one. */
void idle_blocker_end(void);

#endif

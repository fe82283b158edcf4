/* SPDX-License-Identifier: GPL-2.0-only */
/* Meter time: one processor for all timed passes, close to the memory. */
#ifndef DAXDM_PIN_H
#define DAXDM_PIN_H

/*
 * The processor with the highest number of those that this process may use and that are on that
 * NUMA node; of all that it may use if the node is -1 or has none of them.  Processor 0 gets most
 * interrupts.  Returns -1 if there is no choice: this process may use one only.
 * Source: /sys/devices/system/node/nodeN/cpuM, sched_getaffinity(2).
 */
int pin_choose(int node);

/* Makes this process use that processor only; cpu < 0: leaves it as it is.  Returns 0 or -errno. */
int pin_to(int cpu);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waits for the host of an emulated machine.  Under the instruction meter they are no number of
 * instructions: how long a thread of the host takes depends on its load.
 */
#ifndef DAXDM_HOST_WAITS_H
#define DAXDM_HOST_WAITS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Whether waits are counted in this process: not at first. */
void host_waits_count(bool count);

/* Begins a timed pass; without it a count begins with host_waits_count(). */
void host_waits_begin(void);

/* How often a virtio device has answered since: a virtio-pmem device does so for each flush
 * (drivers/nvdimm/nd_virtio.c).  0 if waits are not counted. */
uint64_t host_waits(void);

/* The sum of the lines of virtio devices in a text such as /proc/interrupts.  Pure. */
uint64_t host_waits_read(FILE *in);

#endif

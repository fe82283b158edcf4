/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the calling thread itself executes, kernel and user, in an operation that may sleep.  Under
 * meter insn the counter jumps ahead while the emulated processor idles, and counts what other
 * threads do: none of that is the operation's.  Where the thread was switched away, the kernel's
 * account of its processor time tells how much was its own; it ticks with the same counter.  Where
 * it was not, and always under meter time (where waiting is a part of what it costs), the counter
 * alone speaks.
 */
#ifndef DAXDM_OWN_H
#define DAXDM_OWN_H

#include "lib/meter/meter.h"

#include <stdbool.h>

struct own {
	const struct meter *meter;
	uint64_t ticks, cpu_ns;
	long switches;
};

/* What the two clocks cost and how they fit, found out once: zero, then kept by the caller. */
struct own_calibration {
	bool done;
	int64_t empty_ticks; /* the counter over nothing */
	double ticks_per_cpu_ns;
	double cpu_around_ticks; /* the account over nothing */
};

/* Takes over what was found out, else finds it out; without, the first own_start() does. */
void own_calibrate(struct own_calibration *kept);

void own_start(struct own *own, const struct meter *meter);

/* Ticks since, the cost of asking taken off; *switched: the thread was not always running. */
int64_t own_ticks(const struct own *own, bool *switched);

/* What own_ticks() takes off, in ticks: of the counter alone. */
int64_t own_overhead(const struct meter *meter);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of the processor and of the kernel around operations, by libperf: instructions and
 * cycles in the kernel, TLB misses, page faults, context switches, migrations.
 *
 * Counting is not free: with events open each switch of tasks saves them, and a fault that is
 * counted costs some 80 instructions more.  So samples are never counted: a pass of its own is.
 * What the host cannot count is said with the reason and its cure, and is never 0.
 *
 * Left out: user space (but for page faults and switches, which have no side), and any event of
 * one make of processor.
 */
#ifndef DAXDM_COUNTERS_H
#define DAXDM_COUNTERS_H

#include <jansson.h>
#include <stdint.h>

struct counters;

/* The kernel source that the libperf in this program was built from; NULL: there is none in it. */
const char *counters_libperf(void);

/*
 * Opens all events for this thread and for those it starts later; none counts yet.  One that
 * cannot be had is kept as unavailable.  Measures what start and stop themselves are counted as.
 * Returns NULL without memory, or without libperf.  Source: perf_event_open(2), libperf(3).
 */
struct counters *counters_open(void);
void counters_close(struct counters *counters);

/* These three do nothing with NULL.  begin: forgets what was counted. */
void counters_begin(struct counters *counters);
/* Around operations, their number told at the end; may be called again and again. */
void counters_start(struct counters *counters);
void counters_stop(struct counters *counters, uint64_t n_operations);

/*
 * What was counted since counters_begin():
 *   {"operations": N, "counters": {NAME: {"value": V, "ran_percent": P} |
 *                                  NAME: {"unavailable": WHY, "cure": CURE}}}
 * Where "ran_percent" is given the processor had too few counters: the event counted for that part
 * of the time only, and "value" is scaled up from it.  What start and stop cost is taken off.  NULL
 * without memory.
 */
json_t *counters_json(const struct counters *counters);

/* The value had the event counted all the time; -1 if it never ran.  Pure. */
int64_t counters_scale(uint64_t value, uint64_t enabled_ns, uint64_t running_ns);

/*
 * Why an event could not be opened, for error err (positive) of perf_event_open(2), and what would
 * help.  paranoid is kernel.perf_event_paranoid, -2 if unknown; hardware: of the processor, else of
 * the kernel.  Pure.
 */
void counters_missing(int err, int paranoid, int hardware, char why[192], const char **cure);

/*
 * The line of a run that a counted pass gives: what the pass reported (record, void and other
 * lines) and what was counted in it.  A pass whose proof failed, that gave records of two page
 * sizes, or whose page faults are other than its record's proof says has no counters, but a
 * reason ("void").  Returns NULL without memory, or if
 * nothing was measured (*lines has no record and no void); steals counted.  Pure.
 */
json_t *counters_line(const json_t *lines, json_t *counted);

#endif

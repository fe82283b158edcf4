/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hardware and software counters around operations, by libperf: instructions and cycles in the
 * kernel, TLB misses, page faults, context switches, migrations.
 *
 * Counting has a cost: each context switch saves open events, and a counted fault costs some 80
 * instructions more.  Therefore a separate pass is counted, not the timed one.  An event that the
 * host cannot count is reported with the reason and its cure, never as 0.
 *
 * Left out: user space (except page faults and context switches), and vendor-specific events.
 */
#ifndef DAXDM_COUNTERS_H
#define DAXDM_COUNTERS_H

#include <jansson.h>
#include <stdint.h>

struct counters;

/* The kernel source of the libperf in this program; NULL: it was built without libperf. */
const char *counters_libperf(void);

/*
 * Opens all events, disabled, for this thread and for threads that it starts later.  An event that
 * cannot be opened is kept as unavailable.  Measures the counts of start and stop themselves.
 * Returns NULL without memory, or without libperf.  Source: perf_event_open(2), libperf(3).
 */
struct counters *counters_open(void);
void counters_close(struct counters *counters);

/* These three do nothing with NULL.  begin: resets the counts. */
void counters_begin(struct counters *counters);
/* Called around operations, with their number at the end; may be called repeatedly. */
void counters_start(struct counters *counters);
void counters_stop(struct counters *counters, uint64_t n_operations);

/*
 * The counts since counters_begin():
 *   {"operations": N, "counters": {NAME: {"value": V, "ran_percent": P} |
 *                                  NAME: {"unavailable": WHY, "cure": CURE}}}
 * "ran_percent" is present if the processor had too few counters: the event counted for that part
 * of the time only, and "value" is scaled up.  The counts of start and stop are subtracted.  NULL
 * without memory.
 */
json_t *counters_json(const struct counters *counters);

/* Extrapolates the value to the whole enabled time; -1 if the event never ran.  Pure. */
int64_t counters_scale(uint64_t value, uint64_t enabled_ns, uint64_t running_ns);

/*
 * The reason and the cure for error err (positive) of perf_event_open(2).  paranoid is
 * kernel.perf_event_paranoid, -2 if unknown; hardware: a hardware event, else a software event.
 * Pure.
 */
void counters_missing(int err, int paranoid, int hardware, char why[192], const char **cure);

/*
 * Builds the run line of a counted pass from the lines that the pass reported and from its counts.
 * If the proof of the pass failed, if it gave records of two page sizes, or if its page faults
 * differ from the proof of its record, the line has a reason ("void") and no counters.  Returns
 * NULL without memory, or if nothing was measured (lines has no record and no void); steals
 * counted.  Pure.
 */
json_t *counters_line(const json_t *lines, json_t *counted);

#endif

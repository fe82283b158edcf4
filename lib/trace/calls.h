/* SPDX-License-Identifier: GPL-2.0-only */
/* Computes the cost of calls from their stamps.  Pure. */
#ifndef DAXDM_CALLS_H
#define DAXDM_CALLS_H

#include "lib/trace/tracer_log.h"

#include <stddef.h>
#include <stdint.h>

/* One call.  Calls are in the order of entry: nested calls follow their caller. */
struct call {
	enum tracer_function function;
	unsigned int depth;  /* number of traced callers */
	unsigned int inside; /* traced calls within it, at any depth */
	uint64_t pages;
	int64_t stamped; /* ticks between its two stamps, tracing included */
	int64_t whole;	 /* ticks by calls_cost(): without tracing */
	int64_t self;	 /* the same without the traced calls within */
};

/*
 * Pairs entry and exit stamps.  Returns the number of calls, -EBADMSG if an exit does not match the
 * last entry or is missing, or -E2BIG if there are more than max.
 */
long calls_read(const struct stamp *stamps, size_t n, struct call *calls, size_t max);

/*
 * Fills whole and self.  inside_ticks is the overhead of tracing between a call's stamps,
 * around_ticks the overhead that each nested traced call adds to its caller.
 */
void calls_cost(struct call *calls, size_t n, int64_t inside_ticks, int64_t around_ticks);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* From stamps to what calls cost.  Pure. */
#ifndef DAXDM_CALLS_H
#define DAXDM_CALLS_H

#include "lib/trace/tracer_log.h"

#include <stddef.h>
#include <stdint.h>

/* One call, in the order of entry: what it called follows it. */
struct call {
	enum tracer_function function;
	unsigned int depth;  /* traced functions that are under way around it */
	unsigned int inside; /* traced calls within it, at any depth */
	uint64_t pages;
	int64_t stamped; /* ticks between its two stamps, tracing included */
	int64_t whole;	 /* ticks by calls_cost(): without tracing */
	int64_t self;	 /* the same without the traced calls within */
};

/*
 * Pairs entries and exits.  Returns the number of calls, or -EBADMSG if an exit does not belong to
 * the last entry or one is missing, or -E2BIG if there is no room.
 */
long calls_read(const struct stamp *stamps, size_t n, struct call *calls, size_t max);

/*
 * Fills whole and self: inside is what tracing puts between a call's own stamps, around what it
 * adds to each traced call within.
 */
void calls_cost(struct call *calls, size_t n, int64_t inside_ticks, int64_t around_ticks);

#endif

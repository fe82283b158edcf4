/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes a graph fit its namespaces.  Pure. */
#ifndef DAXDM_STACK_SCALE_H
#define DAXDM_STACK_SCALE_H

#include "lib/dev/graph.h"

/*
 * Makes of the graph `written`, whose namespaces come first and whose device `top` is its last one,
 * one that fits them.  A graph that fits is copied.  In another one all segments are made shorter
 * by the same ratio, so that the top is at most span_bytes long; a length keeps what it is past a
 * multiple of 2 MiB (or of a larger chunk), and so does each offset on a namespace, where segments
 * follow each other in their order.  So a 2 MiB page that the table splits remains split, and no
 * other one is.
 *
 * Returns 0, and in note "" or one sentence; or with one sentence in why -ENOSPC (no ratio is small
 * enough, or a table that uses as much of each namespace fits some of them only: it is made for
 * equal ones), -EINVAL (two segments use the same sectors, or sectors outside of a device), or
 * -ENOMEM.  On success graph_destroy() frees *out.
 */
int stack_scale(const struct graph *written, unsigned int top, uint64_t span_bytes,
		struct graph *out, char *note, size_t note_len, char *why, size_t why_len);

#endif

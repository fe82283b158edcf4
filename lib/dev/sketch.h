/* SPDX-License-Identifier: GPL-2.0-only */
/* A graph in one line of text, for tables that are written by hand.  Pure. */
#ifndef DAXDM_SKETCH_H
#define DAXDM_SKETCH_H

#include "lib/dev/graph.h"

/*
 * Adds what text describes to a graph that already has its namespaces; devices are separated by
 * `|`, lowest first, each named prefix and its number.  All numbers are sectors.
 *
 *   DEVICE   [COUNTx] TARGET; TARGET; ...          COUNT times over
 *            part MEMBER START LEN                  a partition, by the kernel's name for the first
 *                                                   (p1) of that member, the second (p2), ...
 *   TARGET   LEN linear MEMBER OFFSET
 *            LEN striped N CHUNK MEMBER OFFSET ...   N times
 *            LEN error | LEN zero
 *   MEMBER   A, B, ...: device 0, 1, ... of the graph; a, b, ...: the first, second device of text
 *   OFFSET   N from the front, -N from the end (rounded down to a page), +N behind what this text
 *            used last of that member
 *
 * Returns the index of the last device, -EINVAL for what it cannot read, or what graph_add_...()
 * gave; the graph may then hold a part.
 */
int graph_sketch(struct graph *g, const char *prefix, const char *text);

#endif

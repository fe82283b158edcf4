/* SPDX-License-Identifier: GPL-2.0-only */
/* Text to graphs: tables that are written by hand, and those of `dmsetup table`.  Pure. */
#ifndef DAXDM_GRAPH_PARSE_H
#define DAXDM_GRAPH_PARSE_H

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
 *            LEN other TYPE ARGUMENT ...            any other target, as dmsetup(8) takes it; an
 *                                                   argument @MEMBER is that device
 *   MEMBER   A, B, ...: the devices of the graph from number `members` on; a, b, ...: the first,
 *            second device of text
 *   OFFSET   N from the front, -N from the end (rounded down to a page), +N after the end of what
 *            this text used last of that member
 *
 * Returns the index of the last device, -EINVAL for invalid text, or what graph_add_...() gave; the
 * graph may then hold a part.
 */
int graph_parse(struct graph *g, const char *prefix, unsigned int members, const char *text);

/*
 * Adds a DM device with the table in text, as `dmsetup table NAME` and dm_device_table() print it
 * and graph_table() writes it: one target per line, members by MAJOR:MINOR or by node.  The members
 * are in the graph already.  Returns the index of the device; -EINVAL for invalid text, -EOPNOTSUPP
 * for a target that the model does not have, -ENODEV for a member that is not in the graph, or what
 * graph_add_...() gave.  On failure the graph may hold a part.
 */
int graph_parse_table(struct graph *g, const char *name, const char *text);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Graphs from what `lsblk -J` prints, with any columns.  It has no tables: a DM device consists of
 * one target of a type that is not known, but for kinds that lsblk names, as crypt.
 */
#ifndef DAXDM_GRAPH_LSBLK_H
#define DAXDM_GRAPH_LSBLK_H

#include "lib/dev/graph_live.h"

#include <jansson.h>

/* The type of such a target. */
#define GRAPH_LSBLK_UNKNOWN "unknown"

/*
 * The I-th device, from 0, on persistent memory that has no device over it; further columns are
 * used if they are there: DAX, START.  Returns 0; 1 past the last one; or -errno with one sentence
 * in why: -EINVAL (not what lsblk prints), -ENOSPC.  On 0, graph_live_free().  Pure.
 */
int graph_lsblk_read(const json_t *lsblk, size_t i, struct graph_live *out, char *why,
		     size_t why_len);

/* The node of the device of these numbers ("259:0"), or NULL.  Pure. */
const char *graph_lsblk_node(const json_t *lsblk, const char *numbers, char *out, size_t size);

#endif

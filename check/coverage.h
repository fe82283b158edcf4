/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which functions of the kernel's DAX interface a check reaches: dm's and its targets' dax
 * methods, the capability code of dm-table, nd_pmem's methods, the dax core and fs/dax.c, counted
 * by kprobe events over the whole host (lib/trace/kprobe.h).
 */
#ifndef DAXDM_COVERAGE_H
#define DAXDM_COVERAGE_H

#include <jansson.h>

struct coverage {
	int armed;	 /* functions that are counted */
	json_t *counts;	 /* function -> hits so far */
	json_t *modules; /* function -> module */
	json_t *refused; /* functions that cannot be probed -> why */
};

/*
 * Arms a probe on every function of the interface that this kernel has (the modules must be
 * loaded).  Returns 0, or -errno: -EOPNOTSUPP without tracefs or kprobes.
 */
int coverage_begin(struct coverage *c);

/* The functions hit since the last call: {"function": hits}.  NULL without memory. */
json_t *coverage_take(struct coverage *c);

/* All functions that are counted, as {"function": "module"} ("" is the kernel itself); a new
 * reference. */
json_t *coverage_functions(const struct coverage *c);

/* Disarms; fine if nothing was begun. */
void coverage_end(struct coverage *c);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a fault costs on a layout, by a model of the records of a run.
 *
 * A fault passes each DM device on the way down, and finds one target in its table.  Each device
 * adds what the run measured as DM overhead: of linear targets by their number (the better fit of
 * report/findings/cost.h; that of fit_segments.h if it varies by more than a twentieth of raw), of
 * one striped target the record of as many stripes.  The overheads of
 * devices over each other are added, which tests/unit/report/inspect/test_layout_cost.c compares
 * with stacks that were measured.  What no record is like has no cost.
 */
#ifndef DAXDM_LAYOUT_COST_H
#define DAXDM_LAYOUT_COST_H

#include "report/inspect/layout.h"
#include "report/table/table.h"

struct layout_cost {
	char fs[32], unit[16], metric[96]; /* "fault.read.warm.pte" */
	char words[96];			   /* "warm 4 KiB read fault" */
	bool huge;			   /* it maps a window */
	int64_t raw;			   /* in unit */
	int64_t least, most; /* DM overhead: of the ways down through different members */
};

enum { LAYOUT_COSTS_MAX = 12 };

struct layout_costs {
	struct layout_cost list[LAYOUT_COSTS_MAX];
	size_t n;
	size_t n_stacks; /* of the fit */
	char why[160];	 /* if n is 0: what no record is like */
	char run[96], kernel[64];
};

/* fs: of the filesystem, or NULL: each that the run has.  Pure. */
void layout_costs_of(const struct layout *layout, const struct tables *tables, const char *fs,
		     struct layout_costs *out);

void layout_costs_print(const struct layout_costs *costs, const struct layout *layout, FILE *out);

/* Adds "cost", or "no_cost" with the reason.  Returns 0 or -1 without memory. */
int layout_costs_json(const struct layout_costs *costs, json_t *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What the numbers of a run say, in sentences: computed from the records, for terminal and page
 * alike. */
#ifndef DAXDM_FINDINGS_H
#define DAXDM_FINDINGS_H

#include "report/findings/say.h"
#include "report/table/table.h"

void findings_numbers(const struct tables *tables, findings_say *say, void *arg);
/* Only what people act on: what device-mapper adds, growth with segments, lost huge pages, what
 * losing DAX costs, durability. */
void findings_main(const struct tables *tables, findings_say *say, void *arg);
/* Voids, skips, and what is missing from the grid of variants and stacks, with the reasons. */
void findings_gaps(const struct tables *tables, findings_say *say, void *arg);

/* The head of a report: what was measured, on what, and whether the run is whole. */
void findings_head(const struct tables *tables, findings_say *say, void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings of a run: sentences computed from the records, for terminal and HTML. */
#ifndef DAXDM_FINDINGS_H
#define DAXDM_FINDINGS_H

#include "report/findings/say.h"
#include "report/table/table.h"

void findings_numbers(const struct tables *tables, findings_say *say, void *arg);
/* The short list: DM overhead, growth with the number of segments, lost huge pages, cost of losing
 * DAX, durability. */
void findings_main(const struct tables *tables, findings_say *say, void *arg);
/* The findings of findings_numbers() by topic; the last one has no id. */
extern const struct findings_topic {
	const char *id, *heading;
	void (*say)(const struct tables *tables, findings_say *say, void *arg);
} findings_topics[];
/* One sentence for each of the five main topics, of all filesystems: headlines.c. */
void findings_headlines(const struct tables *tables, findings_say *say, void *arg);
/* Voids, skips and missing cells, with their reasons. */
void findings_gaps(const struct tables *tables, findings_say *say, void *arg);

/* The head of a report: kernel, meter, host, stacks, and whether the run is complete. */
void findings_head(const struct tables *tables, findings_say *say, void *arg);

#endif

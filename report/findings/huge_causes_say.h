/* SPDX-License-Identifier: GPL-2.0-only */
/* Huge pages lost: one finding for each cause. */
#ifndef DAXDM_HUGE_CAUSES_SAY_H
#define DAXDM_HUGE_CAUSES_SAY_H

#include "lib/file/huge_causes.h"
#include "report/findings/say.h"
#include "report/table/table.h"

/* "chunks of dm-stripe that are no multiple of 2 MiB", and what to do about them. */
const char *huge_causes_what(enum huge_cause cause);
const char *huge_causes_cure(enum huge_cause cause);

/* Whether the run says why huge pages were lost on that stack: runs of older builds do not. */
bool huge_causes_known(const struct tables *tables, const struct table *t, size_t stack);

/* One sentence for each cause, with its stacks, its cost and its command; over all filesystems:
 * only the first table says them. */
void huge_causes_say(const struct tables *tables, const struct table *t, findings_say *say,
		     void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Which metrics of one run vary with the initial state of its kernel. */
#ifndef DAXDM_STATE_RANGES_H
#define DAXDM_STATE_RANGES_H

#include "report/findings/say.h"

#include <stdbool.h>

/*
 * Says in how many initial states the run in DIR was measured, and which metrics and DM overheads
 * vary by the default threshold or more of the median; all: every one, else the largest.  Says
 * nothing of a run of one state.  Returns 0, or -errno after one error line.
 */
int state_ranges_say(const char *dir, bool all, findings_say *say, void *arg);

#endif

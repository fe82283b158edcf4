/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings that hold in all initial states of a run. */
#ifndef DAXDM_STEADY_H
#define DAXDM_STEADY_H

#include "report/findings/say.h"
#include "report/table/table.h"

typedef void findings_of(const struct tables *tables, findings_say *say, void *arg);

/*
 * Says the sentences of `of` about the run.  A sentence that another initial state of the run
 * (lib/run/run_states.h, measured as a whole) does not say with the same words and signs, but for
 * the numbers, ends with "(does not hold in initial state N)".
 */
void findings_say_steady(const struct tables *tables, findings_of *of, findings_say *say,
			 void *arg);

#endif

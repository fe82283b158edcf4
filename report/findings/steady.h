/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings that hold in all initial states of a run. */
#ifndef DAXDM_STEADY_H
#define DAXDM_STEADY_H

#include "report/findings/say.h"
#include "report/table/table.h"

typedef void findings_of(const struct tables *tables, findings_say *say, void *arg);

/*
 * Says the sentences of `of` about the run over its initial states.  A sentence that a state
 * (measured as a whole) does not say with the same words and signs, but for the numbers, ends with
 * "(does not hold in initial state N)".
 */
void findings_say_steady(const struct tables *tables, findings_of *of, findings_say *say,
			 void *arg);

/* The sentence without its numbers and ranges: its words, names and signs; the order of what is
 * between commas does not matter.  NULL without memory; else the caller frees it. */
char *findings_shape(const char *sentence);
/* " (does not hold in initial states 1 and 3)"; "" of none. */
const char *findings_except(const unsigned int *states, size_t n, char *buf, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* How rates scale with the number of workers. */
#ifndef DAXDM_SCALING_H
#define DAXDM_SCALING_H

#include "report/findings/say.h"
#include "report/table/table.h"

/*
 * One sentence per family of variants that differ in their last word only, the number of workers
 * ("fault.threads.one.1", ".2", ...): the rate of the most workers relative to one, on raw (or the
 * first stack) and on the stack where it is lowest.  Tables of rates only ("/s").
 */
void scaling_say(const struct tables *tables, const struct table *table, findings_say *say,
		 void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* How rates grow with the number of those who work at the same time. */
#ifndef DAXDM_SCALING_H
#define DAXDM_SCALING_H

#include "report/findings/say.h"
#include "report/table/table.h"

/*
 * One sentence for each family of variants that differ in their last word only, a number of
 * workers ("fault.threads.one.1", ".2", ...): how many times the rate of one the most of them have,
 * on raw (or the first stack), and on the stack that has the least.  Tables of rates only ("/s").
 */
void scaling_say(const struct tables *tables, const struct table *table, findings_say *say,
		 void *arg);

#endif

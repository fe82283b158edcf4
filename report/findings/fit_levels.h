/* SPDX-License-Identifier: GPL-2.0-only */
/* What each device on another adds to a translation, as a line. */
#ifndef DAXDM_FIT_LEVELS_H
#define DAXDM_FIT_LEVELS_H

#include "report/findings/say.h"
#include "report/table/table.h"

/* One sentence for each filesystem whose run translated through linear:1 on linear:1. */
void fit_levels_say(const struct tables *tables, const struct table *table, findings_say *say,
		    void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What the number of stripes adds to a translation, as a line. */
#ifndef DAXDM_FIT_STRIPES_H
#define DAXDM_FIT_STRIPES_H

#include "report/findings/say.h"
#include "report/table/table.h"

/* One sentence for each filesystem whose run translated through striped:W. */
void fit_stripes_say(const struct tables *tables, const struct table *table, findings_say *say,
		     void *arg);

#endif

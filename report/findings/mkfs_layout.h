/* SPDX-License-Identifier: GPL-2.0-only */
/* Huge pages that the layout of a filesystem loses: how it was made, and the mkfs that keeps
 * them. */
#ifndef DAXDM_MKFS_LAYOUT_H
#define DAXDM_MKFS_LAYOUT_H

#include "report/findings/say.h"
#include "report/table/table.h"

/* Findings of one table: what its filesystem lost and another of the same type, made otherwise and
 * otherwise the same, did not lose on the same stack. */
void mkfs_layout_say(const struct tables *tables, const struct table *t, findings_say *say,
		     void *arg);

#endif

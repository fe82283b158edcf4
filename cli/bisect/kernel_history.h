/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernels of the archive as a history to bisect, named by their labels. */
#ifndef DAXDM_KERNEL_HISTORY_H
#define DAXDM_KERNEL_HISTORY_H

#include "cli/bisect/bisection.h"
#include "cli/driver/kernel_list.h"

/* Of a list that outlives it, oldest first. */
struct bisection_history kernel_history(struct kernel_list *list);

/* The kernel of that label, which must be in the list. */
const struct kernel_entry *kernel_history_find(const struct kernel_list *list, const char *label);

#endif

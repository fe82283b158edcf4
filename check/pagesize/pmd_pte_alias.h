/* SPDX-License-Identifier: GPL-2.0-only */
/* The same windows mapped by PMDs and by PTEs at the same time. */
#ifndef DAXDM_PMD_PTE_ALIAS_H
#define DAXDM_PMD_PTE_ALIAS_H

#include "check/check.h"

/* Run functions; arg is the filesystem, a string. */

/* A window that was mapped by PTEs first, and one mapped by a PMD first, accessed the other way. */
void pmd_pte_alias_order(struct check_env *env, const void *arg);

/* Two processes that write every other page each. */
void pmd_pte_alias_race(struct check_env *env, const void *arg);

#endif

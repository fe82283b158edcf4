/* SPDX-License-Identifier: GPL-2.0-only */
/* The phase of the kernel's memory accounting. */
#ifndef DAXDM_ACCOUNT_H
#define DAXDM_ACCOUNT_H

/*
 * Faults until the accounting of page faults has just flushed its batch.  The kernel collects what
 * happened in a control group on each processor (mm/memcontrol.c: memcg_rstat_updated(),
 * MEMCG_CHARGE_BATCH): one fault of 65 costs 5 instructions more on 6.1, and which one it is
 * depends on all faults before.  For meter insn; where the kernel shows no such period nothing is
 * settled.
 */
void account_settle(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The phase of the batched memory cgroup statistics. */
#ifndef DAXDM_MEMCG_PHASE_H
#define DAXDM_MEMCG_PHASE_H

/*
 * Causes page faults until the memory cgroup statistics have just been flushed.  Each processor
 * collects MEMCG_CHARGE_BATCH updates (mm/memcontrol.c, memcg_rstat_updated()): one fault in 65
 * costs 5 more instructions on 6.1, and which one depends on all earlier faults.  For meter insn.
 * Does nothing if the kernel shows no such period.
 */
void memcg_phase_align(void);

#endif

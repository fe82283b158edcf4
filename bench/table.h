/* SPDX-License-Identifier: GPL-2.0-only */
/* What reports need to know of the benchmarks. */
#ifndef DAXDM_BENCH_TABLE_H
#define DAXDM_BENCH_TABLE_H

/* Registers the roles of all benchmarks in lib/run/role.h.  Call it before a report is made. */
void bench_register_roles(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Resources of this host for emulated hosts. */
#ifndef DAXDM_HOST_RESOURCES_H
#define DAXDM_HOST_RESOURCES_H

#include <stddef.h>
#include <stdint.h>

/* MemAvailable of /proc/meminfo in bytes, or the memory of the job of Slurm that this process
 * belongs to, if that is less; 0 if it cannot be read. */
int64_t host_resources_memory_bytes(void);

/* The number of processors in the affinity mask of this process, or those of its job of Slurm, if
 * they are fewer; at least 1. */
size_t host_resources_cores(void);

#endif

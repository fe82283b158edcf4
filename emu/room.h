/* SPDX-License-Identifier: GPL-2.0-only */
/* Resources of this host for emulated hosts. */
#ifndef DAXDM_ROOM_H
#define DAXDM_ROOM_H

#include <stddef.h>
#include <stdint.h>

/* MemAvailable of /proc/meminfo in bytes; 0 if it cannot be read. */
int64_t memory_available(void);

/* The number of processors in the affinity mask of this process; at least 1. */
size_t cores_available(void);

#endif

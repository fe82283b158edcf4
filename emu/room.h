/* SPDX-License-Identifier: GPL-2.0-only */
/* What this machine has for emulated hosts. */
#ifndef DAXDM_ROOM_H
#define DAXDM_ROOM_H

#include <stddef.h>
#include <stdint.h>

/* What it could give away without swapping, in bytes; 0 if it does not say. */
int64_t memory_available(void);

/* The processors that this process may use; at least 1. */
size_t cores_available(void);

#endif

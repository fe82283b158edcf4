/* SPDX-License-Identifier: GPL-2.0-only */
/* What makes runs comparable: the kernel and its settings, the processor, the memory. */
#ifndef DAXDM_CONTEXT_H
#define DAXDM_CONTEXT_H

#include <jansson.h>

/*
 * {"type":"context","schema":...,"suite":...,"kernel":{...},"cpu":...,...}: everything about this
 * host that does not depend on the sweep.  A fact that cannot be read is null.
 * Returns a new reference, or NULL without memory.
 * Source: uname(2), /sys/kernel/notes, /boot/config-*, /proc/config.gz, /sys/devices/system.
 */
json_t *context_of_host(void);

/* A digest of this very program, as the context has it in "build": two builds are two instruments.
 */
json_t *context_build_digest(void);

#endif

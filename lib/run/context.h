/* SPDX-License-Identifier: GPL-2.0-only */
/* The context of a run, by which runs are comparable: the kernel and its settings, the processor,
 * the memory. */
#ifndef DAXDM_CONTEXT_H
#define DAXDM_CONTEXT_H

#include <jansson.h>

/*
 * {"type":"context","schema":...,"suite":...,"kernel":{...},"cpu":...,...}: all properties of this
 * host that do not depend on the sweep.  A property that cannot be read is null. Returns a new
 * reference, or NULL without memory. Source: uname(2), /sys/kernel/notes, /boot/config-*,
 * /proc/config.gz, /sys/devices/system.
 */
json_t *context_of_host(void);

/* A digest of the build id of the running program, the context's "build": results of different
 * builds may differ.  The guest's copy of the program has no debug information and the same build
 * id. */
json_t *context_build_digest(void);

#endif

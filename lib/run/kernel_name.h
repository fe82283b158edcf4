/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The name of a run's kernel in reports.  If modules were replaced, "replaced" in the context lists
 * them, and the name includes them.
 */
#ifndef DAXDM_KERNEL_NAME_H
#define DAXDM_KERNEL_NAME_H

#include <jansson.h>
#include <stddef.h>

/* [{"file", "module", "build_id"}]: the modules that emu/initramfs.sh replaced, from lines of
 * FILE MODULE BUILD-ID in path.  Returns a new reference, or NULL if nothing was replaced. */
json_t *kernel_name_replaced(const char *path);

/* "6.1.0-56-amd64 (PACKAGE) with dm-mod.ko replaced (build-id 0123456789ab)", of a context line.
 * Returns buf. */
const char *kernel_name(const json_t *context, char *buf, size_t size);

/* "+dm-mod" for each replaced module, "" if there is none.  Returns buf. */
const char *kernel_name_suffix(const json_t *context, char *buf, size_t size);

#endif

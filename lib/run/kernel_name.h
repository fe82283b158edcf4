/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What people are told of the kernel of a run.  A run with a rebuilt module is not one of the stock
 * kernel: "replaced" in its context says which, and so does every name of it.
 */
#ifndef DAXDM_KERNEL_NAME_H
#define DAXDM_KERNEL_NAME_H

#include <jansson.h>
#include <stddef.h>

/* [{"file", "module", "build_id"}]: what emu/initramfs.sh put in place of the kernel's own modules,
 * lines of FILE MODULE BUILD-ID.  Returns a new reference, or NULL if nothing was replaced. */
json_t *kernel_name_replaced(const char *path);

/* "6.1.0-56-amd64 (PACKAGE) with dm-mod.ko replaced (build-id 0123456789ab)", of a context line.
 * Returns buf. */
const char *kernel_name(const json_t *context, char *buf, size_t size);

/* "+dm-mod" for each module that was replaced, "" if none was.  Returns buf. */
const char *kernel_name_suffix(const json_t *context, char *buf, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The version and the options of the installed QEMU. */
#ifndef DAXDM_QEMU_H
#define DAXDM_QEMU_H

#include <stdbool.h>
#include <stddef.h>

/* Puts "7.2.22 (...)", QEMU's version, in text.  Returns 0, or -ENOENT after one error line. */
int qemu_version(char *text, size_t len);

/* Whether this QEMU has -sandbox; prints a note the first time if not. */
bool qemu_has_sandbox(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions of the running kernel and of its modules, for the driver of the emulated host. */
#ifndef DAXDM_SYMBOLS_H
#define DAXDM_SYMBOLS_H

#include "lib/run/record.h"

/*
 * Writes all functions in /proc/kallsyms as lines of type "symbols": "module" ("" is the kernel),
 * "from" (hexadecimal address) and "list", which has for each function the distance from the
 * previous one (hexadecimal), the type of nm(1), and the name.  Returns 0, or -errno after one
 * error line.
 */
int symbols_write(struct sink *sink);

#endif

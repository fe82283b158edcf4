/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions of the running kernel and of its modules, told to those who watch from outside. */
#ifndef DAXDM_SYMBOLS_H
#define DAXDM_SYMBOLS_H

#include "lib/run/record.h"

/*
 * Writes all functions that /proc/kallsyms names as lines of the type "symbols": "module" ("" is
 * the kernel itself), "from" (hexadecimal) and "list", of each function how far it is behind the
 * one before (hexadecimal), its type as nm(1) has it, and its name.  Returns 0 or -errno after one
 * error line.
 */
int symbols_write(struct sink *sink);

#endif

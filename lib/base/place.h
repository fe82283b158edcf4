/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the files of daxdm are.  The sources name them as in a checkout: "emu/kernel.sh",
 * "build/kernels".  In a checkout and in the emulated host such a name is relative to the current
 * directory.  For an installed daxdm run.sh sets three variables to absolute paths, and the current
 * directory is the user's:
 *
 *   DAXDM_DATA   instead of the top of the checkout; read-only
 *   DAXDM_CACHE  instead of build/, but
 *   DAXDM_LIB    for what make builds there: build/daxdm, build/qemu_preload.so
 *
 * Runs are in results/ of the current directory in either case.
 */
#ifndef DAXDM_PLACE_H
#define DAXDM_PLACE_H

#include <stdbool.h>
#include <stddef.h>

bool place_is_installed(void);

/* The path of a file of daxdm.  Valid until the process ends; ends it without memory. */
const char *place(const char *name);

/* The same for glob(3): only the characters of name itself are special. */
const char *place_pattern(const char *name);

/* An absolute path.  Returns 0, -ENAMETOOLONG, or the error of getcwd(3). */
int place_absolute(const char *name, char *path, size_t size);

/* How the user calls daxdm: "./run.sh", or "daxdm" if it is installed. */
const char *place_command(void);

/* Replaces "./run.sh" in a message by place_command(). */
void place_name_command(char *text);

#endif

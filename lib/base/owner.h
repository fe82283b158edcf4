/* SPDX-License-Identifier: GPL-2.0-only */
/* What a process makes on the system it names for itself, so that it can be cleaned up later. */
#ifndef DAXDM_OWNER_H
#define DAXDM_OWNER_H

#include <sys/types.h>

/*
 * The process in a name: prefix, then its PID in decimal digits.  *rest is what follows the PID.
 * Returns 0 for any other name, *rest as it was.  Pure.
 */
pid_t owner_of(const char *name, const char *prefix, const char **rest);

#endif

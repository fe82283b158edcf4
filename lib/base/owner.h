/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of system objects (devices, mounts, files) contain the PID of the process that created
 * them, so that they can be cleaned up later. */
#ifndef DAXDM_OWNER_H
#define DAXDM_OWNER_H

#include <sys/types.h>

/* The UUID of every filesystem that daxdm makes. */
#define OWNER_UUID "da8d3000-0000-4000-8000-000000000001"

/*
 * Returns the PID in a name of the form PREFIX PID REST, with the PID in decimal digits, and sets
 * *rest.  Returns 0 for any other name and leaves *rest unchanged.  Pure.
 */
pid_t owner_of(const char *name, const char *prefix, const char **rest);

#endif

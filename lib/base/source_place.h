/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The line of the source that called, as "check/reload/reload.c:131".  A process records its
 * callers' addresses; another process of the same build, which has the debug information, finds the
 * lines (addr2line(1)).
 */
#ifndef DAXDM_SOURCE_PLACE_H
#define DAXDM_SOURCE_PLACE_H

#include <jansson.h>
#include <stddef.h>

/*
 * The addresses of the callers in the program's file, the nearest first, as a new array of
 * integers; empty on another stack than that of the main thread.  It follows frame pointers: the
 * callers have to be compiled with them (Makefile), up to the first that is not.
 */
json_t *source_place_callers(void);

/*
 * Finds the lines of the addresses in this process's own program and chooses one: the first in a
 * folder of the folder prefer which is not avoid, else the first in avoid, else the first at all.
 * Returns place, "" if none is found: no addr2line(1), or no debug information.
 */
const char *source_place_find(const json_t *callers, const char *prefer, const char *avoid,
			      char *place, size_t size);

#endif

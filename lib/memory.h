/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is not there.  A verb that only reads and prints has nothing to undo, and half of its
 * output is worse than none: it ends at once, with one line and its exit status.  All others handle
 * each failure themselves.
 */
#ifndef DAXDM_MEMORY_H
#define DAXDM_MEMORY_H

#include <stdio.h>

/* From now on needed(), streams of needed_stream() and jansson end the program with that exit
 * status where memory is missing. */
void memory_or_exit(int status);

/* Returns p; if it is NULL and memory_or_exit() was called, does not return. */
void *needed(void *p);

/*
 * open_memstream() that loses nothing: its own is silent of what it had no memory for.  *text is
 * valid after fclose(), and to be freed.  Returns NULL as fopen() does; of a stream whose text
 * could not be kept ferror() is true, and fclose() fails.
 */
FILE *needed_stream(char **text);

#endif

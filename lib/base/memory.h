/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Running out of memory.  A verb that only reads and prints exits at once, with one line and its
 * exit status, because half of its output is worse than none.  All others handle each failure
 * themselves.
 */
#ifndef DAXDM_MEMORY_H
#define DAXDM_MEMORY_H

#include <stdio.h>

/* From now on memory_check(), streams of memory_stream() and jansson exit with that status when an
 * allocation fails. */
void memory_or_exit(int status);

/* Returns p; if it is NULL and memory_or_exit() was called, does not return. */
void *memory_check(void *p);

/*
 * open_memstream() that reports lost text: glibc drops silently what it has no memory for.  *text
 * is valid after fclose(), and to be freed.  Returns NULL as fopen() does; of a stream whose text
 * could not be kept ferror() is true, and fclose() fails.
 */
FILE *memory_stream(char **text);

#endif

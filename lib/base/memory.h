/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handling of failed allocations.  A verb that only reads and prints exits immediately with one
 * error line, because partial output would mislead.  All other verbs handle each failure.
 */
#ifndef DAXDM_MEMORY_H
#define DAXDM_MEMORY_H

#include <stddef.h>
#include <stdio.h>

/* After this call memory_check(), streams of memory_stream() and jansson exit with that status if
 * an allocation fails. */
void memory_or_exit(int status);

/* Returns p; if it is NULL and memory_or_exit() was called, does not return. */
void *memory_check(void *p);

/*
 * open_memstream() that reports lost text: glibc drops text silently without memory.  *text is
 * valid after fclose(); free() it.  Returns NULL as fopen() does.  If text was lost, ferror() is
 * true and fclose() fails.
 */
FILE *memory_stream(char **text);

/* Appends a zeroed element of SIZE bytes to an array of *n, whose address is array_pointer; its
 * room doubles.  Returns the new element, or NULL without memory. */
void *memory_push(void *array_pointer, size_t *n, size_t *room, size_t size);

#endif

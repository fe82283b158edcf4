/* SPDX-License-Identifier: GPL-2.0-only */
/* The samples in the text of a record.  They are most of it, and take most of the time if each pair
 * is a JSON value of its own. */
#ifndef DAXDM_RUN_SAMPLES_H
#define DAXDM_RUN_SAMPLES_H

#include "lib/run/run.h"

struct run_samples {
	struct run_value *values; /* the pairs as they are; to be freed */
	size_t n;
	size_t at, len; /* where the member was, and its bytes; 0 bytes: nothing was taken */
};

/*
 * Reads the member "samples":[[VALUE,COUNT],...] of the record in a line of LEN bytes, which end
 * with a null character, and removes it from the line.  Nothing is taken if the line is not written
 * as lib/run/record.c writes it, or without memory: it is left as it is, for a JSON parser.
 */
struct run_samples run_samples_take(char *line, size_t len);

#endif

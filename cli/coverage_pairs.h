/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations of the DAX interface by the target that they went through and the page size of the
 * faults, from the functions that each check reached.
 */
#ifndef DAXDM_COVERAGE_PAIRS_H
#define DAXDM_COVERAGE_PAIRS_H

#include <jansson.h>

enum {
	COVERAGE_OPERATIONS = 8,
	COVERAGE_TARGETS = 4,
	COVERAGE_SIZES = 3, /* a check's faults: PTE, PMD, none */
};

struct coverage_pairs {
	unsigned int checks[COVERAGE_OPERATIONS][COVERAGE_TARGETS][COVERAGE_SIZES];
	char first[COVERAGE_OPERATIONS][COVERAGE_TARGETS][112];
};

/* Adds what a check reached: {"function": hits}. */
void coverage_pairs_take(struct coverage_pairs *p, const char *check, const json_t *hits);

/* Prints a line for each operation and target, and those that no check reached. */
void coverage_pairs_print(const struct coverage_pairs *p);

#endif

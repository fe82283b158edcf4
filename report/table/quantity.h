/* SPDX-License-Identifier: GPL-2.0-only */
/* One quantity over several initial states or runs of a kernel.  Pure. */
#ifndef DAXDM_QUANTITY_H
#define DAXDM_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUANTITY_VALUES_MAX = 16 };

/* A value per run, or per initial state with meter insn. */
struct quantity {
	int64_t of_run[QUANTITY_VALUES_MAX]; /* ascending */
	size_t n;			     /* 0: not measured */
	int64_t median;			     /* of of_run[]; the lower one of an even number */
	int64_t least, most;
	int64_t first; /* that was added: of state 1 */
};

/* Values beyond QUANTITY_VALUES_MAX are ignored. */
void quantity_add(struct quantity *q, int64_t value);

/* By value, so that several fit one printf. */
struct quantity_text {
	char s[80];
};

/* " (5,688..5,712)", or "" if all values are equal; sign: "(+2..+9)". */
struct quantity_text quantity_range(const struct quantity *q, bool sign);

#endif

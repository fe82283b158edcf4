/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of other programs beside our own for the same work.  Such a record names ours in its
 * proof ("same_as", BENCH.VARIANT), and what the program takes for itself ("fio_own").
 */
#ifndef DAXDM_BESIDE_H
#define DAXDM_BESIDE_H

#include "report/findings/findings.h"

struct beside {
	const struct run_record *theirs, *ours; /* of one stack */
	int64_t itself; /* of their median, what the program itself takes; -1 unknown */
};

/* The pair that begins with row r of the table on a stack; false if there is none. */
bool beside_pair(const struct table *t, size_t row, size_t stack, struct beside *out);

/* What of the difference neither ours nor the program itself explains. */
int64_t beside_rest(const struct beside *pair);

/* Tables of the pairs on raw and on the stack that sentences are about; nothing if there are no
 * pairs. */
void beside_print(const struct tables *tables, FILE *out);

/* The same as HTML, of all stacks. */
void beside_html(const struct tables *tables, FILE *out);

/* Findings of one table. */
void beside_say(const struct tables *tables, const struct table *t, findings_say *say, void *arg);

#endif

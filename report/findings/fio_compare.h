/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of other programs and of our own for the same work.  Such a record names ours in its
 * proof ("same_as", BENCH.VARIANT), and what the program takes for itself ("fio_own").
 */
#ifndef DAXDM_FIO_COMPARE_H
#define DAXDM_FIO_COMPARE_H

#include "report/findings/say.h"
#include "report/table/table.h"

struct fio_pair {
	const struct run_record *theirs, *ours; /* of one stack */
	int64_t itself; /* of their median, what the program itself takes; -1 unknown */
};

/* The pair that begins with row r of the table on a stack; false if there is none. */
bool fio_compare_pair(const struct table *t, size_t row, size_t stack, struct fio_pair *out);

/* What of the difference neither ours nor the program itself explains. */
int64_t fio_compare_rest(const struct fio_pair *pair);

/* Tables of the pairs on raw and on the stack that sentences are about; nothing if there are no
 * pairs. */
void fio_compare_print(const struct tables *tables, FILE *out);

/* The same as HTML, of all stacks. */
void fio_compare_html(const struct tables *tables, FILE *out);

/* Findings of one table. */
void fio_compare_say(const struct tables *tables, const struct table *t, findings_say *say,
		     void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pairs of records of fio and of this suite for the same work.  The proof of a record of fio names
 * the other one ("same_as", BENCH.VARIANT) and the overhead of fio ("fio_own", its null engine).
 */
#ifndef DAXDM_FIO_COMPARE_H
#define DAXDM_FIO_COMPARE_H

#include "report/findings/say.h"
#include "report/table/table.h"

struct fio_pair {
	const struct run_record *theirs, *ours; /* of one stack */
	int64_t itself; /* of their median, the overhead of fio; -1 unknown */
};

/* The pair that begins with row r of the table on a stack; false if there is none. */
bool fio_compare_pair(const struct table *t, size_t row, size_t stack, struct fio_pair *out);

/* Tables of the pairs on raw and on cost_dm_stack(); nothing if there are no pairs. */
void fio_compare_print(const struct tables *tables, FILE *out);

/* Findings of one table. */
void fio_compare_say(const struct tables *tables, const struct table *t, findings_say *say,
		     void *arg);

#endif

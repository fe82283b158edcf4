/* SPDX-License-Identifier: GPL-2.0-only */
/* What losing DAX costs: the records of bench/bio/bio.c and bench/copy/copy.c held against each
 * other. */
#ifndef DAXDM_FALLBACK_COST_H
#define DAXDM_FALLBACK_COST_H

#include "report/findings/say.h"
#include "report/table/table.h"
/* The record of BENCH.VARIANT on a stack (its rank in run->stacks), or NULL. */
const struct run_record *fallback_cost_record(const struct table *t, size_t stack,
					      const char *bench, const char *variant);

/*
 * The I-th size, from 0 and the smallest, that bio.dax.OP was measured with in this table, as its
 * name says it
 * ("64k"); NULL if there are not so many.
 */
const char *fallback_cost_size(const struct table *t, const char *op, size_t i);

/* "64k" as 65536. */
double fallback_cost_size_bytes(const char *size);

/* "64k" as "64 KiB", "2m" as "2 MiB", "64" as "64 B". */
const char *fallback_cost_size_words(const char *size, char *buf, size_t buf_size);

/*
 * How many times what PATH.OP.SIZE of the bio benchmark costs as dax.OP.SIZE does, by medians; with
 * a cold or warm page cache the word stands before the size ("cold", else "").  Returns 0 if one of
 * both was not measured on that stack.
 */
double fallback_cost_ratio(const struct table *t, size_t stack, const char *path, const char *op,
			   const char *warmth, const char *size);

/* The stack that sentences are about besides raw: of 16 segments, or else of most, by its rank; -1
 * if the benchmark was not measured on raw and such a one. */
long fallback_cost_dm_stack(const struct tables *tables, const struct table *t, const char *bench);

/* Findings of one table: on the stack above, or else on raw. */
void fallback_cost_say(const struct tables *tables, const struct table *t, findings_say *say,
		       void *arg);
/* The same on raw, if there is a stack above. */
void fallback_cost_say_raw(const struct tables *tables, const struct table *t, findings_say *say,
			   void *arg);
void fallback_cost_say_sync(const struct tables *tables, const struct table *t, findings_say *say,
			    void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The records of a run as tables, for terminal, HTML and plots: one table per filesystem and unit,
 * one row per variant, one column per stack.  Independent of any benchmark. */
#ifndef DAXDM_TABLE_H
#define DAXDM_TABLE_H

#include "lib/run/role.h"
#include "lib/run/run.h"
#include "report/table/over_states.h"

#include <stdio.h>

struct table_row {
	const char *bench, *variant;
	enum run_page page;
	const struct role *role;
	const struct run_record **cell; /* by rank in run->stacks; NULL: no record */
};

struct table {
	const char *fs, *unit;
	struct table_row *rows; /* by benchmark and page size: each such section is contiguous */
	size_t n_rows;
	size_t *columns; /* ranks of the stacks that have a record here, in order */
	size_t n_columns;
};

struct tables {
	const struct run *run;
	struct table *table;
	size_t n;
	long raw; /* rank of the stack "raw", or -1: DM overhead is unknown */
	const struct over_states *states; /* NULL: one initial state */
};

/* Returns 0 or -ENOMEM; *tables needs tables_free() in either case, before the run is freed. */
int tables_build(const struct run *run, struct tables *tables);
/* The same of a run over its initial states, which must live as long as *tables. */
int tables_build_over(const struct over_states *states, struct tables *tables);
void tables_free(struct tables *tables);

/* The record of raw in that row, or NULL. */
const struct run_record *table_raw(const struct tables *tables, const struct table_row *row);

/* The row of the same benchmark and variant, but of that page size; NULL if there is none. */
const struct table_row *table_sibling(const struct table *table, const struct table_row *row,
				      enum run_page page);

/* Text of a cell without a record: "void", "skip", "lost" (all huge pages fell back, see the
 * fallback row) or "-". */
const char *table_gap(const struct tables *tables, const struct table *table,
		      const struct table_row *row, size_t stack_rank);

/* "fault, 4 KiB pages (pte)": the heading of the section a row is in. */
const char *table_section(const struct table_row *row, char *buf, size_t size);
/* Whether the row starts a section. */
bool table_section_starts(const struct table *table, size_t row);
/* The row's variant without its page size. */
const char *table_label(const struct table_row *row, char *buf, size_t size);
/* "ext4", or "no filesystem". */
const char *table_fs(const struct table *table);

/* "median", or "median over 3 initial states (range where it varies)". */
const char *table_value_words(const struct tables *tables, char *buf, size_t size);

/* The tables as text, in lines of width columns if possible. */
void table_print(const struct tables *tables, FILE *out, int width);

#endif

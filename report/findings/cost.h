/* SPDX-License-Identifier: GPL-2.0-only */
/* DM overhead by number of segments, and huge pages lost: the numbers behind findings and plots. */
#ifndef DAXDM_COST_H
#define DAXDM_COST_H

#include "report/table/table.h"

/* DM overhead of the plain stacks TARGET:1, TARGET:2 ... in one row. */
struct cost {
	const struct table *table;
	const struct table_row *row;
	char target[32]; /* device-mapper's target type */
	const struct run_record *raw;
	const struct run_record *few, *at, *many; /* fewest segments, 16 (or else most), most */
	size_t n_stacks;
	/* Least squares, in the table's unit, and which of the two lines fits better. */
	double per_doubling, per_segment;
	double base_doubling, base_segment; /* of one segment, of none */
	double r2_doubling, r2_segment;	    /* 1 is a perfect fit; two stacks fit either line */
	bool linear;			    /* per_segment fits better; false with two stacks */
	int64_t least, most;		    /* DM overhead */
	bool rises;			    /* fit_rises() */
};

/* The 2 MiB windows of a file on one stack. */
struct huge {
	const char *fs, *stack, *unit;
	const struct table_row *row; /* whose records the costs come from */
	int64_t windows, lost;	     /* lost: of those, mapped by 4 KiB pages */
	int64_t raw;   /* median to map one window on raw, in unit; -1 if not measured */
	int64_t first; /* median of the 2 MiB fault that falls back; -1 if not measured */
	int64_t page;  /* median of one 4 KiB fault in a lost window; -1 if none or not measured */
	int64_t cost;  /* to touch all of a window, mean over the windows; -1 if not measured */
};

/* 2 MiB / 4 KiB: the faults that a lost window takes when all of it is touched. */
#define PAGES_PER_WINDOW 512

/* Whether the unit is a rate ("/s"): no costs. */
bool cost_is_rate(const struct table *table);

/* The headline row of that benchmark ("": any) and page size, or else the first one.  NULL if the
 * table has no such section. */
const struct table_row *cost_headline(const struct table *table, const char *bench,
				      enum run_page page);

/* False if the row lacks raw or stacks of that target.  target NULL: the first one there is. */
bool cost_find(const struct tables *tables, const struct table *table, const struct table_row *row,
	       const char *target, struct cost *cost);
/* The rank of the DM stack that findings name: 16 segments, or else the most; -1 if the benchmark
 * ("": any) was not measured on raw and a plain stack. */
long cost_dm_stack(const struct tables *tables, const struct table *table, const char *bench);
/* Whether the stack is TARGET:N and nothing else; its target is copied into target[32]. */
bool cost_plain(const char *stack, char *target);
/* Whether column c is the first of a plain stack of its target, which is copied into target[32]. */
bool cost_starts_target(const struct tables *tables, const struct table *t, size_t c, char *target);
/* The plain stack of the same target and as many segments, in the same row; NULL if none is. */
const struct run_record *cost_reference_stack(const struct table *t, const struct table_row *row,
					      const struct run_record *rec);
/* The plain stack with the most segments that the table has: a position in its columns, or -1. */
long cost_most_segments(const struct table *t);

/* Whether the better line has R2 of 0.8 or more; two stacks fit any line. */
bool cost_fits(const struct cost *cost);
/* The rows of the benchmark ("": of any) that grow with the number of segments of that target
 * (NULL: the first one there is), by their multiple of raw, largest first.  Returns how many, at
 * most max. */
size_t cost_growing(const struct tables *tables, const struct table *table, const char *bench,
		    const char *target, struct cost *costs, size_t max);
/* DM overhead of that many segments, 1 or more, by the better fit. */
double cost_of_segments(const struct cost *cost, double segments);
/* DM overhead of a record of the cost's row, over the initial states. */
struct quantity cost_extra(const struct cost *cost, const struct run_record *rec);
/* "17x raw": with the most segments. */
const char *cost_times(const struct cost *cost, char *buf, size_t size);
/* "1,780 insn per segment" or "... per doubling", by the better fit; without sign. */
const char *cost_slope(const struct cost *cost, char *buf, size_t size);

/* Overhead against number of segments, of two or more stacks: "on average 12 insn per doubling",
 * "no clear trend, +5 to +90 on 4 stacks". */
const char *cost_trend(const struct cost *cost, char *buf, size_t size);

/* False if huge pages were not measured on that stack. */
bool cost_huge(const struct tables *tables, const struct table *table, size_t stack_rank,
	       struct huge *huge);

/* "warm 4 KiB read fault" for the row's benchmark and variant. */
const char *cost_words(const struct table_row *row, char *buf, size_t size);

#endif

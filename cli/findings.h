/* SPDX-License-Identifier: GPL-2.0-only */
/* What the numbers of a run say, in sentences: computed from the records, for terminal, page and
 * plot titles alike. */
#ifndef DAXDM_FINDINGS_H
#define DAXDM_FINDINGS_H

#include "cli/table.h"

/* What the stacks TARGET:1, TARGET:2 ... (nothing else in their names) add to raw in one row. */
struct cost {
	const struct table *table;
	const struct table_row *row;
	char target[32]; /* device-mapper's target type */
	const struct run_record *raw;
	const struct run_record *few, *at, *many; /* fewest segments, 16 (or else most), most */
	size_t n_stacks;
	/* Least squares, in the table's unit, and which of the two lines fits better. */
	double per_doubling, per_segment;
	double r2_doubling, r2_segment; /* 1 is a perfect fit; two stacks fit either line */
	bool linear; /* per_segment it is; false while two stacks leave it open */
};

/* What became of the 2 MiB windows of a file on one stack. */
struct huge {
	const char *fs, *stack, *unit;
	const struct table_row *row; /* whose records the costs come from */
	int64_t windows, lost;	     /* lost: of those, mapped by 4 KiB pages */
	int64_t raw;  /* median to map one window on raw, in unit; -1 if not measured */
	int64_t page; /* median of one 4 KiB fault in a lost window; -1 if none or not measured */
	int64_t cost; /* to touch all of a window, mean over the windows; -1 if not measured */
};

/* 2 MiB / 4 KiB: the faults that a lost window takes when all of it is touched. */
#define PAGES_PER_WINDOW 512

/* The row that speaks for the section of that benchmark and page size ("" is any benchmark):
 * read.warm if there is one, else the first.  NULL if the table has no such section. */
const struct table_row *findings_headline(const struct table *table, const char *bench,
					  enum run_page page);

/* False if the row lacks raw or stacks of that target.  target NULL: the first one there is. */
bool findings_cost(const struct tables *tables, const struct table *table,
		   const struct table_row *row, const char *target, struct cost *cost);
/* Whether the stack is TARGET:N and nothing else; its target is copied into target[32]. */
bool findings_plain(const char *stack, char *target);

/* Whether the extra grows by more than half of raw from the fewest to the most segments. */
bool findings_grows(const struct cost *cost);
/* The rows of the benchmark ("": of any) that grow with the segments of that target (NULL: the
 * first one there is), by their multiple of raw, largest first.  Returns how many, at most max. */
size_t findings_growing(const struct tables *tables, const struct table *table, const char *bench,
			const char *target, struct cost *costs, size_t max);
/* "17 times raw": the most segments. */
const char *findings_times(const struct cost *cost, char *buf, size_t size);
/* "1,780 insn for each segment", or for each doubling, by the line that fits better; its size. */
const char *findings_slope(const struct cost *cost, char *buf, size_t size);

/* False if nothing is known of huge pages on that stack. */
bool findings_huge(const struct tables *tables, const struct table *table, size_t stack_rank,
		   struct huge *huge);

/* "warm 4 KiB read fault" for the row's benchmark and variant. */
const char *findings_words(const struct table_row *row, char *buf, size_t size);

/* Each calls say(arg, sentence) for every sentence there is, in order. */
typedef void findings_say(void *arg, const char *sentence);
void findings_numbers(const struct tables *tables, findings_say *say, void *arg);
/* Voids, skips, and what is missing from the grid of variants and stacks, with the reasons. */
void findings_gaps(const struct tables *tables, findings_say *say, void *arg);

/* The head of a report: what was measured, on what, and whether the run is whole. */
void findings_head(const struct tables *tables, findings_say *say, void *arg);

#endif

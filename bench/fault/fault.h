/* SPDX-License-Identifier: GPL-2.0-only */
/* The variants of bench/fault/fault.c, as data. */
#ifndef DAXDM_FAULT_H
#define DAXDM_FAULT_H

#include "bench/bench.h"

/* What one variant does. */
struct fault_plan {
	enum { FAULT_DATA, FAULT_HOLE, FAULT_UNWRITTEN } file;
	enum { FAULT_LOAD, FAULT_STORE } timed;
	bool huge;
	bool warm;	 /* other loads put the offset into the DAX index first */
	bool follows;	 /* warm by the variant before it in the table: same mount, new mapping */
	bool load_first; /* the page is mapped read-only before the timed store */
	bool dontneed;	 /* mapped, then dropped by MADV_DONTNEED */
	bool is_private;
	bool sync;
	unsigned int pages;   /* per window; 0: as many as the meter needs */
	unsigned int windows; /* 0: all */
};

enum { FAULT_VARIANTS = 26 };

/* The arg of each is its plan; an entry without a name ends the list. */
extern const struct variant fault_variants[FAULT_VARIANTS + 1];

#endif

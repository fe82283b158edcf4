/* SPDX-License-Identifier: GPL-2.0-only */
/* The change of one quantity from one kernel to another, and its verdict.  Pure. */
#ifndef DAXDM_CHANGE_H
#define DAXDM_CHANGE_H

#include "report/compare/ranks.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHANGE_RUNS_MAX = RANKS_MAX };

/* Runs of each kernel needed with meter time: with fewer no difference is significant at 5 %. */
enum { CHANGE_RUNS_MIN = 4 };
#define CHANGE_CHANCE 0.05

/* One quantity of one kernel, a value per run. */
struct quantity {
	int64_t of_run[CHANGE_RUNS_MAX];
	size_t n;	/* 0: not measured */
	int64_t median; /* of of_run[]; the lower one of an even number */
	int64_t least, most;
};

void quantity_add(struct quantity *q, int64_t value);

enum change_kind {
	CHANGE_ABSENT,	  /* on neither side */
	CHANGE_EQUAL,	  /* "=" */
	CHANGE_UNSHOWN,	  /* "~": no significant difference */
	CHANGE_BETTER,	  /* by less than the threshold */
	CHANGE_IMPROVED,  /* by the threshold or more */
	CHANGE_WORSE,	  /* by less than the threshold */
	CHANGE_REGRESSED, /* by the threshold or more */
	CHANGE_VANISHED,  /* requested, but no longer measured */
	CHANGE_LEFT_OUT,  /* no longer requested */
	CHANGE_NEW,
	CHANGE_KINDS,
};

/* "=", "~", "better", "IMPROVED", ... as tables show it. */
const char *change_word(enum change_kind kind);
/* Whether the comparison fails by it. */
bool change_fails(enum change_kind kind);

struct change {
	enum change_kind kind;
	int64_t difference; /* of the medians, in the unit of the quantity */
	double share;	    /* the difference in per cent of `whole` */
	bool too_few;	    /* meter time: fewer than CHANGE_RUNS_MIN runs on a side */
	bool tested;	    /* the rank test below was made */
	struct rank_test test;
};

/* How a quantity is judged. */
struct judge {
	bool time; /* meter time: ranks decide; else numbers are exact */
	bool higher_is_better;
	double threshold; /* per cent of the whole */
};

/*
 * Judges base -> new, both measured.  whole is the denominator of the percentage, e.g. the median
 * of base.  Exact numbers of several runs of one kernel differ only if their ranges do not overlap.
 */
struct change change_judge(const struct quantity *base, const struct quantity *new, int64_t whole,
			   const struct judge *judge);

#endif

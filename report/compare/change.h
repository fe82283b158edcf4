/* SPDX-License-Identifier: GPL-2.0-only */
/* What became of one quantity from one kernel to another: its size, and what to call it.  Pure. */
#ifndef DAXDM_CHANGE_H
#define DAXDM_CHANGE_H

#include "report/compare/ranks.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHANGE_RUNS_MAX = RANKS_MAX };

/* Under meter time so many runs of each kernel are needed: with fewer no difference, however large,
 * is beyond chance at 5 %. */
enum { CHANGE_RUNS_MIN = 4 };
#define CHANGE_CHANCE 0.05

/* One quantity in the runs of one kernel, one value of each run. */
struct quantity {
	int64_t of_run[CHANGE_RUNS_MAX];
	size_t n;	/* 0: not measured */
	int64_t median; /* of of_run[]; of an even number the lower middle one */
	int64_t least, most;
};

void quantity_add(struct quantity *q, int64_t value);

enum change_kind {
	CHANGE_ABSENT,	  /* on neither side */
	CHANGE_EQUAL,	  /* "=" */
	CHANGE_UNSHOWN,	  /* "~": no difference is shown; that is not to say that there is none */
	CHANGE_BETTER,	  /* by less than the threshold */
	CHANGE_IMPROVED,  /* by the threshold or more */
	CHANGE_WORSE,	  /* by less than the threshold */
	CHANGE_REGRESSED, /* by the threshold or more */
	CHANGE_VANISHED,  /* asked for, but not measured any more */
	CHANGE_LEFT_OUT,  /* not asked for any more */
	CHANGE_NEW,
	CHANGE_KINDS,
};

/* "=", "~", "better", "IMPROVED", ... as tables show it. */
const char *change_word(enum change_kind kind);
/* Whether it makes the comparison fail. */
bool change_fails(enum change_kind kind);

struct change {
	enum change_kind kind;
	int64_t difference; /* of the medians, in the unit of the quantity */
	double share;	    /* the difference in per cent of the whole */
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
 * Judges base -> new, both measured.  whole is what the difference is a share of, e.g. the base's
 * median.  Exact numbers of several runs of one kernel should be the same; where they are not, only
 * ranges that do not overlap are a difference.
 */
struct change change_judge(const struct quantity *base, const struct quantity *new, int64_t whole,
			   const struct judge *judge);

#endif

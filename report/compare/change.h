/* SPDX-License-Identifier: GPL-2.0-only */
/* The change of one quantity from one kernel to another, and its verdict.  Pure. */
#ifndef DAXDM_CHANGE_H
#define DAXDM_CHANGE_H

#include "report/compare/ranks.h"
#include "report/table/quantity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHANGE_RUNS_MAX = RANKS_MAX };
_Static_assert((int)CHANGE_RUNS_MAX == (int)QUANTITY_VALUES_MAX,
	       "a quantity has a value of each run");

/* Runs of each kernel needed with meter time: with fewer no difference is significant at 5 %. */
enum { CHANGE_RUNS_MIN = 4 };
#define CHANGE_CHANCE 0.05

/* Initial states of each kernel that a comparison measures at most, and by default.  The first
 * selects what the others test; eight confirm one of 171 that it selects, five only 2 of 7. */
enum { CHANGE_STATES_MAX = 8, CHANGE_STATES_DEFAULT = 8 };

enum change_kind {
	CHANGE_ABSENT,	  /* on neither side */
	CHANGE_EQUAL,	  /* "=" */
	CHANGE_VARIES,	  /* medians differ by the threshold or more, but not all states agree */
	CHANGE_UNSURE,	  /* by the threshold or more, all states agree, but they are too few */
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
/* Whether it differs by the threshold or more. */
bool change_is_beyond(enum change_kind kind);
/* Whether the comparison fails by it. */
bool change_fails(enum change_kind kind);

struct change {
	enum change_kind kind;
	int64_t difference; /* of the medians, in the unit of the quantity */
	double share;	    /* the difference in per cent of `whole` */
	/* Meter insn: the chance that two equal kernels differ like this in all states after the
	 * first; 1: they do not, or only the first was measured. */
	double chance;
	bool several;	/* meter insn: a side has several states */
	bool worse;	/* the direction of the difference */
	bool flagged;	/* by the threshold or more in the first state */
	bool confirmed; /* by change_confirm() */
	bool too_few;	/* meter time: fewer than CHANGE_RUNS_MIN runs on a side */
	bool tested;	/* the rank test below was made */
	struct rank_test test;
};

/* How a quantity is judged. */
struct judge {
	bool time;		  /* meter time: ranks decide; else numbers are exact */
	bool other_seed_or_build; /* the sides differ in it: inside the other range is equal */
	bool higher_is_better;
	double threshold; /* per cent of the whole */
};

/*
 * Judges base -> new, both measured.  whole is the denominator of the percentage, e.g. the median
 * of base.  Exact numbers of several states of one kernel differ only if their ranges are
 * disjoint.  The first state of each kernel selects: a difference that is flagged in it and holds
 * in the others is CHANGE_UNSURE until change_confirm().
 */
struct change change_judge(const struct quantity *base, const struct quantity *new, int64_t whole,
			   const struct judge *judge);

/*
 * Of all differences of one comparison: those that are CHANGE_UNSURE and survive the correction for
 * the number of flagged ones become CHANGE_REGRESSED or CHANGE_IMPROVED.
 * Source: Benjamini and Hochberg, "Controlling the False Discovery Rate", 1995; CHANGE_CHANCE is
 * the rate.  The first state, which selected, does not count in the chance.  Judging again after
 * each state needs no correction: ranges that are disjoint over more states are disjoint over
 * fewer, so that the smallest chance a difference reached is valid by itself.
 * Returns 0 or -ENOMEM.
 */
int change_confirm(struct change *const *list, size_t n);

/* Whether it holds in all states by the threshold or more, but is not confirmed: more states could
 * confirm it. */
bool change_is_undecided(const struct change *change);

/* The chance that n values of one kernel are all above m values of an equal one:
 * 1 / C(n + m, n). */
double change_chance(size_t n, size_t m);

/* States of each kernel, the first included, that confirm k of m flagged differences; 0: more than
 * CHANGE_STATES_MAX. */
unsigned int change_states_needed(size_t k, size_t m);

#endif

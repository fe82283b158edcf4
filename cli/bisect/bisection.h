/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bisection that tests several members of a history at a time.
 *
 * A round tests the middle M of what is left, the middle of what is left if M is good, that if M is
 * bad, and so on: 2^k - 1 members halve the rest k times.  It is the search that tests one member
 * at a time, some steps ahead.  In a list of which no member is skipped both end with the same
 * member, even if verdicts are not monotonic.
 *
 * Members are named by text.  As in cli/driver/process.h errors end the process.
 */
#ifndef DAXDM_BISECTION_H
#define DAXDM_BISECTION_H

#include "lib/base/words.h"

#include <stdbool.h>
#include <stddef.h>

struct bisection_history {
	void *data;
	/* The member that best divides those that bad contains and none of goods does.  It is
	 * neither bad nor in skipped; NULL: there is none.  To be freed. */
	char *(*middle)(void *data, const struct words *goods, const char *bad,
			const struct words *skipped);
	/* Whether older is newer or comes before it. */
	bool (*contains)(void *data, const char *newer, const char *older);
};

enum bisection_verdict { BISECTION_GOOD, BISECTION_BAD, BISECTION_SKIPPED };

struct bisection_result {
	char *name;
	enum bisection_verdict verdict;
	bool used;
};

struct bisection {
	const struct bisection_history *history;
	struct words goods; /* the first is the good end */
	char *bad;
	struct words skipped;
	struct bisection_result *results; /* as they were added */
	size_t n;
};

/* good and bad are the ends, which have been tested or will be. */
void bisection_begin(struct bisection *b, const struct bisection_history *history, const char *good,
		     const char *bad);

/* Adds to names at most n members to be tested next; none: the search has ended. */
void bisection_choose(const struct bisection *b, size_t n, struct words *names);

/* Adds what a test found. */
void bisection_add(struct bisection *b, const char *name, enum bisection_verdict verdict);

/* Narrows what is left by all results: goods and bad change. */
void bisection_narrow(struct bisection *b);

/* The newest member known to be good that comes before bad. */
const char *bisection_newest_good(const struct bisection *b);

/* Whether a skipped member may be the first bad one. */
bool bisection_is_suspect(const struct bisection *b, const char *skipped);

/* Whether a member is good though it contains a bad one; which. */
bool bisection_contradiction(const struct bisection *b, const char **bad, const char **good);

void bisection_free(struct bisection *b);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The outcome of one check line of run.jsonl.  Pure. */
#ifndef DAXDM_OUTCOME_H
#define DAXDM_OUTCOME_H

#include <jansson.h>

/* The outcome of a check line, with regard to its known bug and its planted fault. */
enum outcome {
	OUTCOME_PASSED, /* planted: the fault was detected */
	OUTCOME_FAILED, /* planted: it was not */
	OUTCOME_XFAIL,	/* fails as known */
	OUTCOME_XPASS,	/* known to fail, but passes */
	OUTCOME_SKIPPED,
	OUTCOME_BROKEN,
	OUTCOME_KINDS,
};

/* A line whose verdict is none of the four words is broken. */
enum outcome outcome_of(const json_t *line);

/* "passed", "failed", "failed as known", "unexpectedly passing", "skipped", "broken". */
const char *outcome_words(enum outcome outcome);

/* FAMILY.NAME, with +PLANT if a fault was planted.  Returns id. */
const char *outcome_case(const json_t *line, char id[112]);

/* The reason in one line without control characters, or "".  free() it; NULL without memory. */
char *outcome_reason(const json_t *line);

#endif

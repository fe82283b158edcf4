// SPDX-License-Identifier: GPL-2.0-only
#include "report/checks/outcome.h"

#include "lib/base/json_field.h"
#include "lib/base/memory.h"
#include "lib/base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum outcome outcome_of(const json_t *line)
{
	const char *verdict = json_field_text(line, "verdict");
	bool planted = *json_field_text(line, "plant"), known = *json_field_text(line, "known");

	if (!strcmp(verdict, "pass")) {
		if (planted)
			return OUTCOME_FAILED;
		return known ? OUTCOME_XPASS : OUTCOME_PASSED;
	}
	if (!strcmp(verdict, "fail")) {
		/* A check that fails without the planted fault too did not detect it. */
		if (planted)
			return known ? OUTCOME_SKIPPED : OUTCOME_PASSED;
		return known ? OUTCOME_XFAIL : OUTCOME_FAILED;
	}
	return strcmp(verdict, "skip") ? OUTCOME_BROKEN : OUTCOME_SKIPPED;
}

const char *outcome_words(enum outcome outcome)
{
	static const char *const words[OUTCOME_KINDS] = {
		[OUTCOME_PASSED] = "passed",	     [OUTCOME_FAILED] = "failed",
		[OUTCOME_XFAIL] = "failed as known", [OUTCOME_XPASS] = "unexpectedly passing",
		[OUTCOME_SKIPPED] = "skipped",	     [OUTCOME_BROKEN] = "broken",
	};

	return words[outcome];
}

const char *outcome_case(const json_t *line, char id[112])
{
	const char *plant = json_field_text(line, "plant");

	snprintf(id, 112, "%s%s%s", json_field_text(line, "id"), *plant ? "+" : "", plant);
	return id;
}

char *outcome_reason(const json_t *line)
{
	const char *why = json_field_text(line, "why"), *cure = json_field_text(line, "cure");
	const char *known = json_field_text(line, "known");
	bool planted = *json_field_text(line, "plant");
	char *reason = NULL;
	int rc = -1;

	switch (outcome_of(line)) {
	case OUTCOME_PASSED:
		rc = asprintf(&reason, "%s%s", planted ? "detected: " : "", planted ? why : "");
		break;
	case OUTCOME_FAILED:
		rc = asprintf(&reason, "%s", planted ? "planted fault not detected" : why);
		break;
	case OUTCOME_XFAIL:
		rc = asprintf(&reason, "known/%s: %s", known, why);
		break;
	case OUTCOME_XPASS:
		rc = asprintf(&reason, "known/%s not reproduced", known);
		break;
	case OUTCOME_SKIPPED:
		if (planted && *known)
			rc = asprintf(&reason,
				      "known/%s fails this check without a planted fault, too; use "
				      "a kernel "
				      "without that bug",
				      known);
		else
			rc = asprintf(&reason, "%s%s%s", why, *cure ? "; " : "", cure);
		break;
	default:
		rc = asprintf(&reason, "%s", *why ? why : "no verdict");
	}
	if (rc < 0)
		return memory_check(NULL);
	text_flatten(reason);
	return reason;
}

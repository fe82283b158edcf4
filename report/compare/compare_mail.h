/* SPDX-License-Identifier: GPL-2.0-only */
/* A comparison of two kernels as Markdown that fits into a mail with a patch: 76 columns. */
#ifndef DAXDM_COMPARE_MAIL_H
#define DAXDM_COMPARE_MAIL_H

#include "report/checks/behaviour_changes.h"
#include "report/compare/compare.h"

/* checks is NULL if none were compared.  explained is an array of explanations as
 * explanation_json() makes them, or NULL. */
void compare_mail(const struct comparison *c, const struct behaviour *checks,
		  const json_t *explained, FILE *out);

/* "2 metrics worse, 1 better beyond the threshold; 1 check fails that passed" of the step from the
 * first to the last side.  Returns buf. */
const char *compare_verdict(const struct comparison *c, const struct behaviour *checks, char *buf,
			    size_t size);

/* The functions that make the differences, a block for each explained metric; indent is put before
 * each line. */
void compare_functions(const json_t *explained, const char *indent, FILE *out);

#endif

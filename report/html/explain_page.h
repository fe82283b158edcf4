/* SPDX-License-Identifier: GPL-2.0-only */
/* The page of an explanation: which functions make the difference of two medians. */
#ifndef DAXDM_EXPLAIN_PAGE_H
#define DAXDM_EXPLAIN_PAGE_H

#include <jansson.h>
#include <stdio.h>

/* Writes the page of what explanation_json() made, with waterfall.svg of DIR.  Returns 0 or
 * -errno. */
int explain_page_write(const json_t *explanation, const char *dir, FILE *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The index of the published results. */
#ifndef DAXDM_SITE_PAGE_H
#define DAXDM_SITE_PAGE_H

#include <stdio.h>

/* What a folder of the site holds. */
enum site_kind { SITE_OTHER, SITE_RUN, SITE_CHECKS, SITE_LADDER, SITE_EXPLANATION };

enum site_kind site_kind(const char *dir);

/* Writes the index of what is in DIR.  Returns 0 or -errno. */
int site_page_write(const char *dir, FILE *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* A page that appears whole or not at all. */
#ifndef DAXDM_PAGE_FILE_H
#define DAXDM_PAGE_FILE_H

#include <stdio.h>

struct page_file {
	char *path, *temp;
	FILE *out;
};

/* Opens DIR/NAME under a temporary name, which a signal removes; out is NULL if that failed. */
struct page_file page_file_open(const char *dir, const char *name);
/* Gives it its name, or removes it if rc (what writing it returned) is not 0.  Returns an exit
 * status; STATUS_BROKEN after one error line of that verb. */
int page_file_close(struct page_file *f, const char *verb, int rc);

/* Writes OUTPUT/explain.html of the explanation in DIR.  Returns an exit status, as above. */
int explain_page_file(const char *dir, const char *output, const char *verb);

#endif

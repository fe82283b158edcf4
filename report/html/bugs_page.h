/* SPDX-License-Identifier: GPL-2.0-only */
/* The page of the known kernel bugs: which is on which kernel, with a report of each. */
#ifndef DAXDM_BUGS_PAGE_H
#define DAXDM_BUGS_PAGE_H

#include "report/checks/bug_matrix.h"

#include <stdio.h>

/* Writes the page, with links to bugs/NAME.mail.txt and bugs/NAME.txt in DIR.  Returns 0 or
 * -errno. */
int bugs_page_write(const struct bug_matrix *m, const struct known *known, const char *dir,
		    FILE *out);

#endif

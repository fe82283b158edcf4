/* SPDX-License-Identifier: GPL-2.0-only */
/* report.html: the same tables and findings as on the terminal, as one self-contained page. */
#ifndef DAXDM_HTML_H
#define DAXDM_HTML_H

#include "report/table/table.h"

/* Writes the page to out; the *.svg plots that lie in DIR go in as they are.  Returns 0 or -errno.
 */
int html_write(const struct tables *tables, const char *dir, FILE *out);

#endif

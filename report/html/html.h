/* SPDX-License-Identifier: GPL-2.0-only */
/* report.html: tables and findings as one self-contained page. */
#ifndef DAXDM_HTML_H
#define DAXDM_HTML_H

#include "report/table/table.h"

/* Writes the page to out, with the *.svg plots in DIR.  Returns 0 or -errno. */
int html_write(const struct tables *tables, const char *dir, FILE *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all pages have in common: one file of HTML with its style and plots, readable without
 * scripts, at 390 pixels and in dark mode.  No request leaves the page.  Text is escaped here.
 */
#ifndef DAXDM_PAGE_H
#define DAXDM_PAGE_H

#include "lib/base/words.h"
#include "report/table/grid.h"

#include <stdio.h>

/* Up to and with the title. */
void page_begin(FILE *out, const char *title);
/* The line at the end.  Returns 0, or -EIO if anything written to out was lost. */
int page_end(FILE *out, const char *written_by);

/* A heading; id (may be NULL) is what links to it name. */
void page_heading(FILE *out, const char *id, const char *text);
/* A paragraph; class is one of the style's, or NULL. */
void page_paragraph(FILE *out, const char *class, const char *text);
/* Text for a terminal, if there is any. */
void page_pre(FILE *out, const char *label, const char *text);
/* Text as it is, but characters that no id may have as "-". */
void page_put_id(FILE *out, const char *text);

/* Sentences of a list.  Zero it; page_add() is a findings_say. */
struct page_list {
	struct words sentences;
};
void page_add(void *list, const char *sentence);
/* Writes and empties it: with a heading, or folded, as "HEADING (N)".  Nothing if it is empty. */
void page_put_list(FILE *out, struct page_list *list, const char *id, const char *heading);
void page_put_folded(FILE *out, struct page_list *list, const char *id, const char *heading);
/* The first n of them without a heading; the others stay. */
void page_put_first(FILE *out, struct page_list *list, size_t n, const char *class);
/* All without a heading. */
void page_put_bare(FILE *out, struct page_list *list, const char *class);

/* A field that leaves only the rows of the next table that hold its words; a page without scripts
 * does not show it. */
void page_filter(FILE *out, const char *id);

/* A table that scrolls within itself; its head stays in sight. */
void page_table_begin(FILE *out, const char *class, const char *caption);
void page_table_end(FILE *out);
/* The head of a row, which links to itself if the row has an id. */
void page_row_head(FILE *out, const char *id, const char *text);
/* A whole table of text; the first column of each line is its head. */
void page_grid(FILE *out, const struct grid *g, const char *caption);

/*
 * The plot of that name, if DIR has it: NAME.svg is put into the page without the heading that is
 * drawn into it.  Its title, which says what it shows, becomes the caption and the text for who
 * does not see it; a plot that an older build drew has none, and what it shows in general is said
 * instead.  Returns whether there is one.
 */
bool page_figure(FILE *out, const char *dir, const char *name, const char *in_general);

#endif

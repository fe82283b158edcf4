/* SPDX-License-Identifier: GPL-2.0-only */
/* A table of text cells, for a terminal or as Markdown. */
#ifndef DAXDM_GRID_H
#define DAXDM_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { GRID_COLUMNS_MAX = 64 };

struct grid_line {
	char *across; /* a text instead of cells, or NULL */
	char *cells[GRID_COLUMNS_MAX];
	char *id; /* what links to the line name, or NULL */
};

/* Start with grid_init(); grid_print() reports lines lost without memory. */
struct grid {
	size_t n_columns, n_keys; /* the first n_keys are repeated where a wide grid is split */
	char *head[GRID_COLUMNS_MAX];
	bool left[GRID_COLUMNS_MAX]; /* aligned to the left */
	struct grid_line *lines;
	size_t n_lines, room;
	bool no_memory;
};

void grid_init(struct grid *g, size_t n_keys);
/* Adds a column. */
void grid_column(struct grid *g, const char *head, bool left);
/* Begins a line; its cells are empty. */
void grid_line(struct grid *g);
/* A line of text across all columns; "" is an empty one. */
__attribute__((format(printf, 2, 3))) void grid_across(struct grid *g, const char *fmt, ...);
/* Sets a cell of the last line. */
__attribute__((format(printf, 3, 4))) void grid_cell(struct grid *g, size_t column, const char *fmt,
						     ...);

/* Sets the id of the last line. */
void grid_id(struct grid *g, const char *id);

/* In lines of width columns if possible: columns are split into groups, each with the keys. */
void grid_print(const struct grid *g, FILE *out, int width);
void grid_markdown(const struct grid *g, FILE *out);

/* Text (may be NULL) with the markup of Markdown and HTML escaped. */
void grid_markdown_text(const char *text, FILE *out);
void grid_free(struct grid *g);

#endif

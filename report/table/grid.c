// SPDX-License-Identifier: GPL-2.0-only
#include "report/table/grid.h"

#include "lib/base/memory.h"
#include "lib/base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2 /* columns between two cells */

void grid_init(struct grid *g, size_t n_keys)
{
	*g = (struct grid){.n_keys = n_keys};
}

void grid_column(struct grid *g, const char *head, bool left)
{
	if (g->n_columns == GRID_COLUMNS_MAX)
		return;
	g->left[g->n_columns] = left;
	g->head[g->n_columns] = memory_check(strdup(head));
	g->no_memory |= !g->head[g->n_columns];
	g->n_columns++;
}

void grid_line(struct grid *g)
{
	if (g->n_lines == g->room) {
		size_t room = g->room ? 2 * g->room : 64;
		struct grid_line *more = memory_check(reallocarray(g->lines, room, sizeof(*more)));

		if (!more) {
			g->no_memory = true;
			return;
		}
		g->lines = more;
		g->room = room;
	}
	g->lines[g->n_lines++] = (struct grid_line){0};
}

static char *format(struct grid *g, const char *fmt, va_list ap)
{
	char *text = NULL, *printable;

	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	g->no_memory |= !memory_check(text);
	if (!text || !text_unprintable(text))
		return text;
	printable = memory_check(text_escaped(text));
	g->no_memory |= !printable;
	free(text);
	return printable;
}

void grid_across(struct grid *g, const char *fmt, ...)
{
	va_list ap;

	grid_line(g);
	if (g->no_memory)
		return;
	va_start(ap, fmt);
	g->lines[g->n_lines - 1].across = format(g, fmt, ap);
	va_end(ap);
}

void grid_cell(struct grid *g, size_t column, const char *fmt, ...)
{
	char **cell;
	va_list ap;

	if (g->no_memory || column >= g->n_columns || !g->n_lines)
		return;
	cell = &g->lines[g->n_lines - 1].cells[column];
	free(*cell);
	va_start(ap, fmt);
	*cell = format(g, fmt, ap);
	va_end(ap);
}

void grid_id(struct grid *g, const char *id)
{
	if (g->no_memory || !g->n_lines || g->lines[g->n_lines - 1].id)
		return;
	g->lines[g->n_lines - 1].id = memory_check(strdup(id));
}

static int width_of(const struct grid *g, size_t column)
{
	size_t width = g->head[column] ? strlen(g->head[column]) : 0;

	for (size_t i = 0; i < g->n_lines; i++) {
		const char *text = g->lines[i].cells[column];

		if (text && strlen(text) > width)
			width = strlen(text);
	}
	return (int)width;
}

/* A cell; spaces are deferred until text follows, so that no line ends in one. */
static void put(FILE *out, int *owed, const char *text, bool left, int width)
{
	int len = text ? (int)strlen(text) : 0;

	if (!len) {
		*owed += width + GAP;
		return;
	}
	fprintf(out, "%*s%s", *owed + (left ? 0 : width - len), "", text);
	*owed = GAP + (left ? width - len : 0);
}

/* The keys and the columns [first, end) of one line. */
static void print_line(const struct grid *g, char *const *cells, const int *width, size_t first,
		       size_t end, FILE *out)
{
	int owed = 0;

	for (size_t c = 0; c < end; c = c + 1 == g->n_keys && first > c ? first : c + 1)
		put(out, &owed, cells[c], g->left[c], width[c]);
	fputc('\n', out);
}

static void print_group(const struct grid *g, const int *width, size_t first, size_t end, FILE *out)
{
	print_line(g, g->head, width, first, end, out);
	for (size_t i = 0; i < g->n_lines; i++) {
		if (g->lines[i].across)
			fprintf(out, "%s\n", g->lines[i].across);
		else
			print_line(g, g->lines[i].cells, width, first, end, out);
	}
}

void grid_print(const struct grid *g, FILE *out, int width)
{
	int widths[GRID_COLUMNS_MAX], keys = 0;

	if (g->no_memory)
		fprintf(out, "(lines are missing: out of memory)\n");
	for (size_t c = 0; c < g->n_columns; c++)
		widths[c] = width_of(g, c);
	for (size_t c = 0; c < g->n_keys; c++)
		keys += widths[c] + GAP;
	for (size_t first = g->n_keys, end; first < g->n_columns; first = end) {
		int sum = keys - GAP;

		for (end = first; end < g->n_columns; end++) {
			sum += GAP + widths[end];
			if (sum > width && end > first)
				break;
		}
		if (first > g->n_keys)
			fputc('\n', out);
		print_group(g, widths, first, end, out);
	}
}

void grid_markdown_text(const char *text, FILE *out)
{
	if (!text)
		return;
	/* Skip the indentation for a terminal. */
	for (text += strspn(text, " "); *text; text++) {
		if (strchr("|\\`*_~<[&", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void markdown_line(const struct grid *g, char *const *cells, FILE *out)
{
	for (size_t c = 0; c < g->n_columns; c++) {
		fputs("| ", out);
		grid_markdown_text(cells[c], out);
		fputc(' ', out);
	}
	fputs("|\n", out);
}

void grid_markdown(const struct grid *g, FILE *out)
{
	bool in_table = false;

	for (size_t i = 0; i < g->n_lines; i++) {
		const struct grid_line *line = &g->lines[i];

		if (line->across) {
			fputs(in_table ? "\n" : "", out);
			grid_markdown_text(line->across, out);
			fputs("\n", out);
			in_table = false;
			continue;
		}
		if (!in_table) {
			fputc('\n', out);
			markdown_line(g, g->head, out);
			for (size_t c = 0; c < g->n_columns; c++)
				fputs(g->left[c] ? "|---" : "|---:", out);
			fputs("|\n", out);
			in_table = true;
		}
		markdown_line(g, line->cells, out);
	}
}

void grid_free(struct grid *g)
{
	for (size_t c = 0; c < g->n_columns; c++)
		free(g->head[c]);
	for (size_t i = 0; i < g->n_lines; i++) {
		free(g->lines[i].across);
		free(g->lines[i].id);
		for (size_t c = 0; c < g->n_columns; c++)
			free(g->lines[i].cells[c]);
	}
	free(g->lines);
	memset(g, 0, sizeof(*g));
}

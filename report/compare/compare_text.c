// SPDX-License-Identifier: GPL-2.0-only
/* A comparison of numbers on a terminal, and as Markdown. */
#include "report/compare/compare_show.h"

#include "lib/base/memory.h"
#include "lib/base/terminal.h"
#include "lib/base/text.h"
#include "report/compare/series.h"

#include <stdlib.h>

const char compare_forced_text[] = "FORCED: the runs differ in more than the kernel; the "
				   "results are no evidence";

static void markdown_sentence(void *arg, const char *sentence)
{
	char *printable = memory_check(text_escaped(sentence));

	fputs("* ", arg);
	grid_markdown_text(printable, arg);
	fputc('\n', arg);
	free(printable);
}

static void print_series(const struct series *s, int width, FILE *out)
{
	struct printer head = {.width = width, .bullet = "", .out = out};
	struct grid g;

	series_say(s, terminal_print_sentence, &head);
	fputc('\n', out);
	series_grid(s, &g);
	grid_print(&g, out, width);
	grid_free(&g);
	fputc('\n', out);
}

void compare_print(const struct comparison *c, bool all, int width, FILE *out)
{
	struct printer head = {.width = width, .bullet = "", .out = out};
	struct printer gone = {.width = width, .bullet = "", .out = out};
	struct grid g;

	if (c->forced)
		terminal_print_sentence(&head, compare_forced_text);
	if (c->series)
		print_series(c->series, width, out);
	compare_say(c, terminal_print_sentence, &head);
	compare_say_kernels(c, terminal_print_sentence, &head);
	compare_say_gone(c, all, terminal_print_sentence, &gone);
	fputc('\n', out);
	compare_grid(c, all, &g);
	grid_print(&g, out, width);
	grid_free(&g);
}

void compare_markdown(const struct comparison *c, bool all, FILE *out)
{
	struct grid g;

	if (c->forced)
		fprintf(out, "**%s**\n\n", compare_forced_text);
	if (c->series) {
		series_say(c->series, markdown_sentence, out);
		series_grid(c->series, &g);
		grid_markdown(&g, out);
		grid_free(&g);
		fputc('\n', out);
	}
	compare_say(c, markdown_sentence, out);
	compare_say_kernels(c, markdown_sentence, out);
	compare_say_gone(c, all, markdown_sentence, out);
	compare_grid(c, all, &g);
	fputc('\n', out);
	grid_markdown(&g, out);
	grid_free(&g);
}

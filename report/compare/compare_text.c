// SPDX-License-Identifier: GPL-2.0-only
/* A comparison of numbers on a terminal, and as Markdown. */
#include "report/compare/compare_show.h"

#include "lib/base/memory.h"
#include "lib/base/terminal.h"
#include "lib/base/text.h"

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

void compare_print(const struct comparison *c, bool all, int width)
{
	struct printer head = {.width = width, .bullet = ""};
	struct printer gone = {.width = width, .bullet = ""};
	struct grid g;

	if (c->forced)
		terminal_print_sentence(&head, compare_forced_text);
	compare_say(c, terminal_print_sentence, &head);
	compare_say_kernels(c, terminal_print_sentence, &head);
	compare_say_gone(c, all, terminal_print_sentence, &gone);
	putchar('\n');
	compare_grid(c, all, &g);
	grid_print(&g, stdout, width);
	grid_free(&g);
}

void compare_markdown(const struct comparison *c, bool all, FILE *out)
{
	struct grid g;

	if (c->forced)
		fprintf(out, "**%s**\n\n", compare_forced_text);
	compare_say(c, markdown_sentence, out);
	compare_say_kernels(c, markdown_sentence, out);
	compare_say_gone(c, all, markdown_sentence, out);
	compare_grid(c, all, &g);
	fputc('\n', out);
	grid_markdown(&g, out);
	grid_free(&g);
}

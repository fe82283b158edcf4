// SPDX-License-Identifier: GPL-2.0-only
#include "cli/terminal.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Lines are cut to this where nothing tells how wide the terminal is. */
#define WIDTH_UNKNOWN 120
#define WIDTH_MAX 200

int terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col)
		return WIDTH_UNKNOWN;
	return size.ws_col < WIDTH_MIN	 ? WIDTH_MIN
	       : size.ws_col > WIDTH_MAX ? WIDTH_MAX
					 : size.ws_col;
}

void print_sentence(void *arg, const char *sentence)
{
	struct printer *p = arg;
	int indent = (int)strlen(p->bullet), at = indent;
	const char *word = sentence;

	if (!p->any && p->heading)
		printf("%s\n", p->heading);
	p->any = true;
	fputs(p->bullet, stdout);
	while (*word) {
		int len = (int)strcspn(word, " ");

		if (word != sentence && at + 1 + len > p->width) {
			printf("\n%*s", indent, "");
			at = indent;
		} else if (word != sentence) {
			putchar(' ');
			at++;
		}
		printf("%.*s", len, word);
		at += len;
		word += len + (word[len] == ' ');
	}
	putchar('\n');
}

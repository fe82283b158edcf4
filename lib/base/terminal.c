// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/terminal.h"

#include "lib/base/memory.h"
#include "lib/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The default width if the width of the terminal is unknown. */
#define WIDTH_UNKNOWN 120
#define WIDTH_MAX 200

int terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col)
		return WIDTH_UNKNOWN;
	return size.ws_col < TERMINAL_WIDTH_MIN ? TERMINAL_WIDTH_MIN
	       : size.ws_col > WIDTH_MAX	? WIDTH_MAX
						: size.ws_col;
}

void terminal_print_sentence(void *arg, const char *sentence)
{
	struct printer *p = arg;
	FILE *out = p->out ? p->out : stdout;
	int indent = (int)strlen(p->bullet), at = indent;
	char *printable = memory_check(text_escaped(sentence));
	const char *word = printable ? printable : "";

	if (!p->any && p->heading)
		fprintf(out, "%s\n", p->heading);
	p->any = true;
	fputs(p->bullet, out);
	while (*word) {
		int len = (int)strcspn(word, " ");

		if (word != printable && at + 1 + len > p->width) {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
		} else if (word != printable) {
			fputc(' ', out);
			at++;
		}
		fprintf(out, "%.*s", len, word);
		at += len;
		word += len + (word[len] == ' ');
	}
	fputc('\n', out);
	free(printable);
}

int terminal_print_json(const json_t *json, FILE *out)
{
	char *text = json_dumps(json, JSON_INDENT(1) | JSON_ENSURE_ASCII), *at = text;

	if (!text)
		return -ENOMEM;
	/* DEL is the one control character that jansson does not escape. */
	for (size_t len; *at; at += len + (at[len] == 0x7f)) {
		len = strcspn(at, "\x7f");
		fwrite(at, 1, len, out);
		fputs(at[len] == 0x7f ? "\\u007f" : "", out);
	}
	fputc('\n', out);
	free(text);
	return 0;
}

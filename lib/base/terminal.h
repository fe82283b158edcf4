/* SPDX-License-Identifier: GPL-2.0-only */
/* Printing of sentences and JSON on a terminal. */
#ifndef DAXDM_TERMINAL_H
#define DAXDM_TERMINAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* The minimum width for readable tables. */
#define TERMINAL_WIDTH_MIN 60

/* The number of columns of the terminal, or a default if it is unknown. */
int terminal_width(void);

struct printer {
	FILE *out; /* NULL: stdout */
	int width;
	const char *bullet;
	bool any;	     /* a sentence was printed */
	const char *heading; /* printed before the first sentence; may be NULL */
};

/* Prints a sentence, broken at spaces; continuation lines are indented to its text.  Of type
 * findings_say: arg is a struct printer. */
void terminal_print_sentence(void *arg, const char *sentence);

/* Prints JSON as ASCII without control characters except newlines, so that it is safe on a
 * terminal. Returns 0, or -ENOMEM before anything was printed. */
int terminal_print_json(const json_t *json, FILE *out);

#endif

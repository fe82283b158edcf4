/* SPDX-License-Identifier: GPL-2.0-only */
/* Sentences and JSON on a terminal. */
#ifndef DAXDM_TERMINAL_H
#define DAXDM_TERMINAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Narrower than this no table is readable. */
#define TERMINAL_WIDTH_MIN 60

/* How many columns lines may have; what suits most where nothing tells how wide it is. */
int terminal_width(void);

struct printer {
	FILE *out; /* NULL: stdout */
	int width;
	const char *bullet;
	bool any;	     /* something was printed */
	const char *heading; /* printed before the first sentence; may be NULL */
};

/* Prints a sentence, broken at spaces; later lines stand under the text of the first.  A
 * findings_say: arg is a struct printer. */
void terminal_print_sentence(void *arg, const char *sentence);

/* Prints JSON that a terminal can show too: ASCII, without control characters but newlines.
 * Returns 0, or -ENOMEM before anything was printed. */
int terminal_print_json(const json_t *json, FILE *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of a command, for process_run(). */
#ifndef DAXDM_COMMAND_H
#define DAXDM_COMMAND_H

#include "lib/base/words.h"

#include <stdbool.h>

/* Adds words to a command, up to NULL.  Ends the process without memory. */
void command_add(struct words *command, const char *word, ...) __attribute__((sentinel));
void command_add_all(struct words *command, const struct words *more);
/* For each word of a list: the option and the word. */
void command_add_each(struct words *command, const char *option, const struct words *list);

/* Whether a program is in a directory of PATH. */
bool command_is_in_path(const char *program);

#endif

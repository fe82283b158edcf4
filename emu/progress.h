/* SPDX-License-Identifier: GPL-2.0-only */
/* The progress line while guests run, and the table of times at the end. */
#ifndef DAXDM_PROGRESS_H
#define DAXDM_PROGRESS_H

#include "emu/guest.h"

/* Composes the progress line: the state of each guest and the time left, in at most so many
 * characters.  The states are truncated, the time left is not. */
void progress_compose(const struct guest *guests, size_t n, size_t columns, char *line, size_t len);

/* Prints the progress line on stderr: updated in place on a terminal, else every 5 s. */
void progress_show(const struct guest *guests, size_t n);

/* Updates the line on a terminal, at most ten times a second. */
void progress_text(const char *text);

/* Erases the line, so that something else can be printed. */
void progress_clear(void);

/* Prints on stdout, for each guest: boot or restore, time to the first record, phases, total.
 * since_ms is the start of the run. */
void progress_sum_up(const struct guest *guests, size_t n, int64_t since_ms);

#endif

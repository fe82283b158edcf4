/* SPDX-License-Identifier: GPL-2.0-only */
/* What a person sees while guests run, and where the time went in the end. */
#ifndef DAXDM_PROGRESS_H
#define DAXDM_PROGRESS_H

#include "emu/guest.h"

/* What the guests do and how long they need yet, in at most so many characters: what is done is cut
 * short, what is left is not. */
void progress_compose(const struct guest *guests, size_t n, size_t columns, char *line, size_t len);

/* On stderr: one line that updates itself on a terminal, else a line every few seconds. */
void progress_show(const struct guest *guests, size_t n);

/* On a terminal: the line that updates itself, at most ten times a second. */
void progress_text(const char *text);

/* Takes the updating line away, so that something else can be printed. */
void progress_clear(void);

/* On stdout: boot or restore, first record, the phases, total; since_ms is when the run began. */
void progress_sum_up(const struct guest *guests, size_t n, int64_t since_ms);

#endif

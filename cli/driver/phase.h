/* SPDX-License-Identifier: GPL-2.0-only */
/* The phases of a verb that runs programs, a line for each. */
#ifndef DAXDM_PHASE_H
#define DAXDM_PHASE_H

#include <stdio.h>

/*
 * One line for each phase: its name, seconds, a remark.  On a terminal it appears when the phase
 * begins.
 */
enum phase_lines { PHASES_STDOUT, PHASES_STDERR, PHASES_NONE };
extern enum phase_lines phase_lines;
/* Where they are printed. */
FILE *phase_out(void);
void phase_begin(const char *name);
void phase_end(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

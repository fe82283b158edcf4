/* SPDX-License-Identifier: GPL-2.0-only */
/* What gnuplot may be given to execute. */
#ifndef DAXDM_DRAW_H
#define DAXDM_DRAW_H

#include <stdbool.h>

/* Whether the line of plot.gp, without its newline, is one of `NAME = NUMBER`,
 * `NAME[N] = NUMBER` and `array NAME[N]`, or empty. */
bool draw_line_is_numeric(const char *line);

#endif

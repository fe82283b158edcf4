/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes a kernel function slow: a race whose window ends in that function is met where the window
 * is otherwise some nanoseconds.
 */
#ifndef DAXDM_DELAY_H
#define DAXDM_DELAY_H

struct delay;

/*
 * From now on every call of the function, by anybody, first takes as long as 8,000 readings of the
 * clock.  Returns 0, or -errno (-ENOENT: the kernel has no such function); bpf_complaint() has the
 * reason.  Source: bpf(2).
 */
int delay_open(struct delay **out, const char *function);
void delay_close(struct delay *delay); /* NULL is fine */

#endif

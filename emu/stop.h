/* SPDX-License-Identifier: GPL-2.0-only */
/* Signals that ask the driver to end: a handler records them, every loop that waits checks. */
#ifndef DAXDM_STOP_H
#define DAXDM_STOP_H

/* From now on SIGINT, SIGTERM and SIGHUP interrupt system calls and are recorded. */
void stop_install(void);

/* The signal that asks this process to end, or 0. */
int stop_signal(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Ctrl-C and friends: noted by a handler, asked for by every loop that waits. */
#ifndef DAXDM_STOP_H
#define DAXDM_STOP_H

/* From now on SIGINT, SIGTERM and SIGHUP only interrupt waits and are remembered. */
void stop_install(void);

/* The signal that asks this process to end, or 0. */
int stop_signal(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands by which a set-up can be made again: what lib/ does with devices and filesystems by
 * system calls is reported as lines of a shell script.  Silent until somebody listens.
 */
#ifndef DAXDM_SETUP_LOG_H
#define DAXDM_SETUP_LOG_H

/* Gets the lines of one command. */
typedef void setup_log_fn(void *arg, const char *lines);

/* From now on, in this process and those it forks; NULL: nobody. */
void setup_log_to(setup_log_fn *fn, void *arg);

/* A command and its result, 0 or -errno: one that failed is followed by " || : # ERRNO".  errno
 * stays. */
void setup_log(int rc, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

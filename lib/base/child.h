/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DAXDM_CHILD_H
#define DAXDM_CHILD_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Runs a program for at most timeout_s seconds and stores the last `len` bytes of its output
 * (stdout and stderr) in said, with newlines replaced by blanks.  The program is killed when its
 * parent dies.  Returns its exit status (128 + signal if it was killed), or -errno: -ENOENT if it
 * is not installed, -ETIMEDOUT if it exceeded the time limit (it is killed then).
 */
int child_run(char *const argv[], unsigned int timeout_s, char *said, size_t len);

/* fork(2) of a child that is killed when its parent dies.  Returns its PID, 0 in the child, or
 * -errno. */
pid_t child_fork(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel logs while a system call fails: its own reason. */
#ifndef DAXDM_KERNEL_LOG_H
#define DAXDM_KERNEL_LOG_H

#include <stddef.h>

/* Opens the kernel log behind its last line.  Returns a descriptor, or -errno. */
int kernel_log_open(void);

/*
 * Of the lines since kernel_log_open() that begin with prefix: the last one that contains word, or
 * else the last one; "" if there is none.  Closes the descriptor, which may be -errno.
 */
void kernel_log_reason(int fd, const char *prefix, const char *word, char *line, size_t size);

#endif

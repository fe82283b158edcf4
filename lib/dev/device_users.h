/* SPDX-License-Identifier: GPL-2.0-only */
/* Users of a block device that do not claim it (O_EXCL), so that the kernel refuses nobody. */
#ifndef DAXDM_DEVICE_USERS_H
#define DAXDM_DEVICE_USERS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Finds a loop device on it, or another process that has it open for writing, and writes to who
 * what it is: "loop0", "process 12 (dd)".  Source: sysfs, /proc/PID/fd and fdinfo; a process that
 * cannot be looked at is none.  Returns whether there is one.
 */
bool device_user_find(unsigned int major, unsigned int minor, char *who, size_t who_len);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What uses a block device.  It only reads, and most of it as any user. */
#ifndef DAXDM_DEVICE_USE_H
#define DAXDM_DEVICE_USE_H

#include <stdbool.h>
#include <stddef.h>

struct device_mount {
	char type[64], point[1024], options[1024]; /* options: of the filesystem */
};

/* The first mount of the device that this process sees; without one all of out is "".  Source:
 * mountinfo of proc(5). */
bool device_find_mount(unsigned int major, unsigned int minor, struct device_mount *out);

struct device_use {
	char by[256];	/* "mounted on /mnt", "below vg-data"; "": nothing that can be seen */
	char cure[256]; /* the command that ends it, or that shows more */
};

/*
 * Finds a user that does not claim the device (O_EXCL), so that the kernel refuses nobody: a loop
 * device on it, or another process that has it open for writing.  Writes to who what it is:
 * "loop0", "process 12 (dd)".  Source: sysfs, /proc/PID/fd and fdinfo; a process that cannot be
 * looked at is none.  Returns whether there is one.
 */
bool device_user_find(unsigned int major, unsigned int minor, char *who, size_t who_len);

/* Sources: mountinfo, /proc/swaps, holders and partitions in sysfs, device_user_find(); as root
 * also whether the device can be opened with O_EXCL, which fails while anything claims it. */
void device_use(const char *node, unsigned int major, unsigned int minor, struct device_use *out);

/* The partition of MAJOR:MINOR: the name of its disk, and where it begins.  False: it is none.
 * Source: sysfs. */
bool device_is_partition(unsigned int major, unsigned int minor, char disk[64],
			 unsigned long long *start_sectors, unsigned long long *len_sectors);

#endif

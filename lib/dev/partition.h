/* SPDX-License-Identifier: GPL-2.0-only */
/* Partitions added to the kernel by ioctl, without a partition table on the disk. */
#ifndef DAXDM_PARTITION_H
#define DAXDM_PARTITION_H

#include <stdint.h>

/*
 * Adds partition number (1..) of the disk, and waits up to 5 s for its node (made by devtmpfs),
 * whose name goes to out.  Returns 0 or -errno; -EBUSY if the number or the range is in use.
 * Source: linux/blkpg.h, BLKPG_ADD_PARTITION.
 */
int partition_add(const char *disk, unsigned int number, uint64_t start_sectors,
		  uint64_t len_sectors, char out[128]);

/* Returns 0, also if there is none of that number, or -errno: -EBUSY while it is open. */
int partition_remove(const char *disk, unsigned int number);

#endif

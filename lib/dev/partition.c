// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/partition.h"

#include "lib/base/bytes.h"
#include "lib/base/limit_clock.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { NODE_LIMIT_MS = 5000, NODE_PAUSE_NS = 10 * 1000 * 1000 };

static int ask(const char *disk, int op, struct blkpg_partition *partition)
{
	struct blkpg_ioctl_arg arg = {.op = op, .datalen = sizeof(*partition), .data = partition};
	int fd = open(disk, O_RDONLY | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, BLKPG, &arg) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/* Between the name of the disk and the number. */
static const char *separator(const char *disk)
{
	return isdigit((unsigned char)disk[strlen(disk) - 1]) ? "p" : "";
}

int partition_add(const char *disk, unsigned int number, uint64_t start_sectors,
		  uint64_t len_sectors, char out[128])
{
	const struct timespec pause = {.tv_nsec = NODE_PAUSE_NS};
	struct blkpg_partition partition = {
		.start = (long long)(start_sectors * SECTOR_BYTES),
		.length = (long long)(len_sectors * SECTOR_BYTES),
		.pno = (int)number,
	};
	int64_t until_ms;
	int rc;

	if (snprintf(out, 128, "%s%s%u", disk, separator(disk), number) >= 128)
		return -ENAMETOOLONG;
	rc = ask(disk, BLKPG_ADD_PARTITION, &partition);
	until_ms = limit_clock_ms() + NODE_LIMIT_MS;
	while (!rc && access(out, F_OK) < 0) {
		if (limit_clock_ms() >= until_ms) {
			partition_remove(disk, number);
			return -ETIMEDOUT;
		}
		nanosleep(&pause, NULL);
	}
	return rc;
}

int partition_remove(const char *disk, unsigned int number)
{
	struct blkpg_partition partition = {.pno = (int)number};
	const char *base = strrchr(disk, '/');
	char path[160];
	int rc;

	/* BLKPG would open the disk to find that out. */
	snprintf(path, sizeof(path), "/sys/class/block/%s%s%u", base ? base + 1 : disk,
		 separator(disk), number);
	if (access(path, F_OK) < 0)
		return 0;
	rc = ask(disk, BLKPG_DEL_PARTITION, &partition);
	/* udev has read the partition table, which drops what is not in it, after somebody wrote to
	 * the disk. */
	return rc == -ENXIO ? 0 : rc;
}

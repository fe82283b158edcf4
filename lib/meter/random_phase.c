// SPDX-License-Identifier: GPL-2.0-only
#include "lib/meter/random_phase.h"

#include <fcntl.h>
#include <linux/random.h>
#include <sys/ioctl.h>
#include <unistd.h>

void random_phase_align(void)
{
	int fd = open("/dev/random", O_WRONLY | O_CLOEXEC);

	/* Where it is refused, means may differ by a few hundred instructions. */
	if (fd >= 0) {
		ioctl(fd, RNDRESEEDCRNG);
		close(fd);
	}
}

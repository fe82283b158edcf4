/* SPDX-License-Identifier: GPL-2.0-only */
/* What holds the modules of filesystems, device-mapper and drivers: a reference more after a check
 * than before it is one that the kernel lost. */
#ifndef DAXDM_HELD_H
#define DAXDM_HELD_H

#include <stddef.h>

enum { HELD_MODULES = 6 };

struct held {
	/* References of each module but those of other modules; -1: it is not loaded, or built in.
	 */
	int references[HELD_MODULES];
};

/* Reads them from a directory like /sys/module.  Source: Documentation/ABI/stable/sysfs-module. */
void held_read(const char *modules, struct held *held);

/* Waits at most limit_ms of the limit clock for no more references than before.  Returns 0, or 1
 * with a sentence in why. */
int held_compare(const char *modules, const struct held *before, unsigned int limit_ms, char *why,
		 size_t why_len);

#endif

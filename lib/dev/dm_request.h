/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One device-mapper ioctl made ready in advance, so that nothing but the system call is under the
 * clock: what libdevmapper does for each line of a table is not the kernel's cost.  For all else
 * lib/dev/dm.h is there.
 */
#ifndef DAXDM_DM_REQUEST_H
#define DAXDM_DM_REQUEST_H

#include <linux/dm-ioctl.h>
#include <stdint.h>
#include <sys/ioctl.h> /* the commands are made by its macros */

struct dm_request {
	unsigned long command; /* DM_TABLE_LOAD, ... */
	struct dm_ioctl *io;   /* what ioctl(2) takes, and writes its answer to */
	struct dm_ioctl head;  /* as it was made */
};

/*
 * Makes a request for a device by name; table (as dmsetup(8) takes it) may be NULL.  Returns 0,
 * -EINVAL for a name or a line that cannot be one, or -ENOMEM; free with dm_request_free().
 * Source: linux/dm-ioctl.h.
 */
int dm_request_make(struct dm_request *request, unsigned long command, const char *name,
		    uint32_t flags, const char *table);

/* Takes the last answer away; before each ioctl(2). */
void dm_request_reset(struct dm_request *request);

/* NULLs, or half made, are fine. */
void dm_request_free(struct dm_request *request);

#endif

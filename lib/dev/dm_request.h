/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device-mapper ioctl prepared in advance, so that only the system call is timed: the work of
 * libdevmapper for each line of a table is not the kernel's cost.  Use lib/dev/dm.h for all else.
 */
#ifndef DAXDM_DM_REQUEST_H
#define DAXDM_DM_REQUEST_H

#include <linux/dm-ioctl.h>
#include <stdint.h>
#include <sys/ioctl.h> /* macros of the commands */

struct dm_request {
	unsigned long command; /* DM_TABLE_LOAD, ... */
	struct dm_ioctl *io;   /* argument and result of ioctl(2) */
	struct dm_ioctl head;  /* its initial contents */
};

/*
 * Makes a request for a device by name; table (as dmsetup(8) takes it) may be NULL.  Returns 0,
 * -EINVAL for an invalid name or line, or -ENOMEM; free with dm_request_free().
 * Source: linux/dm-ioctl.h.
 */
int dm_request_make(struct dm_request *request, unsigned long command, const char *name,
		    uint32_t flags, const char *table);

/* Removes the last result; call it before each ioctl(2). */
void dm_request_reset(struct dm_request *request);

/* A zeroed or partly made request is allowed. */
void dm_request_free(struct dm_request *request);

#endif

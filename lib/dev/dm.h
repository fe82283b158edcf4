/* SPDX-License-Identifier: GPL-2.0-only */
/* DM devices through libdevmapper, by name and table text. */
#ifndef DAXDM_DM_H
#define DAXDM_DM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Tables are text as dmsetup(8) takes it.  Functions print nothing and return 0 or -errno of the
 * ioctl; dm_last_error() has the message of libdevmapper.  They use udev cookies if udev runs, else
 * they make the nodes.  Source: Documentation/admin-guide/device-mapper, dm-ioctl.
 */

enum dm_flags {
	DM_NOFLUSH = 1 << 0,  /* suspend: do not wait for I/O in flight */
	DM_NOLOCKFS = 1 << 1, /* suspend: do not freeze the filesystem */
	DM_DEFERRED = 1 << 2, /* remove: when the last user closes it */
	DM_FORCE = 1 << 3,    /* remove: an error table first, without flush, as dmsetup
			       * remove --force */
	DM_READONLY = 1 << 4, /* load, create */
	DM_NO_RETRY = 1 << 5, /* remove: return -EBUSY at once; else retry for 1 s, because blkid
			       * and udev open new devices */
};

struct dm_device_info {
	unsigned int major, minor;
	int open_count;
	unsigned int target_count; /* of the live table */
	bool suspended, live_table, inactive_table, read_only, deferred_remove;
	uint32_t event_nr;
};

/* Creates, loads, resumes; table NULL: creates a device without a table.  On failure nothing
 * is left. */
int dm_device_create(const char *name, const char *table, unsigned int flags);
int dm_device_load(const char *name, const char *table, unsigned int flags);
int dm_device_clear(const char *name); /* the inactive table */
int dm_device_suspend(const char *name, unsigned int flags);
int dm_device_resume(const char *name, unsigned int flags);
int dm_device_remove(const char *name, unsigned int flags);
/* Suspends with suspend_flags, loads a table and resumes, also if the load failed.  Returns the
 * first error. */
int dm_device_reload(const char *name, const char *table, unsigned int suspend_flags);
int dm_device_info(const char *name, struct dm_device_info *out);
/* The live (or inactive) table as text, to be freed, "" if there is none; NULL with errno set. */
char *dm_device_table(const char *name, bool inactive);
/* Sends a message to the target at sector 0.  Returns 0 or -errno. */
int dm_device_message(const char *name, const char *message);
/* Whether the kernel has a target; a module is loaded.  Returns 0, -ENOENT or -errno. */
int dm_target_available(const char *type);
/* The node, e.g. /dev/mapper/NAME.  Returns node. */
const char *dm_device_node(const char *name, char node[128]);
/* The first error message of libdevmapper in the last call, "" if there was none. */
const char *dm_last_error(void);

/* The process that created a device, by its name: daxdm-PID-..., or volume group daxdmPID; 0 for
 * any other name.  Pure. */
pid_t dm_owner(const char *name);

/* Names of the devices of a process (0: of any), one a line, to be freed; NULL with errno set. */
char *dm_devices_of(pid_t pid);

/* Resumes every suspended device of a process: an unmount or a remove of one would never return.
 * Returns 0 or the last -errno. */
int dm_resume_of(pid_t pid);

/* Removes all devices of a process; retries for 1 s after any error.  Returns 0 or the last
 * -errno. */
int dm_remove_of(pid_t pid);

/* Whether the kernel answers device-mapper ioctls.  Returns 0, -ENODEV if it has no device-mapper,
 * or -errno of the ioctl, silently. */
int dm_available(void);

#endif

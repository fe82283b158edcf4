/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration of a kernel. */
#ifndef DAXDM_KERNEL_CONFIG_H
#define DAXDM_KERNEL_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

/* Opens /boot/config-RELEASE or /lib/modules/RELEASE/config of this host.  Returns NULL if neither
 * can be read. */
FILE *kernel_config_open(const char *release);

/*
 * Whether a block device that is mounted may be opened for writing, and one that is open for
 * writing may be mounted: CONFIG_BLK_DEV_WRITE_MOUNTED (6.8 and newer) or, if the kernel's command
 * line has it, bdev_allow_write_mounted=.  True if the configuration does not say; config may be
 * NULL.  Source: Documentation/admin-guide/kernel-parameters.txt.
 */
bool kernel_config_writes_mounted(FILE *config, const char *cmdline);

/* The same of the running kernel. */
bool kernel_writes_mounted(void);

#endif

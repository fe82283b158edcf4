/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that QEMU gives to an emulated host by fw_cfg.
 *
 * By ioperm(2) and INSB, not by sysfs: the driver has the size that the file had when it was
 * probed, which is before the machine was saved, and reads a file again from its start for each
 * page.
 * Source: docs/specs/fw_cfg.rst of QEMU.
 */
#ifndef DAXDM_FW_CFG_H
#define DAXDM_FW_CFG_H

#include <stdio.h>

/* Writes the content of a file; nothing if there is none.  Only for an emulated host
 * (lib/base/host.h): the ports of a real one may belong to another device.  Returns 0, -EIO if out
 * cannot be written, or -errno of ioperm(2), which needs root and CONFIG_X86_IOPL_IOPERM. */
int fw_cfg_copy(const char *name, FILE *out);

#endif

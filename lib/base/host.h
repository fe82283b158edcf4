/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DAXDM_HOST_H
#define DAXDM_HOST_H

#include <stdbool.h>

/* Whether this is an emulated host of daxdm: only its driver puts a job into QEMU's fw_cfg
 * (emu/vm.c). */
bool host_is_emulated(void);

#endif

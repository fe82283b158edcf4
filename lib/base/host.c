// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/host.h"

#include <unistd.h>

bool host_is_emulated(void)
{
	return !access("/sys/firmware/qemu_fw_cfg/by_name/opt/daxdm/job/raw", F_OK);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm modules-given: in an emulated host, prints the archive of kernel modules that QEMU was
 * started with; nothing if there is none.
 */
#include "cli/options/cli.h"
#include "emu/vm.h"
#include "lib/base/fw_cfg.h"
#include "lib/base/host.h"
#include "lib/base/msg.h"

#include <string.h>

static int run(int argc, char **argv)
{
	int rc, operand = options_parse(&verb_modules_given, NULL, argc, argv);

	if (operand == -1)
		return STATUS_GOOD;
	if (operand < 0)
		return STATUS_USAGE;
	if (!host_is_emulated()) {
		msg_error("modules-given: this is not an emulated host of daxdm");
		return STATUS_USAGE;
	}
	rc = fw_cfg_copy(VM_MODULES_NAME, stdout);
	if (!rc)
		return STATUS_GOOD;
	msg_error("modules-given: cannot copy the archive from fw_cfg: %s", strerror(-rc));
	return STATUS_BROKEN;
}

const struct verb verb_modules_given = {
	.name = "modules-given",
	.args = "",
	.why = "prints the archive of modules of the emulated host that it runs in",
	.internal = true,
	.run = run,
};

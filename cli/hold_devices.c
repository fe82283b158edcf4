// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm hold-devices: in an emulated host, creates device-mapper devices without a table, which
 * stay.  They allocate the dax_devices that were freed before (emu/init says why).  Each processor
 * has its own list of freed memory, so each creates its share.
 */
#include "cli/options/cli.h"
#include "lib/base/host.h"
#include "lib/base/msg.h"
#include "lib/dev/dm.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>

enum { N_DEVICES = 64 };

static int hold(int number)
{
	char name[32];
	cpu_set_t cpu;
	int rc;

	CPU_ZERO(&cpu);
	CPU_SET((size_t)(number * get_nprocs() / N_DEVICES), &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu); /* an error only makes the spread less even */
	snprintf(name, sizeof(name), "hold-%d", number + 1);
	rc = dm_device_create(name, NULL, 0);
	if (rc < 0)
		msg_error("hold-devices: creating %s: %s", name, strerror(-rc));
	return rc;
}

static int run(int argc, char **argv)
{
	int operand = options_parse(&verb_hold_devices, NULL, argc, argv);

	if (operand == -1)
		return STATUS_GOOD;
	if (operand < 0)
		return STATUS_USAGE;
	if (!host_is_emulated()) {
		msg_error("hold-devices: this is not an emulated host of daxdm");
		return STATUS_USAGE;
	}
	for (int i = 0; i < N_DEVICES; i++)
		if (hold(i) < 0)
			return STATUS_BROKEN;
	return STATUS_GOOD;
}

const struct verb verb_hold_devices = {
	.name = "hold-devices",
	.args = "",
	.why = "creates devices that keep freed dax_devices of the emulated host it runs in",
	.internal = true,
	.run = run,
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm watchdog: arms the emulated host's watchdog (QEMU's ib700), which stops the machine when it
 * expires.  By ioperm(2): not every kernel has /dev/port or the driver (Debian's cloud flavour has
 * neither).
 */
#include "cli/cli.h"
#include "lib/base/msg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <unistd.h>

enum { IB700_PORT = 0x443, LONGEST_S = 30 };

/* Only an emulated host has it: what stands at that port of a real one is not ours to write to. */
static const char job[] = "/sys/firmware/qemu_fw_cfg/by_name/opt/daxdm/job/raw";

static const struct option_spec options[] = {{0}};

static int run(int argc, char **argv)
{
	int operand = options_parse(&verb_watchdog, options, NULL, argc, argv);
	char *end = NULL;
	long seconds = operand >= 0 && operand + 1 == argc ? strtol(argv[operand], &end, 10) : -1;

	if (operand == -1)
		return STATUS_GOOD;
	if (operand < 0)
		return STATUS_USAGE;
	if (!end || *end || end == argv[operand] || seconds < 0 || seconds > LONGEST_S ||
	    seconds % 2) {
		msg_error("watchdog: want one even number of seconds from 0 to %d", LONGEST_S);
		return STATUS_USAGE;
	}
	if (access(job, R_OK) < 0) {
		msg_error("watchdog: this is not an emulated host of daxdm: %s: %s", job,
			  strerror(errno));
		return STATUS_BROKEN;
	}
	if (ioperm(IB700_PORT, 1, 1) < 0) {
		msg_error("watchdog: ioperm of port %#x: %s; it needs root and a kernel with "
			  "CONFIG_X86_IOPL_IOPERM",
			  IB700_PORT, strerror(errno));
		return STATUS_BROKEN;
	}
	/* The device counts down from 30 s, in steps of 2 s. */
	outb((unsigned char)((LONGEST_S - seconds) / 2), IB700_PORT);
	return STATUS_GOOD;
}

const struct verb verb_watchdog = {
	.name = "watchdog",
	.args = "SECONDS",
	.why = "stops the emulated host that it runs in after so long",
	.run = run,
};

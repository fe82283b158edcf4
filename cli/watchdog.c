// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm watchdog: arms the emulated host's watchdog (QEMU's ib700), which stops the machine when it
 * expires.  By ioperm(2): not every kernel has /dev/port or the driver (Debian's cloud flavour has
 * neither).
 */
#include "cli/options/cli.h"
#include "lib/base/host.h"
#include "lib/base/msg.h"
#include "lib/base/number.h"

#include <errno.h>
#include <string.h>
#include <sys/io.h>
#include <unistd.h>

enum { IB700_PORT = 0x443, LONGEST_S = 30 };

static int run(int argc, char **argv)
{
	int operand = options_parse(&verb_watchdog, NULL, argc, argv);
	int64_t seconds = -1;

	if (operand == -1)
		return STATUS_GOOD;
	if (operand < 0)
		return STATUS_USAGE;
	if (operand + 1 != argc || number_parse(argv[operand], 0, LONGEST_S, &seconds) < 0 ||
	    seconds % 2) {
		msg_error("watchdog: expected one even number of seconds from 0 to %d", LONGEST_S);
		return STATUS_USAGE;
	}
	/* The port of a real host may belong to another device. */
	if (!host_is_emulated()) {
		msg_error("watchdog: this is not an emulated host of daxdm");
		return STATUS_USAGE;
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
	.operands = 1,
	.internal = true,
	.run = run,
};

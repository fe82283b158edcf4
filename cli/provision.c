// SPDX-License-Identifier: GPL-2.0-only
/* daxdm provision: makes blank persistent memory usable. */
#include "cli/cli.h"
#include "lib/msg.h"
#include "lib/namespace.h"

#include <stdio.h>

static void print_node(const char *node)
{
	printf("%s\n", node);
}

static const struct option_spec options[] = {{0}};

static int run(int argc, char **argv)
{
	int n, operand = options_parse(&verb_provision, options, NULL, argc, argv);

	if (operand < 0)
		return operand == -1 ? STATUS_GOOD : STATUS_USAGE;
	if (operand < argc) {
		msg_error("provision: '%s' is one word too many", argv[operand]);
		return STATUS_USAGE;
	}
	n = namespace_provision(print_node);
	if (n < 0)
		return STATUS_BROKEN;
	if (!n)
		msg_note("no blank region found, nothing was made");
	return STATUS_GOOD;
}

const struct verb verb_provision = {
	.name = "provision",
	.args = "",
	.why = "makes an fsdax namespace on every blank region and prints the nodes",
	.run = run,
};

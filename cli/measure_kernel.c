// SPDX-License-Identifier: GPL-2.0-only
/* daxdm measure-kernel: measures one kernel for bisect, in a process of its own. */
#include "cli/driver/measure.h"
#include "cli/driver/phase.h"
#include "cli/driver/workspace.h"
#include "lib/base/msg.h"

#include <stdio.h>

struct step_request {
	struct target target;
	struct measurement m;
	bool anew;
};

static const struct option_spec options[] = {
	MEASURE_WORKLOAD_OPTIONS(struct step_request, m),
	MEASURE_STATES_OPTION(struct step_request, m),
	OPTION("anew", OPTION_FLAG, offsetof(struct step_request, anew), NULL,
	       "measure even if a suitable run exists"),
	TARGET_GUEST_OPTIONS(struct step_request, target),
	{0},
};

/* Prints the directory of the run, its last line on stdout. */
static int run(int argc, char **argv)
{
	struct step_request s = {.target.seed = 1, .m.meter = "insn"};
	int at = options_parse(&verb_measure_kernel, &s, argc, argv);

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	measure_vet(&s.m);
	phase_lines = PHASES_STDERR;
	workspace_open();
	puts(measure_run_of(&s.m, &s.target, argv[at], "bisect", s.anew));
	return STATUS_GOOD;
}

const struct verb verb_measure_kernel = {
	.name = "measure-kernel",
	.args = "KERNEL",
	.why = "measure a kernel if there is no run of it; print the run's directory",
	.options = options,
	.operands = 1,
	.run = run,
	.internal = true,
};

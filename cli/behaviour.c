// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm behaviour: compares runs of the same checks on several kernels: verdicts, and observations,
 * which no contract covers.  A difference is no failure of a kernel; it is reported because a user
 * may rely on the former behaviour.
 */
#include "cli/options/cli.h"
#include "lib/base/msg.h"
#include "report/compare/series.h"

#include <limits.h>

struct behaviour_options {
	const char *known;
	bool force;
};

static int behaviour(char *const dirs[], size_t n, const struct behaviour_options *o)
{
	struct behaviour b = {0};
	bool forced;
	int status = series_read_checks(&b, dirs, n, o->known, o->force, &forced);

	if (status == STATUS_GOOD && behaviour_find(&b) < 0) {
		msg_error("behaviour: out of memory");
		status = STATUS_BROKEN;
	}
	if (status == STATUS_GOOD) {
		behaviour_print_counts(&b, stdout);
		behaviour_print_changes(&b, stdout);
		status = b.n_changes ? STATUS_FAILED : STATUS_GOOD;
	}
	behaviour_free(&b);
	return status;
}

static const struct option_spec options[] = {
	OPTION("known", OPTION_TEXT, offsetof(struct behaviour_options, known), "DIR",
	       "directory of known kernel bugs (default: what the runs themselves say)"),
	OPTION("force", OPTION_FLAG, offsetof(struct behaviour_options, force), NULL,
	       "compare runs that differ in more than the kernel"),
	{0},
};

static int run(int argc, char **argv)
{
	struct behaviour_options o = {0};
	int at = options_parse(&verb_behaviour, &o, argc, argv);

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (argc - at < 2) {
		msg_error("behaviour: needs runs of checks, directories under results/: two or "
			  "more; got %d",
			  argc - at);
		return STATUS_USAGE;
	}
	return behaviour(argv + at, (size_t)(argc - at), &o);
}

const struct verb verb_behaviour = {
	.name = "behaviour",
	.args = "RUNDIR RUNDIR...",
	.why = "what differs between the checks of several kernels",
	.options = options,
	.operands = INT_MAX,
	.internal = true,
	.run = run,
	.no_memory = STATUS_BROKEN,
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm behaviour: compares runs of the same checks on several kernels: verdicts, and observations,
 * which no contract covers.  A difference is no failure of a kernel; it is reported because a user
 * may rely on the former behaviour.
 */
#include "cli/options/cli.h"
#include "lib/base/msg.h"
#include "report/checks/behaviour_changes.h"
#include "report/checks/check_run.h"
#include "report/compare/comparability.h"

#include <limits.h>
#include <string.h>

enum { RUNS_MAX = BEHAVIOUR_RUNS_MAX };

struct behaviour_options {
	const char *known;
	bool force;
};

/* Returns an enum exit_status. */
static int refuse_unlike(const struct run *runs, size_t n, bool force)
{
	bool any = false;

	for (size_t r = 0; r < n; r++) {
		if (!runs[r].ended) {
			msg_error("behaviour: %s is incomplete (no end line); run it again",
				  runs[r].path);
			return STATUS_BROKEN;
		}
		any |= r && comparability_check(&runs[0].context, &runs[r].context,
						COMPARABILITY_CHECKS, comparability_print, NULL);
	}
	if (!any || force)
		return STATUS_GOOD;
	msg_error("behaviour: not only the kernels differ, see above; --force compares all the "
		  "same");
	return STATUS_NOT_COMPARABLE;
}

struct label {
	char text[64];
};

/* The kernel; or the run, if another one is of the same kernel. */
static const char *label_of(const struct run *runs, size_t n, size_t r, char *const dirs[],
			    struct label *label)
{
	for (size_t other = 0; other < n; other++)
		if (other != r && !strcmp(runs[r].context.release, runs[other].context.release) &&
		    !strcmp(runs[r].context.suffix, runs[other].context.suffix))
			return run_name(dirs[r], label->text, sizeof(label->text));
	return *runs[r].context.suffix ? runs[r].context.kernel : runs[r].context.release;
}

static int behaviour(struct run *runs, char *const dirs[], size_t n,
		     const struct behaviour_options *o)
{
	struct label label[RUNS_MAX];
	struct behaviour b = {0};
	int status = STATUS_GOOD;

	for (size_t r = 0; r < n; r++)
		if (check_run_read("behaviour", dirs[r], &runs[r]) < 0)
			return STATUS_BROKEN;
	status = refuse_unlike(runs, n, o->force);
	for (size_t r = 0; r < n && status == STATUS_GOOD; r++)
		if (behaviour_add(&b, &runs[r], label_of(runs, n, r, dirs, &label[r]), o->known) <
		    0)
			status = STATUS_BROKEN;
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
	struct run runs[RUNS_MAX] = {0};
	int status, at = options_parse(&verb_behaviour, &o, argc, argv);

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (argc - at < 2 || argc - at > RUNS_MAX) {
		msg_error("behaviour: needs runs of checks, directories under results/: two to %d; "
			  "got %d",
			  RUNS_MAX, argc - at);
		return STATUS_USAGE;
	}
	status = behaviour(runs, argv + at, (size_t)(argc - at), &o);
	for (int r = 0; r < argc - at; r++)
		run_free(&runs[r]);
	return status;
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

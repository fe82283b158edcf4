// SPDX-License-Identifier: GPL-2.0-only
/* daxdm measure-kernel: measures one kernel for bisect, in a process of its own. */
#include "cli/driver/commit.h"
#include "cli/driver/measure.h"
#include "cli/driver/phase.h"
#include "cli/driver/workspace.h"
#include "lib/base/msg.h"

#include <stdio.h>

struct step_request {
	struct target target;
	struct measurement m;
	struct commit_build build;
	const char *kernel;
	bool anew;
};

static const struct option_spec options[] = {
	OPTION("name", OPTION_TEXT, offsetof(struct step_request, target.name), "GROUP/RUN",
	       "the run that is made"),
	OPTION("kernel", OPTION_TEXT, offsetof(struct step_request, kernel), "K",
	       "a kernel of the archive; with --git: a commit"),
	OPTION("git", OPTION_TEXT, offsetof(struct step_request, build.git_dir), "DIR",
	       "the git directory of the repository"),
	OPTION("config", OPTION_TEXT, offsetof(struct step_request, build.config), "FILE",
	       "the configuration to build the commit with"),
	OPTION("build-jobs", OPTION_NUMBER, offsetof(struct step_request, build.compilers), "N",
	       "compilers at a time", .min = 1, .max = 1024),
	MEASURE_WORKLOAD_OPTIONS(struct step_request, m),
	MEASURE_STATES_OPTION(struct step_request, m),
	OPTION("anew", OPTION_FLAG, offsetof(struct step_request, anew), NULL,
	       "measure even if a suitable run exists"),
	TARGET_GUEST_OPTIONS(struct step_request, target),
	{0},
};

/* A commit is built only if there is no run of it. */
static char *measure(const struct step_request *s)
{
	struct kernel kernel = {0};
	char *package, *dir = NULL;

	if (s->build.git_dir) {
		package = commit_package(&s->build, s->kernel);
	} else {
		kernel = target_find(&s->target, s->kernel);
		package = kernel.package;
	}
	if (!s->anew)
		dir = measure_find_run(&s->m, &s->target, package);
	if (dir)
		return dir;
	if (s->build.git_dir)
		kernel = commit_kernel(&s->build, s->kernel, package);
	dir = process_text("results/%s", s->target.name);
	measure_into(&s->m, &s->target, &kernel, dir);
	return dir;
}

/* Prints the directory of the run, its last line on stdout. */
static int run(int argc, char **argv)
{
	struct step_request s = {.target.seed = 1, .m.meter = "insn"};
	int at = options_parse(&verb_measure_kernel, &s, argc, argv);

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (!s.target.name || !s.kernel ||
	    (s.build.git_dir && !(s.build.config && s.build.compilers)))
		process_quit(STATUS_USAGE, "measure-kernel: --name and --kernel are needed; with "
					   "--git --config and --build-jobs, too");
	measure_vet(&s.m);
	phase_lines = PHASES_STDERR;
	workspace_open();
	puts(measure(&s));
	return STATUS_GOOD;
}

const struct verb verb_measure_kernel = {
	.name = "measure-kernel",
	.args = "",
	.why = "measure a kernel if there is no run of it; print the run's directory",
	.options = options,
	.run = run,
	.internal = true,
};

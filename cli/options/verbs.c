// SPDX-License-Identifier: GPL-2.0-only
/* The table of all verbs, and those that run.sh does itself, which have a help only. */
#include "cli/options/cli.h"
#include "lib/base/msg.h"
#include "lib/base/nearest.h"
#include "lib/base/place.h"

#include <stdlib.h>
#include <string.h>

static const struct verb verb_test = {
	.name = "test",
	.args = "",
	.why = "run the tests of the suite itself",
	.examples = {"test"},
	.on_sources = true,
};

static const struct verb verb_lint = {
	.name = "lint",
	.args = "",
	.why = "shellcheck, clang-format, licence lines, warnings as errors",
	.examples = {"lint"},
	.on_sources = true,
};

static const struct verb verb_setup = {
	.name = "setup",
	.args = "[all | GROUP...]",
	.why = "install missing Debian packages (all: those of the tests, too)",
	.examples = {"setup", "setup all"},
};

static const struct verb verb_clean = {
	.name = "clean",
	.args = "",
	.why = "remove what was built, kernels and snapshots; results stay",
	.examples = {"clean"},
};

/* One a line, whatever their number. */
/* clang-format off */
const struct verb *const verb_table[] = {
	&verb_bench,
	&verb_check,
	&verb_compare,
	&verb_assert,
	&verb_gate,
	&verb_explain,
	&verb_bisect,
	&verb_mutants,
	&verb_kernels,
	&verb_known,
	&verb_shell,
	&verb_inspect,
	&verb_doctor,
	&verb_test,
	&verb_lint,
	&verb_list,
	&verb_report,
	&verb_new,
	&verb_publish,
	&verb_setup,
	&verb_cleanup,
	&verb_clean,
	&verb_help,
	&verb_behaviour,
	&verb_bench_here,
	&verb_check_here,
	&verb_checks,
	&verb_coverage,
	&verb_draw,
	&verb_emulate,
	&verb_hold_devices,
	&verb_identical,
	&verb_measure_kernel,
	&verb_slurm_element,
	&verb_modules_given,
	&verb_mutant,
	&verb_provision,
	&verb_reproduce_here,
	&verb_reproducers,
	&verb_shell_here,
	&verb_verdicts,
	&verb_watchdog,
	NULL,
};
/* clang-format on */

const struct verb *verb_find(const char *name)
{
	for (const struct verb *const *v = verb_table; *v; v++)
		if (!strcmp((*v)->name, name))
			return *v;
	return NULL;
}

bool verb_is_shown(const struct verb *verb)
{
	return !verb->internal && !(verb->on_sources && place_is_installed());
}

noreturn void verb_needs_sources(const char *what)
{
	msg_error("%s needs a checkout of the sources, and this daxdm is installed", what);
	exit(STATUS_USAGE);
}

void verb_unknown(const char *name)
{
	const char *best = NULL;

	for (const struct verb *const *v = verb_table; *v; v++)
		best = verb_is_shown(*v) ? nearest_of(name, best, (*v)->name) : best;
	msg_error("unknown verb '%s'%s%s%s; ./run.sh help lists them", name,
		  best ? " (did you mean '" : "", best ? best : "", best ? "'?)" : "");
}

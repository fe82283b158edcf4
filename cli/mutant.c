// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm mutant: builds one kernel mutant (emu/mutants.sh), runs what should detect it in emulated
 * hosts, and writes the result as JSON (cli/mutants/result.h).  For `daxdm mutants`, which runs
 * several at a time.
 */
#include "cli/driver/command.h"
#include "cli/driver/phase.h"
#include "cli/driver/run_dir.h"
#include "cli/driver/target.h"
#include "cli/driver/workspace.h"
#include "cli/mutants/result.h"
#include "lib/base/json_field.h"
#include "lib/base/limit_clock.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/file/fs.h"
#include "lib/run/context.h"
#include "report/checks/check_run.h"
#include "report/checks/outcome.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct mutant_request {
	struct target target;
	const char *dir; /* of the results of all mutants */
	bool all;
	/* What becomes of it. */
	struct kernel kernel;
	struct mutant mutant;
	struct words modules; /* the module */
	struct words failed;  /* ids of checks, or of metrics */
	size_t blame_dm, blame_other, n_skipped, n_broken;
	char *why; /* of a mutant that could not be built or run; else NULL */
};

/* ---- building ------------------------------------------------------------------------------- */

/* Runs emu/mutants.sh for the module, as the mutant changes it or (m NULL) unchanged.  Returns the
 * path of the module; NULL if the mutant is wrong, with *why.  To be freed. */
static char *build(const struct kernel *kernel, const char *module, const struct mutant *m,
		   char **why)
{
	char *output = workspace_path("module"), *log = workspace_path("module.log");
	char *program = workspace_path("program.sed"), *dir, *path;
	struct words command = {0};
	int status;

	command_add(&command, place("emu/mutants.sh"), kernel->dir, module, NULL);
	if (m && m->program) {
		FILE *out = fopen(program, "we");

		if (!out || fprintf(out, "%s\n", m->program) < 0 || fclose(out))
			process_quit(STATUS_BROKEN, "cannot write %s", program);
		command_add(&command, m->file, program, NULL);
		if (m->function)
			command_add(&command, m->function, NULL);
	}
	status = process_run(&command, output, log);
	if (status == STATUS_FAILED) {
		*why = workspace_last_error(log);
		return NULL;
	}
	dir = status ? NULL : workspace_last_line(output);
	if (!dir)
		process_quit(STATUS_BROKEN, "emu/mutants.sh failed: %s", workspace_last_error(log));
	path = process_text("%s/%s.ko", dir, module);
	free(dir);
	free(program);
	free(log);
	free(output);
	return path;
}

/* ---- checks --------------------------------------------------------------------------------- */

static void take_check(struct mutant_request *r, json_t *line)
{
	const char *blame = json_field_text(line, "blame");
	enum outcome outcome = outcome_of(line);
	char id[112];

	r->n_broken += outcome == OUTCOME_BROKEN;
	r->n_skipped += outcome == OUTCOME_SKIPPED;
	if (outcome != OUTCOME_FAILED)
		return;
	command_add(&r->failed, outcome_case(line, id), NULL);
	r->blame_other += !strcmp(blame, "kernel");
	r->blame_dm += !strcmp(blame, "dm") || !strcmp(blame, "table");
}

/* Why nothing is known about a mutant in which no check failed; NULL: it is missed. */
static char *no_result(const struct mutant_request *r, const struct run *run, int status)
{
	if (!run->n_checks || run->n_checks == r->n_skipped)
		return process_text("no check ran (%zu skipped): daxdm checks ended with status %d",
				    r->n_skipped, status);
	if (!run_is_complete(run))
		return process_text("not all checks ran: daxdm checks ended with status %d",
				    status);
	if (mutant_is_unchanged(&r->mutant) && r->n_broken)
		return process_text("%zu of %zu checks are broken", r->n_broken, run->n_checks);
	return NULL;
}

/* Takes the results of a run of checks that ended with that status. */
static void read_checks(struct mutant_request *r, const char *dir, int status)
{
	struct run run;
	struct verdicts *verdicts = NULL;

	r->n_skipped = r->n_broken = 0;
	if (!check_run_read("mutant", dir, &run))
		verdicts = check_run_judge(&run, NULL, NULL, RUN_DIR_KNOWN);
	for (size_t i = 0; verdicts && i < run.n_checks; i++)
		take_check(r, run.checks[i].line);
	if (!verdicts)
		r->why = process_text("no check ran: daxdm checks ended with status %d", status);
	else if (!r->failed.n)
		r->why = no_result(r, &run, status);
	if (verdicts)
		verdicts_finish(verdicts, NULL);
	run_free(&run);
}

static void run_checks(struct mutant_request *r, const struct words *globs)
{
	char *dir = process_text("%s/%s.checks", r->dir, r->mutant.id);
	struct words command = {0}, kinds = {0};
	struct guest_files guests;
	int status;

	fs_remove_tree(dir);
	command_add(&kinds, "check", NULL);
	guests = target_make_guests(&r->kernel, &kinds, &r->modules);
	command_add(&command, place("build/daxdm"), "checks", "--kernel", r->kernel.dir, "--guest",
		    guests.initramfs.list[0], "--results", dir, "--known", RUN_DIR_KNOWN, "--seed",
		    "1", "--lanes", "1", NULL);
	/* A kernel that hangs costs a time limit for each check. */
	if (!mutant_is_unchanged(&r->mutant))
		command_add(&command, "--until-failure", NULL);
	if (guests.modules)
		command_add(&command, "--modules", guests.modules, NULL);
	else
		command_add(&command, "--fresh", NULL); /* no snapshot for a few checks */
	command_add_each(&command, "--check", globs);
	status = process_run(&command, "/dev/null", NULL);
	read_checks(r, dir, status);
	words_free(&kinds);
	target_free_guests(&guests);
	free(dir);
}

/* ---- costs ---------------------------------------------------------------------------------- */

/* The metrics that compare calls worse.  Below the threshold a cost is named and fails nothing: it
 * is detected, as for gate-selftest. */
static void take_rows(struct mutant_request *r, const json_t *comparison)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(comparison, "rows"), i, row) {
		const json_t *step = json_array_get(json_object_get(row, "steps"), 0);
		static const char *const quantities[] = {"metric", "tax", "mean", "slow_end"};

		for (size_t q = 0; q < sizeof(quantities) / sizeof(quantities[0]); q++) {
			const char *verdict =
				json_field_text(json_object_get(step, quantities[q]), "verdict");

			if (strcmp(verdict, "regressed") && strcmp(verdict, "worse"))
				continue;
			command_add(&r->failed, json_field_text(row, "id"), NULL);
			break;
		}
	}
}

static void run_compare(struct mutant_request *r)
{
	char *base = build(&r->kernel, r->mutant.module, NULL, &r->why);
	char *json = workspace_path("compare.json");
	struct words command = {0};
	json_t *comparison;
	int status;

	if (!base)
		process_quit(STATUS_BROKEN, "%s", r->why);
	command_add(&command, place("build/daxdm"), "compare", r->target.kernels.list[0],
		    "--module", r->modules.list[0], "--module-base", base, "--no-checks", "--bench",
		    r->mutant.metric, "--fs", r->mutant.fs, "--json", json, NULL);
	command_add_each(&command, "--stack", &r->mutant.stacks);
	status = process_run(&command, "&2", NULL);
	comparison = json_load_file(json, 0, NULL);
	if (comparison && (status == STATUS_GOOD || status == STATUS_FAILED))
		take_rows(r, comparison);
	else
		r->why = process_text("compare ended with status %d", status);
	json_decref(comparison);
	free(json);
	free(base);
}

/* ---- the result ----------------------------------------------------------------------------- */

static json_t *words_json(const struct words *words)
{
	json_t *list = json_array();

	for (size_t i = 0; i < words->n; i++)
		json_array_append_new(list, json_string(words->list[i]));
	return list;
}

static void write_result(const struct mutant_request *r, enum mutant_state state, bool wide,
			 int64_t ms)
{
	char *path = process_text("%s/%s.json", r->dir, r->mutant.id), digest[17];
	char *temporary = process_text("%s.new", path);
	enum mutant_blame blame =
		mutant_blame_of(mutant_is_dm(&r->mutant), r->blame_dm, r->blame_other);
	json_t *result =
		json_pack("{ss ss ss so ss so ss* sb sI sI}", "mutant", r->mutant.id, "digest",
			  mutant_digest(&r->mutant, digest), "kernel", r->kernel.release, "build",
			  context_build_digest(), "state", mutant_state_name(state), "by",
			  words_json(&r->failed), "why", r->why, "all_checks", wide,
			  "broken_checks", (json_int_t)r->n_broken, "ms", (json_int_t)ms);

	if (result && state == MUTANT_FLAGGED && !r->mutant.metric)
		json_object_set_new(result, "blame", json_string(mutant_blame_name(blame)));
	if (!result || json_dump_file(result, temporary, JSON_INDENT(1)) || rename(temporary, path))
		process_quit(STATUS_BROKEN, "cannot write %s", path);
	json_decref(result);
	free(temporary);
	free(path);
}

static int mutant(struct mutant_request *r)
{
	int64_t since_ms = limit_clock_wall_ms();
	enum mutant_state state;
	struct words everything = {0};
	bool wide = false;
	char *ko = build(&r->kernel, r->mutant.module, &r->mutant, &r->why);

	if (ko) {
		command_add(&r->modules, ko, NULL);
		if (r->mutant.metric)
			run_compare(r);
		else
			run_checks(r, &r->mutant.checks);
	}
	if (r->all && !r->why && !r->failed.n && !r->mutant.metric) {
		wide = true;
		run_checks(r, &everything);
	}
	state = r->why ? MUTANT_BROKEN : r->failed.n ? MUTANT_FLAGGED : MUTANT_MISSED;
	write_result(r, state, wide, limit_clock_wall_ms() - since_ms);
	free(ko);
	return STATUS_GOOD;
}

/* ---- the verb ------------------------------------------------------------------------------- */

static const struct option_spec options[] = {
	OPTION("kernel", OPTION_LIST, offsetof(struct mutant_request, target.kernels), "K",
	       "the kernel"),
	OPTION("results", OPTION_TEXT, offsetof(struct mutant_request, dir), "DIR",
	       "directory for the result"),
	OPTION("all", OPTION_FLAG, offsetof(struct mutant_request, all), NULL,
	       "run all checks if those that should detect it do not"),
	{0},
};

static int run(int argc, char **argv)
{
	struct mutant_request r = {.target.seed = 1};
	int at = options_parse(&verb_mutant, &r, argc, argv);

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (at == argc || !r.dir || r.target.kernels.n != 1)
		process_quit(STATUS_USAGE, "mutant: expected --kernel, --results and one file");
	if (mutant_read(argv[at], &r.mutant) < 0)
		return STATUS_USAGE;
	phase_lines = PHASES_STDERR;
	workspace_open();
	r.kernel = target_find(&r.target, r.target.kernels.list[0]);
	return mutant(&r);
}

const struct verb verb_mutant = {
	.name = "mutant",
	.args = "FILE",
	.why = "run one kernel mutant",
	.options = options,
	.operands = 1,
	.run = run,
	.internal = true,
};

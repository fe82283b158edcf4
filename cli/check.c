// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm check: runs the checks on kernels in the emulated host, or on this host, prints KTAP, and
 * says what differs between several kernels.
 */
#include "check/select.h"
#include "cli/driver/checks_ladder.h"
#include "cli/driver/command.h"
#include "cli/driver/ladder.h"
#include "cli/driver/measure.h"
#include "cli/driver/phase.h"
#include "cli/driver/run_dir.h"
#include "cli/driver/workspace.h"
#include "emu/vm.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct check_request {
	struct target target;
	struct words globs;
	bool quick, plant, coverage;
	int64_t rounds;
	const char *ktap, *junit, *reproducer;
	struct engine engine;
	/* What becomes of it. */
	struct words args;	/* as options of check-here and checks */
	struct kernel *kernels; /* none: this host */
	size_t n;
	struct words names; /* of the runs */
};

static const struct option_spec options[] = {
	OPTION("kernel", OPTION_LIST, offsetof(struct check_request, target.kernels), "K",
	       "same as for bench; a run for each, and what differs between them"),
	TARGET_MODULE_OPTIONS(struct check_request, target),
	OPTION("check", OPTION_WORDS, offsetof(struct check_request, globs), "GLOB",
	       "these checks only, e.g. suspend or 'layout.*'"),
	OPTION("quick", OPTION_FLAG, offsetof(struct check_request, quick), NULL,
	       "the quick checks only"),
	OPTION("plant", OPTION_FLAG, offsetof(struct check_request, plant), NULL,
	       "run each check with faults injected; one that does not detect them is a failure"),
	OPTION("coverage", OPTION_FLAG, offsetof(struct check_request, coverage), NULL,
	       "count which functions of the kernel's DAX interface each check reaches"),
	OPTION("seed", OPTION_NUMBER, offsetof(struct check_request, target.seed), "N",
	       "seed of random checks (default 1); the same seed makes the same checks", .min = 1,
	       .max = TARGET_SEED_MAX),
	OPTION("rounds", OPTION_NUMBER, offsetof(struct check_request, rounds), "N",
	       "rounds of random checks", .min = 1, .max = 1000000),
	OPTION("name", OPTION_TEXT, offsetof(struct check_request, target.name), "RUN",
	       "name of the run (default: kernel, check, time); of several kernels: RUN-KERNEL"),
	TARGET_GUEST_OPTIONS(struct check_request, target),
	ENGINE_OPTIONS(struct check_request, engine),
	TARGET_HOST_OPTIONS(struct check_request, target),
	OPTION("device", OPTION_WORDS, offsetof(struct check_request, target.devices), "DEV",
	       "with --host: a namespace; EVERYTHING ON IT IS LOST"),
	OPTION("ktap", OPTION_PATH, offsetof(struct check_request, ktap), "FILE",
	       "also write what is printed to this file"),
	OPTION("junit", OPTION_PATH, offsetof(struct check_request, junit), "FILE",
	       "also write the results as JUnit XML to this file"),
	OPTION("reproducer", OPTION_PATH, offsetof(struct check_request, reproducer), "DIR",
	       "for each failed check write a script with the commands of its set-up to DIR"),
	{0},
};

/* ---- before anything is done ---------------------------------------------------------------- */

static void vet_file(const char *option, const char *path)
{
	struct stat st;
	char *dir;

	if (!path)
		return;
	if (!strcmp(path, "-"))
		process_quit(STATUS_USAGE,
			     "--%s -: expected a file; stdout has what is printed anyway", option);
	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		process_quit(STATUS_USAGE, "--%s %s: expected a file, got a directory", option,
			     path);
	dir = process_text("%.*s/", (int)(strrchr(path, '/') ? strrchr(path, '/') - path : 0),
			   path);
	if (strchr(path, '/') && access(dir, F_OK) < 0)
		process_quit(STATUS_USAGE, "--%s %s: there is no such directory to put it in",
			     option, path);
	free(dir);
}

/* Whether there are such checks. */
static void vet_checks(const struct check_request *c)
{
	struct check_case *cases = NULL;
	size_t n = 0;

	if (check_select(c->globs.list, c->globs.n, c->quick, c->plant, &cases, &n) < 0)
		process_exit(STATUS_USAGE);
	if (!n)
		process_quit(STATUS_USAGE, "check: none of these checks is a quick one");
	free(cases);
}

static void vet(struct check_request *c)
{
	target_vet_host(&c->target, c->plant ? "plant" : NULL);
	if (!c->target.seed)
		c->target.seed = 1;
	vet_file("ktap", c->ktap);
	vet_file("junit", c->junit);
	target_vet(&c->target, STATUS_USAGE);
	target_vet_guest(&c->target, &vm_checks);
	target_vet_name(c->target.name, false);
	if (target_is_ladder(&c->target) && c->target.replaced.n)
		process_quit(STATUS_USAGE,
			     "--module is for one kernel: a module is built for one release");
	if (!target_is_ladder(&c->target))
		target_vet_name_is_free(c->target.name);
	engine_vet(&c->engine, target_is_ladder(&c->target) && !c->target.console);
	vet_checks(c);
}

static void spell_args(struct check_request *c)
{
	char *seed = process_text("%lld", (long long)c->target.seed);
	char *rounds = process_text("%lld", (long long)c->rounds);

	command_add(&c->args, "--seed", seed, NULL);
	command_add_each(&c->args, "--check", &c->globs);
	if (c->quick)
		command_add(&c->args, "--quick", NULL);
	if (c->plant)
		command_add(&c->args, "--plant", NULL);
	if (c->coverage)
		command_add(&c->args, "--coverage", NULL);
	if (c->rounds)
		command_add(&c->args, "--rounds", rounds, NULL);
	free(seed);
	free(rounds);
}

/* ---- one run for each kernel ---------------------------------------------------------------- */

static char *base_name(const struct check_request *c, const struct kernel *kernel,
		       const char *stamp)
{
	char *release = kernel ? process_text("%s", kernel->release) : target_host_release();
	char *label = target_short_release(release), *suffix = target_suffix(&c->target.replaced);
	char *base;

	if (!c->target.name)
		base = process_text("%s%s-check-%s", label, suffix, stamp);
	else if (c->target.kernels.n > 1)
		base = process_text("%s-%s", c->target.name, label);
	else
		base = process_text("%s", c->target.name);
	if (c->target.name)
		target_vet_name_is_free(base);
	free(release);
	free(label);
	free(suffix);
	return base;
}

static void plan(struct check_request *c)
{
	const struct words *kernels = &c->target.kernels;
	char *stamp = workspace_timestamp();

	c->n = c->target.host ? 0 : kernels->n;
	c->kernels = calloc(c->n + 1, sizeof(*c->kernels));
	if (!c->kernels)
		process_quit(STATUS_BROKEN, "out of memory");
	for (size_t i = 0; i < (c->n ? c->n : 1); i++) {
		char *base, *name;

		if (c->n)
			c->kernels[i] = target_find(&c->target, kernels->list[i]);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(c->kernels[i].dir, c->kernels[j].dir))
				process_quit(STATUS_USAGE,
					     "--kernel %s: another --kernel is the same, %s",
					     kernels->list[i], c->kernels[i].package);
		base = base_name(c, c->n ? &c->kernels[i] : NULL, stamp);
		name = workspace_claim(base);
		command_add(&c->names, name, NULL);
		free(base);
		free(name);
	}
	free(stamp);
}

static int check_host(const struct check_request *c, const char *dir)
{
	struct words command = {0};
	int status;

	command_add(&command, place("build/daxdm"), "check-here", NULL);
	command_add_each(&command, "--device", &c->target.devices);
	if (c->target.wipe)
		command_add(&command, "--wipe", NULL);
	command_add_all(&command, &c->args);
	status = measure_on_this_host(&command, dir);
	if (access(dir, F_OK) < 0)
		return status;
	command_add(&command, place("build/daxdm"), "verdicts", "--known", RUN_DIR_KNOWN, dir,
		    NULL);
	return process_run(&command, NULL, NULL);
}

static int check_emulated(const struct check_request *c, const struct kernel *kernel,
			  const char *dir)
{
	struct guest_files guests = target_make_check_guests(kernel, &c->target);
	struct words command = {0};
	int status;

	if (c->n > 1)
		printf("# linux %s\n", kernel->release);
	command_add(&command, place("build/daxdm"), "checks", "--kernel", kernel->dir, "--guest",
		    guests.initramfs.list[0], "--results", dir, "--known", RUN_DIR_KNOWN, NULL);
	if (guests.modules)
		command_add(&command, "--modules", guests.modules, NULL);
	target_add_guest_options(&command, &c->target);
	if (c->target.fresh)
		command_add(&command, "--fresh", NULL);
	if (c->target.console)
		command_add(&command, "--console", NULL);
	command_add_all(&command, &c->args);
	target_free_guests(&guests);
	process_says_it = true;
	status = process_run(&command, NULL, NULL);
	process_says_it = false;
	return status;
}

static int one_check(const struct check_request *c, size_t i, const char *dir)
{
	int status = c->n ? check_emulated(c, &c->kernels[i], dir) : check_host(c, dir);

	if (!access(dir, F_OK))
		printf("# results are in %s/\n", dir);
	return status;
}

/* ---- what can be said when all are done ----------------------------------------------------- */

/* The worse of two exit statuses. */
static int worse(int a, int b)
{
	static const int order[] = {STATUS_FAILED, STATUS_BROKEN, STATUS_NOT_COMPARABLE,
				    STATUS_SKIPPED};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a ? a : b;
}

/* Runs a command whose output is for people, as diagnostic lines of KTAP. */
static void as_diagnostics(struct words *command)
{
	char *said = workspace_path("said"), *line = NULL;
	size_t size = 0;
	FILE *in;

	process_run(command, said, NULL);
	in = fopen(said, "re");
	while (in && getline(&line, &size, in) > 0)
		printf("# %s", line);
	if (in)
		fclose(in);
	free(line);
	free(said);
}

/* Returns STATUS_BROKEN if something could not be written. */
static int sum_up(const struct check_request *c, const struct words *dirs)
{
	struct words command = {0};
	int status = STATUS_GOOD;

	if (c->ktap || c->junit || c->reproducer) {
		command_add(&command, place("build/daxdm"), "verdicts", "--quiet", "--known",
			    RUN_DIR_KNOWN, NULL);
		if (c->ktap)
			command_add(&command, "--ktap", c->ktap, NULL);
		if (c->junit)
			command_add(&command, "--junit", c->junit, NULL);
		if (c->reproducer) {
			workspace_make_dir(c->reproducer);
			command_add(&command, "--reproducer", c->reproducer, NULL);
		}
		command_add_all(&command, dirs);
		status = process_run(&command, NULL, NULL);
	}
	for (size_t i = 0; c->coverage && i < dirs->n; i++) {
		command_add(&command, place("build/daxdm"), "coverage", dirs->list[i], NULL);
		as_diagnostics(&command);
	}
	/* That kernels differ is no failure. */
	if (dirs->n > 1) {
		command_add(&command, place("build/daxdm"), "behaviour", "--known", RUN_DIR_KNOWN,
			    NULL);
		command_add_all(&command, dirs);
		as_diagnostics(&command);
	}
	return status;
}

static bool has_verdicts(const char *dir)
{
	char *ktap = process_text("%s/ktap.txt", dir);
	struct stat st;
	bool has = !stat(ktap, &st) && st.st_size;

	free(ktap);
	return has;
}

/* The ids of the checks that are asked for. */
static void find_ids(const struct check_request *c, struct words *ids)
{
	struct check_case *cases = NULL;
	size_t n = 0;

	if (check_select(c->globs.list, c->globs.n, c->quick, c->plant, &cases, &n) < 0)
		process_exit(STATUS_USAGE);
	for (size_t i = 0; i < n; i++)
		command_add(ids, cases[i].id, NULL);
	free(cases);
}

/* All kernels on the nodes of Slurm; then what each of them would have printed. */
static int check_on_slurm(struct check_request *c)
{
	struct words ids = {0}, command = {0};
	struct checks_ladder l = {.target = &c->target,
				  .engine = &c->engine,
				  .args = &c->args,
				  .ids = &ids,
				  .rounds = c->rounds,
				  .plant = c->plant};
	int status = STATUS_GOOD;

	find_ids(c, &ids);
	checks_ladder(&l);
	for (size_t i = 0; i < l.dirs.n; i++) {
		printf("# linux %s\n", l.releases.list[i]);
		command_add(&command, place("build/daxdm"), "verdicts", "--known", RUN_DIR_KNOWN,
			    l.dirs.list[i], NULL);
		status = worse(status, process_run(&command, NULL, NULL));
		printf("# results are in %s/\n", l.dirs.list[i]);
	}
	for (size_t i = 0; i < l.missing.n; i++) {
		msg_error("no verdicts of %s", l.missing.list[i]);
		status = worse(status, STATUS_BROKEN);
	}
	return l.dirs.n ? worse(status, sum_up(c, &l.dirs)) : status;
}

static int check(struct check_request *c)
{
	struct words done = {0};
	int status = STATUS_GOOD;

	target_confirm_wipe(&c->target);
	phase_lines = PHASES_STDERR; /* stdout is KTAP */
	workspace_open();
	workspace_make_dir("results");
	if (!getenv(LADDER_STEP))
		workspace_setup("run", NULL);
	spell_args(c);
	if (engine_is_slurm(&c->engine))
		return check_on_slurm(c);
	target_expand_ladder(&c->target.kernels);
	target_vet_names(&c->target);
	plan(c);
	for (size_t i = 0; i < c->names.n; i++) {
		char *dir = process_text("results/%s", c->names.list[i]);
		int one = one_check(c, i, dir);

		if (one != STATUS_GOOD && one != STATUS_FAILED && one != STATUS_BROKEN &&
		    one != STATUS_SKIPPED)
			return one;
		status = worse(status, one);
		if (has_verdicts(dir))
			command_add(&done, dir, NULL);
		free(dir);
	}
	if (done.n)
		status = worse(status, sum_up(c, &done));
	words_free(&done);
	return status;
}

static int run(int argc, char **argv)
{
	struct check_request c = {0};
	int operand = options_parse(&verb_check, &c, argc, argv);

	if (operand == -1)
		return STATUS_GOOD;
	if (operand < 0)
		return STATUS_USAGE;
	vet(&c);
	return check(&c);
}

const struct verb verb_check = {
	.name = "check",
	.args = "",
	.why = "verify every contract; prints KTAP, results go to results/RUN/",
	.examples = {"check --quick", "check --kernel 6.1 --check 'suspend.*'"},
	.options = options,
	.run = run,
};

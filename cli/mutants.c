// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm mutants: what the checks and comparisons detect of faults in the kernel.  Each file of
 * tests/mutants/ changes one module of a packaged kernel; a process of its own builds and runs it
 * (daxdm mutant), several at a time.  Results that are there are used again.
 */
#include "check/select.h"
#include "cli/driver/command.h"
#include "cli/driver/parallel.h"
#include "cli/driver/phase.h"
#include "cli/driver/target.h"
#include "cli/driver/workspace.h"
#include "cli/mutants/result.h"
#include "lib/base/json_field.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "report/checks/known.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { JOBS_DEFAULT = 2, JOBS_MAX = 16 };

struct mutants_request {
	struct target target;
	bool all, anew, again, only_score;
	int64_t jobs;
	const char *table;
	/* What becomes of it. */
	struct kernel kernel;
	struct mutant *list;
	size_t n_list;
	struct mutant_entry *entries;
	bool *printed;
	size_t n;
	char *dir;
};

static const struct option_spec options[] = {
	OPTION("kernel", OPTION_LIST, offsetof(struct mutants_request, target.kernels), "K",
	       "a kernel of the archive (default: debian)"),
	OPTION("all", OPTION_FLAG, offsetof(struct mutants_request, all), NULL,
	       "run all checks on a mutant that those named in its file do not detect"),
	OPTION("again", OPTION_FLAG, offsetof(struct mutants_request, again), NULL,
	       "run those again that were missed"),
	OPTION("anew", OPTION_FLAG, offsetof(struct mutants_request, anew), NULL,
	       "run all of them, even if there are results"),
	OPTION("score", OPTION_FLAG, offsetof(struct mutants_request, only_score), NULL,
	       "run none; print the score of the results that are there"),
	OPTION("jobs", OPTION_NUMBER, offsetof(struct mutants_request, jobs), "N",
	       "mutants at a time (default 2)", .min = 1, .max = JOBS_MAX),
	OPTION("name", OPTION_TEXT, offsetof(struct mutants_request, target.name), "RUN",
	       "results are in results/RUN (default: mutants-KERNEL)"),
	OPTION("table", OPTION_PATH, offsetof(struct mutants_request, table), "FILE",
	       "also write a line for each mutant to this file, fields separated by tabs"),
	{0},
};

/* ---- which of them -------------------------------------------------------------------------- */

static bool is_asked_for(const struct mutant *m, char *const globs[], int n)
{
	for (int i = 0; i < n; i++)
		if (!fnmatch(globs[i], m->id, 0) || !strcmp(globs[i], m->layer))
			return true;
	return !n;
}

static void vet_globs(const struct mutants_request *r, char *const globs[], int n)
{
	for (int i = 0; i < n; i++) {
		bool fits = false;

		for (size_t m = 0; m < r->n_list && !fits; m++)
			fits = is_asked_for(&r->list[m], globs + i, 1);
		if (!fits)
			process_quit(STATUS_USAGE,
				     "mutants: none is named %s, and no layer is; their files are "
				     "in " MUTANTS_DIR "/",
				     globs[i]);
	}
}

/* A glob that fits no check would make a mutant look missed. */
static void vet_checks(const struct mutants_request *r)
{
	for (size_t i = 0; i < r->n_list; i++) {
		const struct words *globs = &r->list[i].checks;
		struct check_case *cases = NULL;
		size_t n;

		if (globs->n && check_select(globs->list, globs->n, false, false, &cases, &n) < 0)
			process_quit(STATUS_USAGE, "%s: its checks cannot be found",
				     r->list[i].path);
		free(cases);
	}
}

static void choose(struct mutants_request *r, char *const globs[], int n)
{
	char version[64];

	kernel_version_text(r->kernel.release, r->kernel.package, NULL, version, sizeof(version));
	r->entries = memory_check(calloc(r->n_list + 1, sizeof(*r->entries)));
	r->printed = memory_check(calloc(r->n_list + 1, sizeof(*r->printed)));
	for (size_t i = 0; i < r->n_list; i++)
		if (is_asked_for(&r->list[i], globs, n) && mutant_is_for(&r->list[i], version))
			r->entries[r->n++].mutant = &r->list[i];
	if (!r->n)
		process_quit(STATUS_USAGE, "mutants: none of these is written for the kernel %s",
			     r->kernel.release);
}

/* ---- results -------------------------------------------------------------------------------- */

static char *result_path(const struct mutants_request *r, const struct mutant *m)
{
	return process_text("%s/%s.json", r->dir, m->id);
}

/* Reads the result of a mutant, unless it is of another one of that name. */
static void read_result(const struct mutants_request *r, struct mutant_entry *e)
{
	char *path = result_path(r, e->mutant), digest[17];
	json_t *result = json_load_file(path, 0, NULL);

	if (result &&
	    (strcmp(json_field_text(result, "digest"), mutant_digest(e->mutant, digest)) ||
	     strcmp(json_field_text(result, "kernel"), r->kernel.release))) {
		json_decref(result);
		result = NULL;
	}
	json_decref(e->result);
	e->result = result;
	free(path);
}

static bool is_to_run(const struct mutants_request *r, const struct mutant_entry *e)
{
	enum mutant_state state = mutant_state_of(e->result);

	if (e->mutant->equivalent || r->only_score)
		return false;
	if (r->again && state == MUTANT_MISSED)
		return !mutant_is_unchanged(e->mutant);
	return r->anew || state == MUTANT_NOT_RUN || state == MUTANT_BROKEN;
}

static void put_job(const struct mutants_request *r, const struct mutant *m, FILE *jobs)
{
	char *log = process_text("%s/%s.log", r->dir, m->id), *path = result_path(r, m);
	struct words job = {0};

	if (unlink(path) && errno != ENOENT)
		process_quit(STATUS_BROKEN, "cannot remove %s: %s", path, strerror(errno));
	command_add(&job, "setpriv", "--pdeathsig", "TERM", place("build/daxdm"), "mutant",
		    "--kernel", r->target.kernels.list[0], "--results", r->dir, NULL);
	if (r->all)
		command_add(&job, "--all", NULL);
	command_add(&job, m->path, NULL);
	parallel_put(&job, log, jobs);
	words_free(&job);
	free(path);
	free(log);
}

/* Prints results that have come since the last call. */
static void print_new(struct mutants_request *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->printed[i])
			continue;
		read_result(r, &r->entries[i]);
		r->printed[i] = r->entries[i].result;
		if (r->printed[i])
			mutant_print_result(&r->entries[i], stdout);
	}
}

static void say_reasons(const struct mutants_request *r)
{
	for (size_t i = 0; i < r->n; i++) {
		char *log, *why;

		if (r->entries[i].result || r->entries[i].mutant->equivalent)
			continue;
		log = process_text("%s/%s.log", r->dir, r->entries[i].mutant->id);
		why = access(log, F_OK) ? NULL : workspace_last_error(log);
		if (why)
			printf("%-10s %s: %s; see %s\n", "not run", r->entries[i].mutant->id, why,
			       log);
		free(why);
		free(log);
	}
}

static void run_all(struct mutants_request *r)
{
	char *path = workspace_path("jobs");
	struct words command = {0};
	FILE *jobs = fopen(path, "we");
	size_t n = 0;
	int status;

	if (!jobs)
		process_quit(STATUS_BROKEN, "cannot write %s", path);
	for (size_t i = 0; i < r->n; i++) {
		read_result(r, &r->entries[i]);
		r->printed[i] = !is_to_run(r, &r->entries[i]);
		if (r->printed[i])
			continue;
		put_job(r, r->entries[i].mutant, jobs);
		n++;
	}
	fclose(jobs);
	if (n) {
		parallel_command(&command, path, (unsigned int)(r->jobs ? r->jobs : JOBS_DEFAULT));
		process_stop_limit_ms = PARALLEL_STOP_LIMIT_MS;
		process_start(&command, "&2", NULL);
		while (!process_wait(500, &status))
			print_new(r);
		process_stop_limit_ms = PROCESS_STOP_LIMIT_MS;
		print_new(r);
	}
	free(path);
}

static void write_table(const struct mutants_request *r)
{
	FILE *out = r->table ? fopen(r->table, "we") : NULL;

	if (!r->table)
		return;
	if (out)
		mutant_print_table(r->entries, r->n, r->kernel.release, out);
	if (!out || fclose(out))
		process_quit(STATUS_BROKEN, "cannot write %s: %s", r->table, strerror(errno));
}

static int mutants(struct mutants_request *r)
{
	char *release = target_short_release(r->kernel.release);
	int status;

	r->dir = process_text("results/%s%s", r->target.name ? "" : "mutants-",
			      r->target.name ? r->target.name : release);
	workspace_make_dir(r->dir);
	run_all(r);
	say_reasons(r);
	mutant_print_score(r->entries, r->n, release, stdout);
	write_table(r);
	status = mutant_status(r->entries, r->n);
	for (size_t i = 0; i < r->n; i++)
		json_decref(r->entries[i].result);
	free(release);
	return status;
}

static int run(int argc, char **argv)
{
	struct mutants_request r = {.target.seed = 1};
	int at = options_parse(&verb_mutants, &r, argc, argv), status;

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	target_split_kernels(&r.target.kernels);
	if (r.target.kernels.n > 1)
		process_quit(STATUS_USAGE, "mutants: expected one --kernel, got %zu",
			     r.target.kernels.n);
	if (r.target.kernels.n && target_is_path(r.target.kernels.list[0]))
		process_quit(STATUS_USAGE,
			     "--kernel %s: mutants are built from the source package of a kernel "
			     "of the archive",
			     r.target.kernels.list[0]);
	target_vet(&r.target, STATUS_USAGE);
	target_vet_name(r.target.name, false);
	if (mutants_read(MUTANTS_DIR, &r.list, &r.n_list) < 0)
		return STATUS_USAGE;
	vet_globs(&r, argv + at, argc - at);
	vet_checks(&r);
	phase_lines = PHASES_STDERR;
	workspace_open();
	workspace_setup("run", NULL);
	r.kernel = target_find(&r.target, r.target.kernels.list[0]);
	choose(&r, argv + at, argc - at);
	status = mutants(&r);
	mutants_free(r.list, r.n_list);
	free(r.entries);
	free(r.printed);
	return status;
}

const struct verb verb_mutants = {
	.on_sources = true,
	.name = "mutants",
	.args = "[GLOB]...",
	.why = "mutation score: which faults of the kernel the checks and comparisons detect",
	.examples = {"mutants --kernel 6.1 'dm-linear-*'", "mutants ext4 --all"},
	.options = options,
	.operands = 64,
	.run = run,
	.no_memory = STATUS_BROKEN,
};

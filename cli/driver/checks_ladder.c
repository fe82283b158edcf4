// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/checks_ladder.h"

#include "cli/driver/command.h"
#include "cli/driver/kernel_list.h"
#include "cli/driver/ladder.h"
#include "cli/driver/parallel.h"
#include "cli/driver/phase.h"
#include "cli/driver/workspace.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/base/text.h"
#include "lib/file/fs.h"
#include "lib/run/context.h"
#include "lib/run/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static bool has_checks(const struct run *run, const struct words *ids)
{
	size_t found = 0;

	for (size_t i = 0; i < ids->n; i++)
		for (size_t j = 0; j < run->n_checks; j++)
			found += !strcmp(ids->list[i], run->checks[j].id);
	return found == ids->n && run->n_checks == ids->n;
}

/* Whether DIR holds a complete run of these checks on that kernel.  Ends the process if it is one
 * of other checks or of another build. */
static bool is_done(const struct checks_ladder *c, const struct kernel_entry *kernel,
		    const char *dir)
{
	char *package = kernel_list_package(kernel), why[512];
	json_t *build = context_build_digest();
	bool complete, same;
	struct run run;

	complete = !run_read(dir, &run, why, sizeof(why)) && run_is_complete(&run);
	same = complete && run.context.checks && run.context.planted == c->plant &&
	       run.context.seed == c->target->seed &&
	       (run.context.rounds > 0 ? run.context.rounds : 0) == c->rounds &&
	       !strcmp(run.context.package, package) &&
	       !strcmp(run.context.build, json_string_value(build)) && has_checks(&run, c->ids);
	if (complete && !same)
		process_quit(STATUS_USAGE,
			     "%s is of other checks or of another build of daxdm; choose another "
			     "--name",
			     dir);
	run_free(&run);
	json_decref(build);
	free(package);
	return complete;
}

static void put_job(const struct checks_ladder *c, const struct kernel_entry *kernel,
		    const char *dir, FILE *out)
{
	char *name = process_text("%s-%s", c->target->name, kernel->label);
	char *log = job_table_log(dir, kernel->label);
	struct words job = {0};

	command_add(&job, "setpriv", "--pdeathsig", "TERM", place("build/daxdm"), "check", "--name",
		    name, NULL);
	kernel_list_add_options(&job, kernel, c->target);
	command_add_all(&job, c->args);
	parallel_put(&job, log, out);
	words_free(&job);
	free(name);
	free(log);
}

/* A run that has no end is begun again. */
static void write_jobs(const struct checks_ladder *c, const struct kernel_list *kernels,
		       struct job_table *t, const char *path)
{
	FILE *out = fopen(path, "we");

	if (!out)
		process_quit(STATUS_BROKEN, "cannot write %s: %s", path, strerror(errno));
	for (size_t i = 0; i < kernels->n; i++) {
		const struct kernel_entry *kernel = &kernels->list[i];
		char *run = job_table_run(t, kernel->label);
		char *log = job_table_log(t->dir, kernel->label);

		if (!is_done(c, kernel, run)) {
			fs_remove_tree(run);
			unlink(log);
			job_table_add(t, kernel->label);
			put_job(c, kernel, t->dir, out);
		}
		free(run);
		free(log);
	}
	if (fclose(out))
		process_quit(STATUS_BROKEN, "cannot write %s", path);
}

static void run_jobs(const struct checks_ladder *c, const struct kernel_list *kernels,
		     struct job_table *t, const char *path)
{
	struct words fetch = {0};
	const struct engine_jobs jobs = {
		.path = path, .at_a_time = 1, .cores = engine_guest_cores(2), .fetch = &fetch};

	kernel_list_not_here(kernels, &fetch);
	phase_begin("check");
	setenv(LADDER_STEP, "yes", 1);
	engine_run(c->engine, t, &jobs);
	unsetenv(LADDER_STEP);
	phase_end("%zu kernel%s", t->n, text_plural(t->n));
	words_free(&fetch);
}

static void add_run(struct checks_ladder *c, const char *dir)
{
	struct run run;
	char why[512];

	if (run_read(dir, &run, why, sizeof(why)) < 0)
		process_quit(STATUS_BROKEN, "%s", why);
	command_add(&c->dirs, dir, NULL);
	command_add(&c->releases, run.context.release, NULL);
	run_free(&run);
}

/* Which kernels have a run. */
static void find_runs(struct checks_ladder *c, const struct kernel_list *kernels,
		      const struct job_table *t)
{
	for (size_t i = 0; i < kernels->n; i++) {
		const char *label = kernels->list[i].label;
		char *dir = job_table_run(t, label), *ktap = process_text("%s/ktap.txt", dir);
		char *why, *text;

		if (!access(ktap, F_OK)) {
			add_run(c, dir);
		} else {
			why = job_table_why_failed(t->dir, label);
			text = process_text("%s: %s", label, why);
			command_add(&c->missing, text, NULL);
			free(why);
			free(text);
		}
		free(dir);
		free(ktap);
	}
}

static void choose_name(struct target *t)
{
	char *stamp, *base;

	if (t->name)
		return;
	stamp = workspace_timestamp();
	base = process_text("check-%s", stamp);
	t->name = workspace_claim(base);
	free(stamp);
	free(base);
}

void checks_ladder(struct checks_ladder *c)
{
	struct kernel_list kernels = {0};
	struct job_table t = {.what = "check"};
	char *dir, *runs, *jobs;
	int lock;

	choose_name(c->target);
	dir = process_text("results/%s", c->target->name);
	runs = process_text("%s-", dir);
	t.dir = dir;
	t.runs = runs;
	workspace_make_dir(dir);
	lock = open(dir, O_RDONLY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0)
		process_quit(STATUS_USAGE, "another process runs the checks in %s", dir);
	kernel_list_plan(&kernels, c->target, dir);
	jobs = engine_jobs_path(c->engine, dir);
	write_jobs(c, &kernels, &t, jobs);
	msg_note("checks of %zu kernels, %zu done; to go on if it is stopped: --name %s", kernels.n,
		 kernels.n - t.n, c->target->name);
	if (t.n)
		run_jobs(c, &kernels, &t, jobs);
	find_runs(c, &kernels, &t);
	free(jobs);
}

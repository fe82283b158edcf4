// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/engine.h"

#include "cli/driver/command.h"
#include "cli/driver/job_history.h"
#include "cli/driver/parallel.h"
#include "cli/driver/phase.h"
#include "cli/driver/workspace.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/file/fs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Limits of an element where it is not known what one took, and how much more than that one may
 * take: nodes differ in speed, and a kernel's first run also makes its snapshots. */
enum {
	SLURM_MINUTES_UNKNOWN = 240,
	SLURM_MINUTES_MIN = 15,
	SLURM_TIMES = 4,
	SLURM_MIB_MIN = 1024,
	SLURM_MIB_UNKNOWN = 2048, /* for each core */
};

bool engine_is_slurm(const struct engine *e)
{
	return e->name && !strcmp(e->name, "slurm");
}

unsigned int engine_guest_cores(size_t guests)
{
	return guests < 2 ? 1 : 2;
}

void engine_vet(const struct engine *e, bool several)
{
	const char *given = e->partition    ? "partition"
			    : e->constraint ? "constraint"
			    : e->account    ? "account"
			    : e->options.n  ? "sbatch-option"
					    : NULL;

	if (!engine_is_slurm(e)) {
		if (given)
			process_quit(STATUS_USAGE, "--%s goes with --engine slurm", given);
		return;
	}
	if (!several)
		process_quit(STATUS_USAGE, "--engine slurm is for several kernels");
	for (size_t i = 0; i < e->options.n; i++)
		if (*e->options.list[i] != '-')
			process_quit(STATUS_USAGE,
				     "--sbatch-option %s: expected an option of sbatch in one "
				     "word, e.g. --cpus-per-task=8",
				     e->options.list[i]);
	if (!command_is_in_path("sbatch"))
		process_quit(STATUS_BROKEN,
			     "--engine slurm: there is no sbatch on this host, a client of a Slurm "
			     "cluster; as root: apt-get install slurm-client");
}

char *engine_jobs_path(const struct engine *e, const char *dir)
{
	char *slurm, *path;

	if (!engine_is_slurm(e))
		return workspace_path("jobs");
	slurm = process_text("%s/slurm", dir);
	fs_remove_tree(slurm);
	workspace_make_dir(slurm);
	path = process_text("%s/jobs", slurm);
	free(slurm);
	return path;
}

/* ---- GNU parallel --------------------------------------------------------------------------- */

static void local_command(struct words *command, struct job_table *t,
			  const struct engine_jobs *jobs, const char *log)
{
	char *to = process_text("+%s", log);

	t->at_a_time = jobs->at_a_time;
	parallel_command(command, jobs->path, jobs->at_a_time);
	command_add(command, "--joblog", to, NULL);
	free(to);
}

/* ---- Slurm ---------------------------------------------------------------------------------- */

static FILE *open_list(const char *dir, const char *name)
{
	char *path = process_text("%s/slurm/%s", dir, name);
	FILE *out = fopen(path, "we");

	if (!out)
		process_quit(STATUS_BROKEN, "cannot write %s: %s", path, strerror(errno));
	free(path);
	return out;
}

/* What an element removes before it begins: another one may have begun it on a node that failed. */
static void write_runs(const struct job_table *t)
{
	FILE *out = open_list(t->dir, "runs");

	for (size_t i = 0; i < t->n; i++) {
		char *run = job_table_run(t, t->list[i].label);
		char *log = job_table_log(t->dir, t->list[i].label);

		fprintf(out, "%s\t%s\n", run, log);
		free(run);
		free(log);
	}
	if (fclose(out))
		process_quit(STATUS_BROKEN, "cannot write %s/slurm/runs", t->dir);
}

static void write_fetch(const struct job_table *t, const struct words *kernels)
{
	FILE *out = open_list(t->dir, "fetch");

	for (size_t i = 0; i < kernels->n; i++)
		fprintf(out, "%s\n", kernels->list[i]);
	if (fclose(out))
		process_quit(STATUS_BROKEN, "cannot write %s/slurm/fetch", t->dir);
}

static void add_number(struct words *command, const char *fmt, int64_t number)
{
	char *text = process_text(fmt, (long long)number);

	command_add(command, text, NULL);
	free(text);
}

/* Time and memory of an element, by what such jobs took before. */
static void add_limits(struct words *command, const struct engine_jobs *jobs, unsigned int cores)
{
	const struct job_history h = job_history_find(jobs->path);
	int64_t minutes = h.n ? h.most_s * SLURM_TIMES / 60 + 1 : SLURM_MINUTES_UNKNOWN;
	int64_t mib = h.most_kib ? h.most_kib * 3 / 2 / 1024 : SLURM_MIB_UNKNOWN;

	mib = mib * cores + SLURM_MIB_MIN;
	minutes = minutes < SLURM_MINUTES_MIN ? SLURM_MINUTES_MIN : minutes;
	msg_note("limits of an element: %lld min, %lld MiB%s", (long long)minutes, (long long)mib,
		 h.n ? ", by what such jobs took before" : "");
	add_number(command, "%lld", minutes);
	add_number(command, "%lld", mib);
}

static void add_option(struct words *command, const char *name, const char *value)
{
	char *text;

	if (!value)
		return;
	text = process_text("--%s=%s", name, value);
	command_add(command, text, NULL);
	free(text);
}

static void slurm_command(struct words *command, const struct engine *e, struct job_table *t,
			  const struct engine_jobs *jobs, const char *log)
{
	char *dir = process_text("%s/slurm", t->dir), *waiting = process_text("%s/waiting", dir);

	t->at_a_time = 0;
	t->waiting = waiting;
	write_runs(t);
	write_fetch(t, jobs->fetch);
	command_add(command, place("cli/driver/slurm.sh"), place("build/daxdm"), dir, log, NULL);
	add_limits(command, jobs, jobs->cores);
	add_number(command, "--cpus-per-task=%lld", jobs->cores);
	add_option(command, "partition", e->partition);
	add_option(command, "constraint", e->constraint);
	add_option(command, "account", e->account);
	command_add_all(command, &e->options); /* the last of an option holds */
	free(dir);
}

/* ---- both ----------------------------------------------------------------------------------- */

void engine_run(const struct engine *e, struct job_table *t, const struct engine_jobs *jobs)
{
	char *log = job_table_begin_log(t), *output = workspace_path("engine.out"), *why;
	struct words command = {0};
	int status;

	if (engine_is_slurm(e))
		slurm_command(&command, e, t, jobs, log);
	else
		local_command(&command, t, jobs, log);
	process_stop_limit_ms = PARALLEL_STOP_LIMIT_MS;
	process_start(&command, output, "&1");
	while (!process_wait(1000, &status))
		job_table_show(t);
	process_stop_limit_ms = PROCESS_STOP_LIMIT_MS;
	job_table_show(t);
	/* Its status is how many jobs failed, which the log says, too. */
	why = workspace_last_line(output);
	if (t->n_ended != t->n)
		process_quit(STATUS_BROKEN, "%s ended with status %d: %s; the same command goes on",
			     engine_is_slurm(e) ? "cli/driver/slurm.sh" : "GNU parallel", status,
			     why ? why : "");
	free(why);
	free(log);
	free(output);
}

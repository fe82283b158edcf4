// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/ladder.h"

#include "bench/fiojob/fio_job.h"
#include "cli/driver/command.h"
#include "cli/driver/job_table.h"
#include "cli/driver/kernel_list.h"
#include "cli/driver/parallel.h"
#include "cli/driver/phase.h"
#include "cli/driver/run_dir.h"
#include "cli/driver/workspace.h"
#include "emu/host_resources.h"
#include "lib/base/json_field.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/base/text.h"
#include "lib/file/fs.h"
#include "lib/run/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static FILE *open_list(const char *path)
{
	FILE *out = fopen(path, "we");

	if (!out)
		process_quit(STATUS_BROKEN, "cannot write %s: %s", path, strerror(errno));
	return out;
}

struct ladder {
	struct bench_request *b;
	char *dir;
	struct kernel_list kernels;
	struct job_table jobs; /* of those to be measured */
	char *fio;	       /* the fio job that all get, or NULL */
};

/* ---- what is left to do --------------------------------------------------------------------- */

static bool is_complete(const char *dir)
{
	struct run run;
	char why[512];
	bool complete = !run_read_brief(dir, &run, why, sizeof(why)) && run_is_complete(&run);

	run_free(&run);
	return complete;
}

/* Whether the run of that step is complete, of this build and workload. */
static bool is_done(const struct ladder *l, const struct kernel_entry *step)
{
	char *dir = process_text("%s/%s", l->dir, step->label),
	     *package = kernel_list_package(step);
	char date[MEASURE_DATE_CHARS];
	bool done = measure_stands_for(dir, &l->b->m, &l->b->target, package, date);

	if (!done && is_complete(dir))
		process_quit(STATUS_USAGE,
			     "%s was measured by another build of daxdm or of another workload; "
			     "choose another --name",
			     dir);
	done = done && measure_has_states(dir, l->b->m.states);
	free(package);
	free(dir);
	return done;
}

/* Writes the fio job into the directory of the ladder: the user's file may change meanwhile. */
static void keep_fio(struct ladder *l)
{
	json_t *job = fio_job_json();
	const json_t *line;
	char *dir;
	size_t i;
	FILE *out;

	if (!job)
		return;
	dir = process_text("%s/fio", l->dir);
	workspace_make_dir(dir);
	l->fio = process_text("%s/%s", dir, json_field_text(job, "name"));
	out = open_list(l->fio);
	json_array_foreach(json_object_get(job, "text"), i, line) {
		fprintf(out, "%s\n", json_string_value(line));
	}
	if (fclose(out))
		process_quit(STATUS_BROKEN, "cannot write %s: %s", l->fio, strerror(errno));
	json_decref(job);
	free(dir);
}

/* The workload, but for the text of the fio job, which is in a file. */
static void add_workload(const struct ladder *l, struct words *job)
{
	const struct words *args = &l->b->m.args;

	for (size_t i = 0; i < args->n; i++)
		if (strcmp(args->list[i], "--fio-text"))
			command_add(job, args->list[i], NULL);
		else
			i++;
	if (l->fio)
		command_add(job, "--fio", l->fio, NULL);
}

static void put_job(const struct ladder *l, const struct kernel_entry *step, FILE *out)
{
	const struct bench_request *b = l->b;
	char *name = process_text("%s/%s", b->target.name, step->label);
	char *log = job_table_log(l->dir, step->label);
	char *seed = process_text("%lld", (long long)b->target.seed);
	char *states = process_text("%lld", (long long)b->m.states);
	struct words job = {0};

	command_add(&job, "setpriv", "--pdeathsig", "TERM", place("build/daxdm"), "bench", "--name",
		    name, "--meter", b->m.meter, "--seed", seed, NULL);
	kernel_list_add_options(&job, step, &b->target);
	if (b->m.counters)
		command_add(&job, "--counters", NULL);
	if (b->m.states > 1)
		command_add(&job, "--states", states, NULL);
	add_workload(l, &job);
	parallel_put(&job, log, out);
	words_free(&job);
	free(name);
	free(log);
	free(seed);
	free(states);
}

/* A run that has no end is begun again. */
static void write_jobs(struct ladder *l, const char *path)
{
	FILE *out = open_list(path);

	l->jobs.dir = l->dir;
	for (size_t i = 0; i < l->kernels.n; i++) {
		const struct kernel_entry *step = &l->kernels.list[i];
		char *dir = process_text("%s/%s", l->dir, step->label);
		char *log = job_table_log(l->dir, step->label);

		if (!is_done(l, step)) {
			fs_remove_tree(dir);
			unlink(log);
			job_table_add(&l->jobs, step->label);
			put_job(l, step, out);
		}
		free(dir);
		free(log);
	}
	if (fclose(out))
		process_quit(STATUS_BROKEN, "cannot write %s", path);
}

/* ---- the jobs ------------------------------------------------------------------------------- */

/* The guests of one kernel. */
static size_t guests_of(const struct measurement *m)
{
	return m->whole.filesystems.n * (strcmp(m->meter, "insn") ? 1 : m->whole.stacks.n);
}

/* How many kernels to measure at a time.  Each guest uses a whole core and 450 MiB of memory; a
 * kernel has at least one for each stack and filesystem (enum bench_guest), or, if the meter is not
 * insn, for each filesystem.  More guests than cores take longer: three kernels restored from
 * snapshots took 159 and 161 s with one kernel at a time on two cores, 170 s with two, 166 s with
 * the second one at a lower priority.  Instruction counts do not depend on the load. */
static unsigned int kernels_at_a_time(const struct ladder *l)
{
	const struct measurement *m = &l->b->m;
	size_t n = strcmp(m->meter, "time") ? host_resources_cores() / guests_of(m) : 1;

	n = n ? n : 1;
	return (unsigned int)(n < l->jobs.n ? n : l->jobs.n);
}

static void run_jobs(struct ladder *l, const char *path)
{
	struct words fetch = {0};
	const struct engine_jobs jobs = {
		.path = path,
		.at_a_time = kernels_at_a_time(l),
		.cores = engine_guest_cores(guests_of(&l->b->m)),
		.fetch = &fetch,
	};

	kernel_list_not_here(&l->kernels, &fetch);
	phase_begin("measure");
	setenv(LADDER_STEP, "yes", 1);
	engine_run(&l->b->engine, &l->jobs, &jobs);
	unsetenv(LADDER_STEP);
	if (l->jobs.at_a_time)
		phase_end("%zu kernel%s, %u at a time", l->jobs.n, text_plural(l->jobs.n),
			  l->jobs.at_a_time);
	else
		phase_end("%zu kernel%s", l->jobs.n, text_plural(l->jobs.n));
	words_free(&fetch);
}

/* ---- the report ----------------------------------------------------------------------------- */

/* Prints a file up to its first empty line: the table behind it is too long for a terminal.
 * Returns whether there is anything. */
static bool print_head(const char *path)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	bool any = false;

	while (in && getline(&line, &size, in) > 0 && *line != '\n')
		any = fputs(line, stdout) >= 0;
	if (in)
		fclose(in);
	free(line);
	return any;
}

/* The table of all runs, their plots and their pages; quiet: nothing on stdout and stderr. */
static int compare_runs(const char *page, const struct words *runs, bool quiet)
{
	char *plots = workspace_path("plot"), *words = workspace_path("words");
	struct words command = {0};
	int status;

	mkdir(plots, 0777);
	command_add(&command, place("build/daxdm"), "compare", "--plot-data", plots, "--ladder",
		    page, NULL);
	command_add_all(&command, runs);
	status = process_run(&command, words, quiet ? "&1" : NULL);
	if (!quiet && print_head(words))
		printf("all metrics: %s/ladder.txt, %s/ladder.html\n", page, page);
	free(plots);
	free(words);
	return status == STATUS_FAILED ? STATUS_GOOD : status;
}

/* Adds the run of a kernel to the runs if it is complete and has a number, or the kernel to those
 * that are missing.  All of a run may be skipped: older kernels do not mount xfs with reflink=1 and
 * DAX. */
static void sort_run(const char *dir, const char *label, struct words *runs, struct words *missing)
{
	char why[512];
	struct run run;

	if (run_read_brief(dir, &run, why, sizeof(why)) || !run_is_complete(&run))
		command_add(missing, label, NULL);
	else if (run.n_records)
		command_add(runs, dir, NULL);
	else
		printf("%s is left out: %s\n", label,
		       run.n_skips ? run.skips[0].why : "the run has no records");
	run_free(&run);
}

/* The kernels of the ladder in DIR that have numbers, and those that have no run. */
static void find_runs(const char *dir, struct words *runs, struct words *missing)
{
	char *path = process_text("%s/kernels.tsv", dir);
	struct ladder l = {0};

	kernel_list_read(&l.kernels, path);
	free(path);
	for (size_t i = 0; i < l.kernels.n; i++) {
		path = process_text("%s/%s", dir, l.kernels.list[i].label);
		sort_run(path, l.kernels.list[i].label, runs, missing);
		free(path);
	}
}

int ladder_show(const char *dir)
{
	struct words runs = {0}, missing = {0};
	char *page = run_dir_page(dir);
	int status = STATUS_GOOD;

	process_phase = "report";
	find_runs(dir, &runs, &missing);
	if (runs.n > 1)
		status = compare_runs(page, &runs, false);
	words_free(&runs);
	free(page);
	process_phase = NULL;
	if (status)
		return status;
	for (size_t i = 0; i < missing.n; i++) {
		char *why = job_table_why_failed(dir, missing.list[i]);

		printf("no numbers of %s: %s\n", missing.list[i], why);
		free(why);
	}
	printf("results are in %s/\n", dir);
	return missing.n ? STATUS_BROKEN : STATUS_GOOD;
}

/* The page of the newest kernel against the one before it. */
static int publish_newest(const char *dir, const struct words *runs)
{
	char *html = process_text("%s/newest.html", dir), *output = workspace_path("newest");
	struct words command = {0};
	int status;

	command_add(&command, place("build/daxdm"), "compare", "--html", html,
		    runs->list[runs->n - 2], runs->list[runs->n - 1], NULL);
	status = process_run(&command, output, NULL);
	free(html);
	free(output);
	return status == STATUS_FAILED ? STATUS_GOOD : status;
}

int ladder_publish(const char *dir)
{
	struct words runs = {0}, missing = {0};
	int status = STATUS_GOOD;

	find_runs(dir, &runs, &missing);
	if (runs.n > 1)
		status = compare_runs(dir, &runs, true);
	if (runs.n > 1 && !status)
		status = publish_newest(dir, &runs);
	words_free(&runs);
	words_free(&missing);
	return status;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void vet(const struct bench_request *b)
{
	char *dir = process_text("results/%s", b->target.name ? b->target.name : "");
	char *list = process_text("%s/kernels.tsv", dir);

	if (b->repeat > 1)
		process_quit(STATUS_USAGE, "--repeat is for one kernel");
	if (b->target.replaced.n)
		process_quit(STATUS_USAGE,
			     "--module is for one kernel: a module is built for one release");
	if (b->target.console || b->target.host)
		process_quit(STATUS_USAGE, "--%s is for one kernel",
			     b->target.console ? "console" : "host");
	if (b->target.name && !access(dir, F_OK) && access(list, F_OK) < 0)
		process_quit(STATUS_USAGE,
			     "%s is there already and holds no ladder; choose another --name or "
			     "remove it",
			     dir);
	free(dir);
	free(list);
}

static void choose_name(struct bench_request *b)
{
	char *stamp = workspace_timestamp(), *base;

	base = process_text("ladder-%s-%s", b->m.meter, stamp);
	if (!b->target.name)
		b->target.name = workspace_claim(base);
	free(stamp);
	free(base);
}

int ladder(struct bench_request *b)
{
	struct ladder l = {.b = b};
	char *jobs;
	int lock, status;

	vet(b);
	workspace_open();
	workspace_setup("run", "plot", NULL);
	measure_setup_programs(&b->m, false);
	choose_name(b);
	l.dir = process_text("results/%s", b->target.name);
	workspace_make_dir(l.dir);
	lock = open(l.dir, O_RDONLY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0)
		process_quit(STATUS_USAGE, "another process runs the ladder in %s", l.dir);
	kernel_list_plan(&l.kernels, &b->target, l.dir);
	if (l.kernels.n < 2)
		process_quit(STATUS_USAGE, "all these --kernel are the same one, %s",
			     l.kernels.n ? l.kernels.list[0].label : "");
	keep_fio(&l);
	jobs = engine_jobs_path(&b->engine, l.dir);
	write_jobs(&l, jobs);
	printf("ladder of %zu kernels, %zu done; to go on if it is stopped: --name %s\n",
	       l.kernels.n, l.kernels.n - l.jobs.n, b->target.name);
	if (l.jobs.n)
		run_jobs(&l, jobs);
	status = ladder_show(l.dir);
	/* A run may be complete and its report not. */
	for (size_t i = 0; i < l.jobs.n && status == STATUS_GOOD; i++)
		if (l.jobs.list[i].status > STATUS_FAILED &&
		    l.jobs.list[i].status != STATUS_SKIPPED)
			status = STATUS_BROKEN;
	return status;
}

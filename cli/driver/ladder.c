// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/ladder.h"

#include "cli/driver/command.h"
#include "cli/driver/parallel.h"
#include "cli/driver/phase.h"
#include "cli/driver/run_dir.h"
#include "cli/driver/workspace.h"
#include "emu/host_resources.h"
#include "lib/base/msg.h"
#include "lib/base/terminal.h"
#include "lib/file/fs.h"
#include "lib/run/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum job_state { JOB_WAITING, JOB_RUNNING, JOB_ENDED };

struct step {
	char *label, *package, *version, *kernel;
	/* Of those to be measured. */
	enum job_state state, reported;
	int64_t begun_s, seconds;
	int status;
};

struct ladder {
	struct bench_request *b;
	char *dir;
	struct step *steps; /* oldest first */
	size_t n;
	struct step **todo;
	size_t n_todo, n_ended;
	unsigned int jobs;  /* at a time */
	long log_from;	    /* bytes of jobs.tsv from earlier times */
	int64_t guess_s;    /* how long one takes; 0: not known */
	unsigned int shown; /* lines on the terminal */
};

/* ---- the steps ------------------------------------------------------------------------------ */

static void read_steps(struct ladder *l, const char *path)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (!in)
		process_quit(STATUS_BROKEN, "cannot read %s: %s", path, strerror(errno));
	while (getline(&line, &size, in) > 0) {
		struct step step = {0};
		char **const fields[] = {&step.label, &step.package, &step.version, &step.kernel};
		char *rest = line;
		bool known = false;

		line[strcspn(line, "\n")] = '\0';
		for (int f = 0; f < 4; f++) {
			char *field = strsep(&rest, "\t");

			*fields[f] = process_text("%s", field ? field : "");
		}
		for (size_t i = 0; i < l->n; i++)
			known |= !strcmp(l->steps[i].label, step.label);
		if (known)
			continue;
		l->steps = realloc(l->steps, (l->n + 1) * sizeof(*l->steps));
		if (!l->steps)
			process_quit(STATUS_BROKEN, "out of memory");
		l->steps[l->n++] = step;
	}
	free(line);
	fclose(in);
}

/* The newest kernel of each series. */
static void add_series(struct words *named)
{
	char *path = workspace_path("series"), *line = NULL;
	struct words command = {0};
	size_t size = 0;
	FILE *in;
	int status;

	command_add(&command, "emu/kernel.sh", "series", NULL);
	status = process_run(&command, path, NULL);
	if (status)
		process_exit(status);
	in = fopen(path, "re");
	while (in && getline(&line, &size, in) > 0) {
		line[strcspn(line, "\n")] = '\0';
		command_add(named, line, NULL);
	}
	if (in)
		fclose(in);
	free(line);
	free(path);
}

static void run_or_exit(struct words *command, const char *out)
{
	int status = process_run(command, out, NULL);

	if (status)
		process_exit(status);
}

/* A build of one's own has the same release as the one before: its id is a part of the label. */
static void add_own(const struct ladder *l, const char *kernel, FILE *out)
{
	const struct kernel found = target_find(&l->b->target, kernel);
	char *release = target_short_release(found.release);
	const char *dash = strrchr(found.dir, '-');

	fprintf(out, "%s.%.8s\tfile\t%s\t%s\n", release, dash ? dash + 1 : found.dir, found.release,
		kernel);
	free(release);
	phase_begin("kernels");
}

static FILE *open_list(const char *path)
{
	FILE *out = fopen(path, "we");

	if (!out)
		process_quit(STATUS_BROKEN, "cannot write %s: %s", path, strerror(errno));
	return out;
}

/* Writes kernels.tsv: what is asked for, once each, oldest first. */
static void plan(struct ladder *l)
{
	char *own = workspace_path("own"), *named_path = workspace_path("named");
	char *sorted = workspace_path("sorted"), *path = process_text("%s/kernels.tsv", l->dir);
	const struct words *kernels = &l->b->target.kernels;
	struct words named = {0}, command = {0};
	FILE *out = open_list(own);

	phase_begin("kernels");
	for (size_t i = 0; i < kernels->n; i++) {
		if (!strcmp(kernels->list[i], "ladder"))
			add_series(&named);
		else if (*kernels->list[i] == '/')
			add_own(l, kernels->list[i], out);
		else
			command_add(&named, kernels->list[i], NULL);
	}
	fclose(out);
	fclose(open_list(named_path));
	if (named.n) {
		command_add(&command, "emu/kernel.sh", "identify", NULL);
		command_add_all(&command, &named);
		run_or_exit(&command, named_path);
	}
	command_add(&command, "sort", "-t", "\t", "-k3,3V", "-k1,1", own, named_path, NULL);
	run_or_exit(&command, sorted);
	read_steps(l, sorted);
	if (l->n < 2)
		process_quit(STATUS_USAGE, "all these --kernel are the same one, %s",
			     l->n ? l->steps[0].label : "");
	out = open_list(path);
	for (size_t i = 0; i < l->n; i++)
		fprintf(out, "%s\t%s\t%s\t%s\n", l->steps[i].label, l->steps[i].package,
			l->steps[i].version, l->steps[i].kernel);
	if (fclose(out))
		process_quit(STATUS_BROKEN, "cannot write %s: %s", path, strerror(errno));
	words_free(&named);
	free(own);
	free(named_path);
	free(sorted);
	free(path);
}

static void end_plan(const struct ladder *l)
{
	char text[1024] = "";

	for (size_t i = 0; i < l->n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s",
			 l->steps[i].label);
	phase_end("%zu:%s", l->n, text);
}

/* ---- what is left to do --------------------------------------------------------------------- */

/* What the context of a run of that kernel calls its package. */
static char *package_text(const struct step *step)
{
	struct stat st;
	char *path, *text;

	if (strcmp(step->package, "file"))
		return process_text("%s %s", step->package, step->version);
	path = realpath(step->kernel, NULL);
	text = process_text(
		"file %s%s", path ? path : step->kernel,
		!stat(step->kernel, &st) && S_ISDIR(st.st_mode) ? "/arch/x86/boot/bzImage" : "");
	free(path);
	return text;
}

static bool is_complete(const char *dir)
{
	struct run run;
	char why[512];
	bool complete = !run_read(dir, &run, why, sizeof(why)) && run_is_complete(&run);

	run_free(&run);
	return complete;
}

static bool has_states(const char *dir, int64_t states)
{
	bool has = true;

	for (int64_t n = 2; n <= states && has; n++) {
		char *state = process_text("%s/state-%lld", dir, (long long)n);

		has = is_complete(state);
		free(state);
	}
	return has;
}

/* Whether the run of that step is complete, of this build and workload. */
static bool is_done(const struct ladder *l, const struct step *step)
{
	char *dir = process_text("%s/%s", l->dir, step->label), *package = package_text(step);
	struct words dirs = {0};
	bool done;

	command_add(&dirs, dir, NULL);
	done = measure_newest(&l->b->m, package, l->b->target.seed, &dirs);
	if (!done && is_complete(dir))
		process_quit(STATUS_USAGE,
			     "%s was measured by another build of daxdm or of another workload; "
			     "choose another --name",
			     dir);
	done = done && has_states(dir, l->b->states);
	words_free(&dirs);
	free(package);
	free(dir);
	return done;
}

static void put_job(const struct ladder *l, const struct step *step, FILE *out)
{
	const struct bench_request *b = l->b;
	char *name = process_text("%s/%s", b->target.name, step->label);
	char *log = process_text("%s/%s.log", l->dir, step->label);
	char *seed = process_text("%lld", (long long)b->target.seed);
	char *states = process_text("%lld", (long long)b->states);
	struct words job = {0};
	struct stat st;

	command_add(&job, "setpriv", "--pdeathsig", "TERM", "build/daxdm", "bench", "--name", name,
		    "--meter", b->m.meter, "--seed", seed, NULL);
	if (strcmp(step->package, "file"))
		command_add(&job, "--kernel", step->package, NULL);
	else if (!stat(step->kernel, &st) && S_ISDIR(st.st_mode))
		command_add(&job, "--kernel-tree", step->kernel, NULL);
	else
		command_add(&job, "--kernel", step->kernel, "--modules", b->target.modules, NULL);
	if (b->target.fresh)
		command_add(&job, "--fresh", NULL);
	if (b->m.counters)
		command_add(&job, "--counters", NULL);
	if (b->states > 1)
		command_add(&job, "--states", states, NULL);
	command_add_all(&job, &b->m.args);
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

	l->todo = calloc(l->n, sizeof(struct step *));
	for (size_t i = 0; l->todo && i < l->n; i++) {
		struct step *step = &l->steps[i];
		char *dir = process_text("%s/%s", l->dir, step->label);
		char *log = process_text("%s.log", dir);

		if (!is_done(l, step)) {
			fs_remove_tree(dir);
			unlink(log);
			l->todo[l->n_todo++] = step;
			put_job(l, step, out);
		}
		free(dir);
		free(log);
	}
	if (!l->todo || fclose(out))
		process_quit(STATUS_BROKEN, "cannot write %s", path);
}

/* ---- progress ------------------------------------------------------------------------------- */

static char *why_failed(const char *dir, const char *label)
{
	char *log = process_text("%s/%s.log", dir, label), *why = workspace_last_error(log);

	if (!why)
		why = process_text("it ended early; %s", log);
	free(log);
	return why;
}

static size_t count_records(const char *dir, const char *label)
{
	char *path = process_text("%s/%s/run.jsonl", dir, label), *line = NULL;
	FILE *in = fopen(path, "re");
	size_t size = 0, n = 0;

	while (in && getline(&line, &size, in) > 0)
		n += strstr(line, "\"type\":\"record\"") || strstr(line, "\"type\": \"record\"");
	if (in)
		fclose(in);
	free(line);
	free(path);
	return n;
}

static char *minutes(int64_t seconds)
{
	return seconds < 100 ? process_text("%lld s", (long long)seconds)
			     : process_text("%lld min", (long long)(seconds + 30) / 60);
}

/* The jobs of which the log of GNU parallel says that they have ended. */
static void read_log(struct ladder *l)
{
	char *path = process_text("%s/jobs.tsv", l->dir), *line = NULL;
	FILE *in = fopen(path, "re");
	size_t size = 0, seq;
	double seconds;
	int status;

	if (in)
		fseek(in, l->log_from, SEEK_SET);
	l->n_ended = 0;
	while (in && getline(&line, &size, in) > 0) {
		if (sscanf(line, "%zu\t%*[^\t]\t%*[^\t]\t%lf\t%*[^\t]\t%*[^\t]\t%d", &seq, &seconds,
			   &status) != 3 ||
		    !seq || seq > l->n_todo)
			continue;
		l->todo[seq - 1]->state = JOB_ENDED;
		l->todo[seq - 1]->seconds = (int64_t)(seconds + 0.5);
		l->todo[seq - 1]->status = status;
		l->n_ended++;
	}
	if (in)
		fclose(in);
	free(line);
	free(path);
}

static char *ended_text(const struct ladder *l, const struct step *step)
{
	char *text, *why;

	if (step->status > STATUS_FAILED) {
		why = why_failed(l->dir, step->label);
		text = process_text("%s: FAILED: %s", step->label, why);
	} else {
		why = minutes(step->seconds);
		text = process_text("%s: %zu records in %s", step->label,
				    count_records(l->dir, step->label), why);
	}
	free(why);
	return text;
}

/* What the last line of a job's log says is left: "...|  123 s left". */
static int64_t left_of(const char *last)
{
	const char *bar = last ? strstr(last, "|  ") : NULL;
	long long s;

	return bar && sscanf(bar, "|  %lld s left", &s) == 1 ? s : -1;
}

static char *running_text(struct ladder *l, struct step *step, int64_t *rest)
{
	char *log = process_text("%s/%s.log", l->dir, step->label),
	     *last = workspace_last_line(log);
	int64_t now = time(NULL), elapsed, left = left_of(last);
	char *text;

	step->state = JOB_RUNNING;
	if (!step->begun_s)
		step->begun_s = now;
	elapsed = now - step->begun_s;
	if (l->n_ended && l->guess_s > elapsed) {
		*rest += l->guess_s - elapsed;
	} else if (left >= 0) {
		*rest += left;
		if (!l->n_ended)
			l->guess_s = elapsed + left;
	}
	text = process_text("%s: %lld s: %s", step->label, (long long)elapsed, last ? last : "");
	free(last);
	free(log);
	return text;
}

static bool has_begun(const struct ladder *l, const struct step *step)
{
	char *log = process_text("%s/%s.log", l->dir, step->label);
	bool begun = !access(log, F_OK);

	free(log);
	return begun;
}

/* On a terminal a line for each kernel, always up to date; else one when a job begins or ends. */
static void tell(struct ladder *l, struct step *step, const char *text, const char *left)
{
	if (isatty(STDOUT_FILENO)) {
		printf("  %.*s\033[K\n", terminal_width() - 3, text);
		l->shown++;
	} else if (step->state != step->reported && step->state == JOB_ENDED) {
		printf("  %s; %s\n", text, left);
	} else if (step->state != step->reported && step->state == JOB_RUNNING) {
		printf("  %s: begun\n", step->label);
	}
	step->reported = step->state;
}

/* "2 of 3 done, about 4 min left" */
static char *left_text(const struct ladder *l, int64_t rest, size_t waiting, size_t running)
{
	size_t side = l->jobs < running + waiting ? l->jobs : running + waiting;
	char *time_left, *text;

	if (!l->guess_s || !side)
		return process_text("%zu of %zu done", l->n_ended, l->n_todo);
	time_left = minutes((rest + (int64_t)waiting * l->guess_s) / (int64_t)side);
	text = process_text("%zu of %zu done, about %s left", l->n_ended, l->n_todo, time_left);
	free(time_left);
	return text;
}

static void show_jobs(struct ladder *l)
{
	char **texts = calloc(l->n_todo, sizeof(*texts)), *left;
	size_t waiting = 0, running = 0;
	int64_t sum = 0, rest = 0;

	if (!texts)
		process_quit(STATUS_BROKEN, "out of memory");
	read_log(l);
	for (size_t i = 0; i < l->n_todo; i++)
		sum += l->todo[i]->state == JOB_ENDED ? l->todo[i]->seconds : 0;
	if (l->n_ended)
		l->guess_s = sum / (int64_t)l->n_ended;
	for (size_t i = 0; i < l->n_todo; i++) {
		struct step *step = l->todo[i];

		if (step->state == JOB_ENDED) {
			texts[i] = ended_text(l, step);
		} else if (has_begun(l, step)) {
			texts[i] = running_text(l, step, &rest);
			running++;
		} else {
			texts[i] = process_text("%s: waiting", step->label);
			waiting++;
		}
	}
	left = left_text(l, rest, waiting, running);
	if (isatty(STDOUT_FILENO) && l->shown)
		printf("\033[%uA", l->shown);
	l->shown = 0;
	for (size_t i = 0; i < l->n_todo; i++) {
		tell(l, l->todo[i], texts[i], left);
		free(texts[i]);
	}
	if (isatty(STDOUT_FILENO)) {
		printf("  %s\033[K\n", left);
		l->shown++;
	}
	free(left);
	free(texts);
}

/* ---- the jobs ------------------------------------------------------------------------------- */

/* How many kernels to measure at a time.  Each guest uses a whole core and 450 MiB of memory; a
 * kernel has at least one for each stack and filesystem (enum bench_guest), or, if the meter is not
 * insn, for each filesystem.  More guests than cores take longer: three kernels restored from
 * snapshots took 159 and 161 s with one kernel at a time on two cores, 170 s with two, 166 s with
 * the second one at a lower priority.  Instruction counts do not depend on the load. */
static unsigned int kernels_at_a_time(const struct ladder *l)
{
	const struct measurement *m = &l->b->m;
	size_t guests = m->filesystems.n * (strcmp(m->meter, "insn") ? 1 : m->whole.stacks.n);
	size_t n = strcmp(m->meter, "time") ? host_resources_cores() / guests : 1;

	n = n ? n : 1;
	return (unsigned int)(n < l->n_todo ? n : l->n_todo);
}

/* Its heading, which GNU parallel leaves out of a log that it appends to. */
static void begin_log(struct ladder *l, const char *path)
{
	FILE *log = fopen(path, "ae");

	if (!log)
		process_quit(STATUS_BROKEN, "cannot write %s: %s", path, strerror(errno));
	fseek(log, 0, SEEK_END);
	if (!ftell(log))
		fputs("Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n",
		      log);
	l->log_from = ftell(log);
	fclose(log);
}

static void run_jobs(struct ladder *l, const char *jobs)
{
	char *log = process_text("%s/jobs.tsv", l->dir), *to = process_text("+%s", log);
	char *output = workspace_path("parallel.out"), *why;
	struct words command = {0};
	int status;

	begin_log(l, log);
	l->jobs = kernels_at_a_time(l);
	phase_begin("measure");
	setenv(LADDER_STEP, "yes", 1);
	parallel_command(&command, jobs, l->jobs);
	command_add(&command, "--joblog", to, NULL);
	process_stop_limit_ms = PARALLEL_STOP_LIMIT_MS;
	process_start(&command, output, "&1");
	while (!process_wait(1000, &status))
		show_jobs(l);
	process_stop_limit_ms = PROCESS_STOP_LIMIT_MS;
	unsetenv(LADDER_STEP);
	show_jobs(l);
	/* Its status is how many jobs failed, which the log says, too. */
	why = workspace_last_line(output);
	if (l->n_ended != l->n_todo)
		process_quit(STATUS_BROKEN,
			     "GNU parallel ended with status %d: %s; the same command goes on",
			     status, why ? why : "");
	phase_end("%zu kernels, %u at a time", l->n_todo, l->jobs);
	free(log);
	free(to);
	free(output);
	free(why);
}

/* ---- the report ----------------------------------------------------------------------------- */

/* Prints a file up to its first empty line: the table behind it is too long for a terminal. */
static void print_head(const char *path)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	while (in && getline(&line, &size, in) > 0 && *line != '\n')
		fputs(line, stdout);
	if (in)
		fclose(in);
	free(line);
}

/* The table of all runs, and their plots. */
static int compare_runs(const char *dir, const struct words *runs)
{
	char *page = run_dir_page(dir), *all = process_text("%s/ladder.txt", page);
	char *plots = workspace_path("plot"), *words = workspace_path("words");
	struct words command = {0};
	int status;

	mkdir(plots, 0777);
	command_add(&command, "build/daxdm", "compare", "--width", "200", "--plot-data", plots,
		    NULL);
	command_add_all(&command, runs);
	status = process_run(&command, all, NULL);
	if (status == STATUS_GOOD || status == STATUS_FAILED) {
		command_add(&command, "build/daxdm", "compare", NULL);
		command_add_all(&command, runs);
		process_run(&command, words, NULL);
		print_head(words);
		printf("all metrics: %s\n", all);
		command_add(&command, "plot/plot.sh", "--data", plots, page, NULL);
		status = process_run(&command, NULL, NULL);
	}
	free(page);
	free(all);
	free(plots);
	free(words);
	return status;
}

int ladder_show(const char *dir)
{
	char *path = process_text("%s/kernels.tsv", dir);
	struct words runs = {0}, missing = {0};
	struct ladder l = {0};
	int status = STATUS_GOOD;

	read_steps(&l, path);
	free(path);
	process_phase = "report";
	for (size_t i = 0; i < l.n; i++) {
		path = process_text("%s/%s", dir, l.steps[i].label);
		if (is_complete(path))
			command_add(&runs, path, NULL);
		else
			command_add(&missing, l.steps[i].label, NULL);
		free(path);
	}
	if (runs.n > 1)
		status = compare_runs(dir, &runs);
	words_free(&runs);
	process_phase = NULL;
	if (status)
		return status;
	for (size_t i = 0; i < missing.n; i++) {
		char *why = why_failed(dir, missing.list[i]);

		printf("no numbers of %s: %s\n", missing.list[i], why);
		free(why);
	}
	printf("results are in %s/\n", dir);
	return missing.n ? STATUS_BROKEN : STATUS_GOOD;
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
	measure_setup_programs(&b->m);
	choose_name(b);
	l.dir = process_text("results/%s", b->target.name);
	workspace_make_dir(l.dir);
	lock = open(l.dir, O_RDONLY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0)
		process_quit(STATUS_USAGE, "another process runs the ladder in %s", l.dir);
	plan(&l);
	end_plan(&l);
	jobs = workspace_path("jobs");
	write_jobs(&l, jobs);
	printf("ladder of %zu kernels, %zu done; to go on if it is stopped: --name %s\n", l.n,
	       l.n - l.n_todo, b->target.name);
	if (l.n_todo)
		run_jobs(&l, jobs);
	status = ladder_show(l.dir);
	/* A run may be complete and its report not. */
	for (size_t i = 0; i < l.n_todo && status == STATUS_GOOD; i++)
		if (l.todo[i]->status > STATUS_FAILED && l.todo[i]->status != STATUS_SKIPPED)
			status = STATUS_BROKEN;
	return status;
}

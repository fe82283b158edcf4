// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm bisect: finds the kernel of the archive, or the commit of a git repository, where a metric
 * became worse.
 *
 * A round measures as many of them as are asked for (cli/bisect/bisection.h), each in a process of
 * its own, daxdm measure-kernel, run by GNU parallel or Slurm (cli/driver/engine.h).
 * results/bisect-TIME/ holds the logs, the job log jobs.tsv and the runs that are made.
 */
#include "cli/bisect/git_history.h"
#include "cli/bisect/kernel_history.h"
#include "cli/driver/command.h"
#include "cli/driver/commit.h"
#include "cli/driver/engine.h"
#include "cli/driver/measure.h"
#include "cli/driver/metric.h"
#include "cli/driver/parallel.h"
#include "cli/driver/phase.h"
#include "cli/driver/run_dir.h"
#include "cli/driver/run_kernel.h"
#include "cli/driver/workspace.h"
#include "emu/host_resources.h"
#include "emu/vm.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/base/text.h"
#include "report/compare/threshold.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Kernels measured at a time: two halvings for each round of a job array. */
enum { JOBS_LOCAL = 1, JOBS_SLURM = 3, JOBS_MAX = 63 };

struct candidate {
	char *name;  /* in the history */
	char *label; /* of its job */
	char *run;   /* NULL: it cannot be measured */
	char *why;   /* why not */
	struct metric_value value;
};

struct bisect {
	const char *good_word, *bad_word, *metric;
	double threshold; /* in per cent; negative: half of the way to bad */
	bool anew;
	struct target target;
	struct measurement m;
	struct engine engine;
	int64_t jobs;
	const char *git; /* a directory in the repository; NULL: the archive is searched */
	struct commit_build build;
	/* What vet() and plan() make of it. */
	struct kernel_list kernels;
	struct bisection_history history;
	char *good, *bad, *dir;
	/* The search. */
	struct bisection search;
	struct candidate *list; /* as they were measured: the good end, the bad end, others */
	size_t n, rounds;
	int64_t limit; /* a value is bad when sign * value > limit */
	int sign;
};

static int set_threshold(void *opts, const char *value)
{
	struct bisect *b = opts;

	if (!threshold_parse(value, &b->threshold))
		return 0;
	msg_error("--threshold: expected a number of per cent, got '%s'", value);
	return -EINVAL;
}

static const struct option_spec options[] = {
	OPTION("good", OPTION_TEXT, offsetof(struct bisect, good_word), "K",
	       "a kernel that was good, same as for bench --kernel, or a run of it"),
	OPTION("bad", OPTION_TEXT, offsetof(struct bisect, bad_word), "K",
	       "a newer one that is bad"),
	OPTION("metric", OPTION_TEXT, offsetof(struct bisect, metric), "M", "same as for assert"),
	OPTION("threshold", OPTION_CALL, 0, "PERCENT",
	       "an increase of this over good is bad (default: half of the way to bad)",
	       .set = set_threshold),
	OPTION("git", OPTION_PATH, offsetof(struct bisect, git), "DIR",
	       "search the commits of this repository; --good and --bad are commits of it"),
	OPTION("config", OPTION_PATH, offsetof(struct bisect, build.config), "FILE",
	       "with --git: the configuration to build kernels with (default: DIR/.config)"),
	OPTION("build-jobs", OPTION_NUMBER, offsetof(struct bisect, build.compilers), "N",
	       "with --git: compilers at a time for each kernel (default: all cores)", .min = 1,
	       .max = 1024),
	OPTION("jobs", OPTION_NUMBER, offsetof(struct bisect, jobs), "N",
	       "kernels measured at a time; 3 halve the rest twice, 7 three times (default: 1; "
	       "with --engine slurm 3)",
	       .min = 1, .max = JOBS_MAX),
	ENGINE_OPTIONS(struct bisect, engine),
	MEASURE_STATES_OPTION(struct bisect, m),
	OPTION("anew", OPTION_FLAG, offsetof(struct bisect, anew), NULL,
	       "measure kernels even if a suitable run exists"),
	TARGET_GUEST_OPTIONS(struct bisect, target),
	{0},
};

/* ---- what is asked for ---------------------------------------------------------------------- */

/* A run stands for its kernel; other words stay. */
static const char *kernel_of_run(const char *word)
{
	char *dir = run_dir_find(word), *kernel, text[512];
	struct words modules;
	struct run run = {0};
	const char *why = NULL;

	if (!dir)
		return word;
	if (run_read(dir, &run, text, sizeof(text)) < 0)
		process_quit(STATUS_BROKEN, "bisect: %s", text);
	kernel = run_kernel_find(&run, dir, &modules, &why);
	if (kernel && modules.n)
		why = "modules of its kernel were replaced";
	if (why)
		process_quit(STATUS_USAGE,
			     "bisect: the run %s stands for no kernel of the archive: %s", dir,
			     why);
	run_free(&run);
	free(dir);
	return kernel;
}

static void vet_kernels(struct bisect *b)
{
	const char *words[2];

	if (b->build.config || b->build.compilers)
		process_quit(STATUS_USAGE, "bisect: --%s goes with --git",
			     b->build.config ? "config" : "build-jobs");
	b->good_word = kernel_of_run(b->good_word);
	b->bad_word = kernel_of_run(b->bad_word);
	words[0] = b->good_word;
	words[1] = b->bad_word;
	for (int i = 0; i < 2; i++)
		if (strchr(words[i], '/'))
			process_quit(STATUS_USAGE,
				     "--%s: expected a kernel of the archive, got the path '%s'; "
				     "--git DIR searches commits",
				     i ? "bad" : "good", words[i]);
}

static void vet_git(struct bisect *b)
{
	static const char *const programs[] = {"git", "make"};
	struct stat st;

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (!command_is_in_path(programs[i]))
			process_quit(STATUS_BROKEN,
				     "bisect --git: there is no %s on this host; as "
				     "root: apt-get install %s",
				     programs[i], programs[i]);
	if (!b->build.config)
		b->build.config = process_text("%s/.config", b->git);
	if (stat(b->build.config, &st) < 0 || !S_ISREG(st.st_mode))
		process_quit(STATUS_USAGE,
			     "bisect --git: no file %s; --config FILE names the configuration to "
			     "build kernels with",
			     b->build.config);
}

static void vet(struct bisect *b)
{
	if (!b->good_word || !b->bad_word || !b->metric)
		process_quit(STATUS_USAGE, "bisect: --good K, --bad K and --metric M are needed");
	if (b->git)
		vet_git(b);
	else
		vet_kernels(b);
	b->metric = metric_resolve(b->metric);
	measure_plan_metric(&b->m, b->metric);
	measure_vet(&b->m);
	target_vet_guest(&b->target, &vm_bench);
	engine_vet(&b->engine, true);
	if (!b->jobs)
		b->jobs = engine_is_slurm(&b->engine) ? JOBS_SLURM : JOBS_LOCAL;
}

/* ---- the history ---------------------------------------------------------------------------- */

static void plan_kernels(struct bisect *b)
{
	char *path = workspace_path("between");
	struct words command = {0};
	const char *first, *last;
	int status;

	command_add(&command, place("emu/kernel.sh"), "between", b->good_word, b->bad_word, NULL);
	status = process_run(&command, path, NULL);
	if (status)
		process_exit(status);
	kernel_list_read(&b->kernels, path);
	free(path);
	if (b->kernels.n < 2)
		process_quit(STATUS_USAGE, "bisect: --good %s is not older than --bad %s",
			     b->good_word, b->bad_word);
	first = b->kernels.list[0].label;
	last = b->kernels.list[b->kernels.n - 1].label;
	b->good = process_text("%s", first);
	b->bad = process_text("%s", last);
	b->history = kernel_history(&b->kernels);
	printf("%zu kernels from %s to %s\n", b->kernels.n, first, last);
}

static char *commit_of(const char *git_dir, const char *option, const char *word)
{
	char *commit = git_history_commit(git_dir, word);

	if (!commit)
		process_quit(STATUS_USAGE, "--%s %s: the repository has no such commit", option,
			     word);
	return commit;
}

/* The user's file may change meanwhile: a copy is used. */
static void keep_config(struct bisect *b)
{
	char *path = process_text("%s/config", b->dir);
	struct words command = {0};

	command_add(&command, "cp", "--", b->build.config, path, NULL);
	if (process_run(&command, NULL, NULL))
		process_exit(STATUS_BROKEN);
	b->build.config = path;
}

static void plan_commits(struct bisect *b)
{
	size_t cores = host_resources_cores(), n;
	char *git_dir = git_history_dir(b->git);

	b->build.git_dir = git_dir;
	b->good = commit_of(git_dir, "good", b->good_word);
	b->bad = commit_of(git_dir, "bad", b->bad_word);
	b->history = git_history(git_dir);
	if (!strcmp(b->good, b->bad) || !b->history.contains(git_dir, b->bad, b->good))
		process_quit(STATUS_USAGE, "bisect: --good %s is no ancestor of --bad %s",
			     b->good_word, b->bad_word);
	if (!b->build.compilers && !engine_is_slurm(&b->engine))
		cores /= (size_t)b->jobs < cores ? (size_t)b->jobs : cores;
	if (!b->build.compilers)
		b->build.compilers = (int64_t)cores;
	if (!command_is_in_path("ccache"))
		msg_note("ccache is not installed: each commit is compiled from scratch");
	n = git_history_count(git_dir, b->good, b->bad);
	printf("%zu commit%s after %.12s up to %.12s\n", n, text_plural(n), b->good, b->bad);
}

static void plan(struct bisect *b)
{
	char *stamp = workspace_timestamp(), *base = process_text("bisect-%s", stamp);
	char *name;

	if (b->git)
		plan_commits(b);
	else
		plan_kernels(b);
	name = workspace_claim(base);
	b->dir = process_text("results/%s", name);
	workspace_make_dir(b->dir);
	if (b->git)
		keep_config(b);
	free(stamp);
	free(base);
	free(name);
}

/* ---- a round -------------------------------------------------------------------------------- */

static void add_candidate(struct bisect *b, const char *name)
{
	b->list = realloc(b->list, (b->n + 1) * sizeof(*b->list));
	if (!b->list)
		process_quit(STATUS_BROKEN, "out of memory");
	b->list[b->n++] = (struct candidate){
		.name = process_text("%s", name),
		.label = b->git ? process_text("%.12s", name) : process_text("%s", name),
	};
}

static void add_number(struct words *job, const char *option, int64_t number)
{
	char *text = process_text("%lld", (long long)number);

	command_add(job, option, text, NULL);
	free(text);
}

static void put_job(const struct bisect *b, const struct candidate *c, FILE *out)
{
	char *name = process_text("%s/%s", b->dir + strlen("results/"), c->label);
	char *log = job_table_log(b->dir, c->label);
	struct words job = {0};

	command_add(&job, "setpriv", "--pdeathsig", "TERM", place("build/daxdm"), "measure-kernel",
		    "--name", name, "--kernel",
		    b->git ? c->name : kernel_history_find(&b->kernels, c->name)->package, NULL);
	if (b->git) {
		command_add(&job, "--git", b->build.git_dir, "--config", b->build.config, NULL);
		add_number(&job, "--build-jobs", b->build.compilers);
	}
	command_add_all(&job, &b->m.args);
	if (b->anew)
		command_add(&job, "--anew", NULL);
	if (b->m.states > 1)
		add_number(&job, "--states", b->m.states);
	target_add_guest_options(&job, &b->target);
	parallel_put(&job, log, out);
	words_free(&job);
	free(name);
	free(log);
}

static void write_jobs(const struct bisect *b, size_t first, const char *path)
{
	FILE *out = fopen(path, "we");

	for (size_t i = first; out && i < b->n; i++)
		put_job(b, &b->list[i], out);
	if (!out || fclose(out))
		process_quit(STATUS_BROKEN, "cannot write %s: %s", path, strerror(errno));
}

/* Of the kernels of the round those that have not been fetched. */
static void find_missing(const struct bisect *b, size_t first, struct words *packages)
{
	struct kernel_entry entry;
	const struct kernel_list one = {.list = &entry, .n = 1};

	for (size_t i = first; !b->git && i < b->n; i++) {
		entry = *kernel_history_find(&b->kernels, b->list[i].name);
		kernel_list_not_here(&one, packages);
	}
}

static void read_result(const struct bisect *b, struct candidate *c, int status)
{
	char *log = job_table_log(b->dir, c->label), text[512];

	c->run = status ? NULL : workspace_last_line(log);
	if (!c->run) {
		c->why = job_table_why_failed(b->dir, c->label);
	} else if (metric_read(c->run, b->metric, &c->value, text, sizeof(text)) < 0) {
		c->why = process_text("%s", text);
		free(c->run);
		c->run = NULL;
	}
	free(log);
}

/* Measures the members of that name, which become candidates. */
static void measure_round(struct bisect *b, const struct words *names)
{
	char *path = engine_jobs_path(&b->engine, b->dir);
	size_t first = b->n, guests = b->m.whole.stacks.n * b->m.whole.filesystems.n;
	struct job_table table = {.dir = b->dir};
	struct words fetch = {0};
	const struct engine_jobs jobs = {
		.path = path,
		.at_a_time = (unsigned int)b->jobs,
		.cores = b->git ? (unsigned int)b->build.compilers : engine_guest_cores(guests),
		.fetch = &fetch,
	};

	for (size_t i = 0; i < names->n; i++)
		add_candidate(b, names->list[i]);
	for (size_t i = first; i < b->n; i++)
		job_table_add(&table, b->list[i].label);
	write_jobs(b, first, path);
	find_missing(b, first, &fetch);
	phase_begin("measure");
	engine_run(&b->engine, &table, &jobs);
	phase_end("round %zu: %zu %s%s", ++b->rounds, names->n, b->git ? "commit" : "kernel",
		  text_plural(names->n));
	for (size_t i = first; i < b->n; i++)
		read_result(b, &b->list[i], table.list[i - first].status);
	words_free(&fetch);
	free(table.list);
	free(path);
}

/* ---- good and bad --------------------------------------------------------------------------- */

static void set_limit(struct bisect *b)
{
	const struct candidate *c = b->list;
	int64_t good = c[0].value.value.median, bad = c[1].value.value.median;
	double from, to;

	b->sign = c[0].value.higher_is_better ? -1 : 1;
	from = (double)(b->sign * good);
	to = (double)(b->sign * bad);
	b->limit = (int64_t)(b->threshold < 0 ? (from + to) / 2
					      : from + fabs(from) * b->threshold / 100);
	if (b->sign * bad <= b->limit || good == bad)
		process_quit(
			STATUS_NOT_COMPARABLE,
			"bisect: there is no change for the worse to look for: %s is %lld %s on "
			"%s and %lld %s on %s",
			b->metric, (long long)good, c[0].value.unit, c[0].label, (long long)bad,
			c[0].value.unit, c[1].label);
}

static bool is_bad(const struct bisect *b, const struct candidate *c)
{
	return b->sign * c->value.value.median > b->limit;
}

static void tell(const struct bisect *b, const struct candidate *c)
{
	if (c->run)
		printf("%-9s %-20s %12lld %s%s  %s\n", is_bad(b, c) ? "bad:" : "good:", c->label,
		       (long long)c->value.value.median, c->value.unit,
		       quantity_range(&c->value.value, false).s, c->run);
	else
		printf("skipped:  %s: %s\n", c->label, c->why);
}

/* Both ends are measured: they say what is bad. */
static void judge_ends(struct bisect *b)
{
	for (int i = 0; i < 2; i++)
		if (!b->list[i].run)
			process_quit(STATUS_BROKEN, "bisect: %s cannot be measured: %s",
				     b->list[i].label, b->list[i].why);
	set_limit(b);
	for (int i = 0; i < 2; i++)
		tell(b, &b->list[i]);
	printf("bad is %s %lld %s\n", b->sign > 0 ? "above" : "below",
	       (long long)(b->sign * b->limit), b->list[0].value.unit);
}

static void judge(struct bisect *b, size_t first)
{
	for (size_t i = first; i < b->n; i++) {
		const struct candidate *c = &b->list[i];

		tell(b, c);
		bisection_add(&b->search, c->name,
			      !c->run	     ? BISECTION_SKIPPED
			      : is_bad(b, c) ? BISECTION_BAD
					     : BISECTION_GOOD);
	}
	bisection_narrow(&b->search);
}

/* ---- the end -------------------------------------------------------------------------------- */

static const struct candidate *find(const struct bisect *b, const char *name)
{
	size_t i = 0;

	while (strcmp(b->list[i].name, name) != 0)
		i++;
	return &b->list[i];
}

/* Several are suspect if those next to the first bad one could not be measured. */
static void tell_suspects(const struct bisect *b)
{
	bool any = false;

	for (size_t i = 0; i < b->n; i++) {
		const struct candidate *c = &b->list[i];

		if (c->run || !bisection_is_suspect(&b->search, c->name))
			continue;
		printf("%s %s", any ? "" : "           or one of those that could not be measured:",
		       c->label);
		any = true;
	}
	if (any)
		putchar('\n');
}

static void tell_contradiction(const struct bisect *b)
{
	const char *bad, *good;

	if (bisection_contradiction(&b->search, &bad, &good))
		printf("not monotonic: %s is bad, and %s, which is newer, is good: there are "
		       "several changes, and this is one of them\n",
		       find(b, bad)->label, find(b, good)->label);
}

static void tell_first_bad(const struct bisect *b)
{
	const struct candidate *good = find(b, bisection_newest_good(&b->search));
	const struct candidate *bad = find(b, b->search.bad);
	char *subject = b->git ? git_history_subject(b->build.git_dir, bad->name) : NULL;
	size_t skip = strlen("results/");

	printf("measured: %zu %s%s in %zu round%s\n", b->n, b->git ? "commit" : "kernel",
	       text_plural(b->n), b->rounds, text_plural(b->rounds));
	printf("first bad: %s%s%s (%lld %s), %s is good (%lld %s)\n", bad->label,
	       subject ? " " : "", subject ? subject : "", (long long)bad->value.value.median,
	       bad->value.unit, good->label, (long long)good->value.value.median, good->value.unit);
	tell_suspects(b);
	tell_contradiction(b);
	printf("why: %s compare %s %s\n", place_command(), good->run + skip, bad->run + skip);
	free(subject);
}

static void bisect(struct bisect *b)
{
	struct words names = {0};
	size_t first;

	bisection_begin(&b->search, &b->history, b->good, b->bad);
	command_add(&names, b->good, b->bad, NULL);
	if (b->jobs > 2)
		bisection_choose(&b->search, (size_t)b->jobs - 2, &names);
	while (names.n) {
		first = b->n;
		measure_round(b, &names);
		if (!first)
			judge_ends(b);
		judge(b, first ? first : 2);
		words_free(&names);
		bisection_choose(&b->search, (size_t)b->jobs, &names);
	}
	tell_first_bad(b);
}

static int run(int argc, char **argv)
{
	struct bisect b = {.threshold = -1, .target.seed = 1, .m.meter = "insn"};
	int operand = options_parse(&verb_bisect, &b, argc, argv);

	if (operand == -1)
		return STATUS_GOOD;
	if (operand < 0)
		return STATUS_USAGE;
	vet(&b);
	phase_lines = PHASES_STDERR;
	workspace_open();
	workspace_make_dir("results");
	workspace_setup("run", NULL);
	plan(&b);
	bisect(&b);
	return STATUS_GOOD;
}

const struct verb verb_bisect = {
	.name = "bisect",
	.args = "",
	.why = "find the kernel of the archive, or the commit, that first made a metric worse",
	.examples = {"bisect --good 6.1 --bad 6.12 --metric "
		     "'fault.read.warm.pte{stack=linear:16,fs=ext4}' --jobs 3",
		     "bisect --git ~/linux --good v6.11 --bad v6.12 --metric "
		     "'tax:bio.direct.read.4k{stack=linear:1,fs=xfs}' --threshold 2"},
	.options = options,
	.run = run,
};

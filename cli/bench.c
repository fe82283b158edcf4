// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm bench: measures a kernel in the emulated host, or this host, into results/RUN, and reports
 * it.  Several kernels are a ladder: cli/driver/ladder.c.
 */
#include "cli/driver/command.h"
#include "cli/driver/ladder.h"
#include "cli/driver/phase.h"
#include "cli/driver/workspace.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/meter/counters.h"
#include "report/compare/change.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Set in the environment of the program that is built with it. */
#define LIBPERF_BUILT "DAXDM_LIBPERF_BUILT"

static int set_tracer(void *opts, const char *value)
{
	((struct bench_request *)opts)->m.tracer = value;
	if (!strcmp(value, "fentry") || !strcmp(value, "kprobe"))
		return 0;
	if (!strcmp(value, "tracefs"))
		msg_error("--tracer tracefs was removed: its own cost is not constant; "
			  "use --tracer kprobe");
	else
		msg_error("--tracer: expected fentry or kprobe, got '%s'", value);
	return -EINVAL;
}

static const struct option_spec options[] = {
	OPTION("kernel", OPTION_LIST, offsetof(struct bench_request, target.kernels), "K",
	       "debian (default), 6.12.107, a package, PATH/bzImage; A,B: both; ladder: the newest "
	       "of each series; all: all generic ones"),
	TARGET_MODULE_OPTIONS(struct bench_request, target),
	TARGET_GUEST_OPTIONS(struct bench_request, target),
	OPTION("meter", OPTION_TEXT, offsetof(struct bench_request, m.meter), "M",
	       "insn: instructions (default); time: ns (default with --host); none: only prove",
	       .choices = "insn|time|none"),
	MEASURE_WORKLOAD_OPTIONS(struct bench_request, m),
	OPTION("tracer", OPTION_CALL, 0, "WAY",
	       "how translate stamps kernel functions: fentry or kprobe", .set = set_tracer),
	OPTION("counters", OPTION_FLAG, offsetof(struct bench_request, m.counters), NULL,
	       "in a second sweep count page faults, TLB misses and other events"),
	OPTION("name", OPTION_TEXT, offsetof(struct bench_request, target.name), "RUN",
	       "name of the run (default: kernel, meter, time); of several kernels: go on with it"),
	MEASURE_STATES_OPTION(struct bench_request, m),
	ENGINE_OPTIONS(struct bench_request, engine),
	OPTION("repeat", OPTION_NUMBER, offsetof(struct bench_request, repeat), "N",
	       "measure N times; fail unless every sample is the same; with --host: every other "
	       "time "
	       "the last stack first",
	       .min = 1, .max = 100),
	OPTION("seed", OPTION_NUMBER, offsetof(struct bench_request, target.seed), "N",
	       "seed of the emulated host (default 1)", .min = 1, .max = TARGET_SEED_MAX),
	TARGET_HOST_OPTIONS(struct bench_request, target),
	OPTION("device", OPTION_WORDS, offsetof(struct bench_request, target.devices), "DEV",
	       "with --host: the pmem device; EVERYTHING ON IT IS LOST"),
	{0},
};

/* Refuses what can be refused before anything is installed or booted. */
static void vet(struct bench_request *b)
{
	target_vet_host(&b->target, b->target.seed ? "seed" : b->m.states > 1 ? "states" : NULL);
	if (!b->target.seed)
		b->target.seed = 1;
	if (!b->m.meter)
		b->m.meter = b->target.host ? "time" : "insn";
	if (!strcmp(b->m.meter, "none") && b->m.counters)
		process_quit(STATUS_USAGE,
			     "--counters does not go with --meter none, which keeps no number");
	if (strcmp(b->m.meter, "insn") && !b->target.host && b->repeat > 1)
		process_quit(STATUS_USAGE,
			     "--repeat needs samples that repeat exactly: --meter insn only, or "
			     "--host");
	if (b->m.states > 1 && (strcmp(b->m.meter, "insn") || b->repeat > 1))
		process_quit(STATUS_USAGE,
			     "--states is for --meter insn, and does not go with --repeat");
	/* What is to be shown is that boots are equal; a restored machine was booted only once. */
	b->target.fresh |= b->repeat > 1;
	target_vet(&b->target, STATUS_USAGE);
	target_vet_name(b->target.name, getenv(LADDER_STEP));
	engine_vet(&b->engine, target_is_ladder(&b->target));
	measure_vet(&b->m);
}

static char *run_name(const struct bench_request *b, const char *name, int64_t i)
{
	return b->repeat > 1 ? process_text("%s-%lld", name, (long long)i)
			     : process_text("%s", name);
}

/* Reports a run as `./run.sh report` does.  Returns the exit status. */
static int show(const char *dir)
{
	struct words command = {0};

	process_phase = "report";
	command_add(&command, place("build/daxdm"), "report", dir, NULL);
	return process_run(&command, NULL, NULL);
}

/* Measures once and reports it.  Returns the worse exit status. */
static int one_run(const struct bench_request *b, const struct kernel *kernel,
		   const struct guest_files *guests, const char *name)
{
	char *dir = process_text("results/%s", name);
	int status = measure_run(&b->m, &b->target, kernel, guests, dir), shown = 0;

	if (status == STATUS_GOOD)
		status = measure_further_states(&b->m, &b->target, kernel, guests, dir);
	if (status == STATUS_GOOD || status == STATUS_FAILED || status == STATUS_SKIPPED)
		shown = show(dir);
	if (shown)
		msg_error(
			"the run is complete in %s, its report is not; when the cause is removed: "
			"./run.sh report %s",
			dir, name);
	free(dir);
	return shown ? shown : status;
}

static int identical(const char *first, const char *second)
{
	struct words command = {0};
	char *a = process_text("results/%s", first), *b = process_text("results/%s", second);

	command_add(&command, place("build/daxdm"), "identical", a, b, NULL);
	free(a);
	free(b);
	return process_run(&command, NULL, NULL);
}

static char *choose_name(const struct bench_request *b, const struct kernel *kernel)
{
	char *release = kernel ? process_text("%s", kernel->release) : target_host_release();
	char *base = target_short_release(release), *suffix = target_suffix(&b->target.replaced);
	char *stamp = workspace_timestamp(), *whole;

	whole = process_text("%s%s-%s-%s", base, suffix, b->m.meter, stamp);
	free(release);
	free(base);
	free(suffix);
	free(stamp);
	base = workspace_claim(whole);
	free(whole);
	return base;
}

static int run_all(struct bench_request *b, const struct kernel *kernel,
		   const struct guest_files *guests)
{
	char *name = b->target.name ? process_text("%s", b->target.name) : choose_name(b, kernel);
	char *first = run_name(b, name, 1), *next;
	int status = STATUS_GOOD, one;

	for (int64_t i = 1; i <= b->repeat; i++) {
		next = run_name(b, name, i);
		/* A drift of the host adds to the DM overhead of one run, takes from the next. */
		b->m.reversed = b->target.host && i % 2 == 0;
		one = one_run(b, kernel, guests, next);
		b->target.wipe = false; /* a run leaves its devices blank */
		free(next);
		status = one ? one : status;
		if (one != STATUS_GOOD && one != STATUS_FAILED && one != STATUS_SKIPPED)
			return one;
	}
	for (int64_t i = 2; i <= b->repeat && !b->target.host; i++) {
		next = run_name(b, name, i);
		one = identical(first, next);
		status = one ? one : status;
		free(next);
	}
	free(first);
	free(name);
	return status;
}

/* The program is built anew with libperf, and starts again. */
static void need_libperf(const struct bench_request *b, char **argv)
{
	const char *from = getenv("DAXDM_FROM");
	struct words command = {0};
	char *here, *script;
	int status;

	if (!b->m.counters || counters_libperf())
		return;
	if (place_is_installed())
		verb_needs_sources("bench --counters");
	workspace_open();
	phase_begin("libperf");
	command_add(&command, "lib/meter/libperf.sh", NULL);
	status = process_run(&command, NULL, NULL);
	if (status)
		process_exit(status);
	phase_end("%s", workspace_first_line("build/libperf/version"));
	here = getcwd(NULL, 0);
	script = process_text("%s/run.sh", here ? here : ".");
	argv[0] = script;
	if (setenv(LIBPERF_BUILT, "yes", 1) || (from && chdir(from) < 0) || execv(script, argv) < 0)
		process_quit(STATUS_BROKEN, "cannot start %s again: %s", script, strerror(errno));
}

static int bench(struct bench_request *b)
{
	struct guest_files guests = {0};
	struct kernel kernel;
	char *parent;

	for (int64_t i = 1; b->target.name && i <= b->repeat; i++)
		target_vet_name_is_free(run_name(b, b->target.name, i));
	target_confirm_wipe(&b->target);
	workspace_open();
	workspace_make_dir("results");
	if (!getenv(LADDER_STEP)) /* in a step of a ladder all is in place, and stays as it is */
		workspace_setup("run", "plot", NULL);
	measure_setup_programs(&b->m, b->target.host);
	if (b->target.host)
		return run_all(b, NULL, &guests);
	kernel = target_find(&b->target, b->target.kernels.list[0]);
	guests = measure_make_guests(&b->m, &b->target, &kernel);
	parent = b->target.name ? strchr(b->target.name, '/') : NULL;
	if (parent) {
		parent = process_text("results/%.*s", (int)(parent - b->target.name),
				      b->target.name);
		workspace_make_dir(parent);
	}
	return run_all(b, &kernel, &guests);
}

static int run(int argc, char **argv)
{
	struct bench_request b = {.repeat = 1};
	int operand = options_parse(&verb_bench, &b, argc, argv);

	if (operand == -1)
		return STATUS_GOOD;
	if (operand < 0)
		return STATUS_USAGE;
	vet(&b);
	if (b.m.counters && getenv(LIBPERF_BUILT) && !counters_libperf())
		process_quit(STATUS_BROKEN, "--counters: the program was built without libperf");
	need_libperf(&b, argv - 1);
	return target_is_ladder(&b.target) ? ladder(&b) : bench(&b);
}

const struct verb verb_bench = {
	.name = "bench",
	.args = "",
	.why = "measure; results and plots go to results/RUN/",
	.examples = {"bench --quick", "bench --kernel 6.12 --stack linear:16 --fs ext4"},
	.options = options,
	.run = run,
};

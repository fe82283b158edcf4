// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm assert: whether one metric keeps within a limit, with the exit status that git-bisect(1)
 * expects: 0 yes, 1 no, 125 the commit cannot be tested.  It measures the kernel, or reads a run.
 */
#include "cli/driver/measure.h"
#include "cli/driver/metric.h"
#include "cli/driver/phase.h"
#include "cli/driver/run_dir.h"
#include "cli/driver/workspace.h"
#include "lib/base/msg.h"
#include "lib/base/number.h"
#include "report/table/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct assert_request {
	struct target target;
	struct measurement m;
	const char *metric;
	bool has_max, has_min;
	int64_t max, min;
};

static int set_limit(const char *name, const char *value, int64_t *limit, bool *has)
{
	*has = true;
	if (!number_parse(value, INT64_MIN, INT64_MAX, limit))
		return 0;
	msg_error("--%s: expected a whole number in the metric's unit, got '%s'", name, value);
	return -EINVAL;
}

static int set_max(void *opts, const char *value)
{
	struct assert_request *a = opts;

	return set_limit("max", value, &a->max, &a->has_max);
}

static int set_min(void *opts, const char *value)
{
	struct assert_request *a = opts;

	return set_limit("min", value, &a->min, &a->has_min);
}

static const struct option_spec options[] = {
	OPTION("metric", OPTION_TEXT, offsetof(struct assert_request, metric), "M",
	       "'fault.read.warm.pte{stack=linear:16,fs=ext4}', or in short 'read.warm.pte "
	       "linear:16 "
	       "ext4'; tax:M is what that adds to raw"),
	OPTION("max", OPTION_CALL, 0, "N", "the most that its median may be", .set = set_max),
	OPTION("min", OPTION_CALL, 0, "N", "the least that its median may be", .set = set_min),
	OPTION("kernel", OPTION_LIST, offsetof(struct assert_request, target.kernels), "K",
	       "same as for bench"),
	MEASURE_STATES_OPTION(struct assert_request, m),
	TARGET_MODULE_OPTIONS(struct assert_request, target),
	TARGET_GUEST_OPTIONS(struct assert_request, target),
	{0},
};

static int judge(const struct assert_request *a, const char *dir)
{
	struct metric_value v;
	char why[512];
	int rc = metric_read(dir, a->metric, &v, why, sizeof(why));
	bool good;

	if (rc == -EINVAL)
		msg_error("assert: %s", why);
	else if (rc < 0)
		printf("%s: not measured: %s\n", a->metric, why);
	if (rc < 0)
		return METRIC_CANNOT_TELL;
	good = !(a->has_max && v.value.median > a->max) && !(a->has_min && v.value.median < a->min);
	printf("%s on %s: %s %s%s, ", a->metric, v.release, number(v.value.median).s, v.unit,
	       quantity_range(&v.value, false).s);
	if (v.value.n > 1)
		printf("median of %zu initial states, ", v.value.n);
	if (a->has_max)
		printf("at most %s%s", number(a->max).s, a->has_min ? ", " : "");
	if (a->has_min)
		printf("at least %s", number(a->min).s);
	printf(" asked for: %s\n", good ? "good" : "bad");
	return good ? STATUS_GOOD : STATUS_FAILED;
}

/* A build that failed left no kernel: that is no reason to call the commit bad. */
static void vet(struct assert_request *a)
{
	const struct words *kernels = &a->target.kernels;

	measure_plan_metric(&a->m, a->metric);
	measure_vet(&a->m);
	for (size_t i = 0; i < kernels->n; i++) {
		char *path = options_user_path(kernels->list[i]);

		if (strchr(kernels->list[i], '/') && access(path, F_OK) < 0)
			process_quit(METRIC_CANNOT_TELL, "--kernel %s: no such file; was it built?",
				     path);
		free(path);
	}
	target_vet(&a->target, METRIC_CANNOT_TELL);
	if (kernels->n != 1)
		process_quit(STATUS_USAGE, "assert: --kernel or --kernel-tree, one kernel");
}

static int measure_and_judge(struct assert_request *a)
{
	char *release, *suffix, *stamp, *base, *dir;
	struct kernel kernel;
	int status;

	vet(a);
	process_cannot_tell = METRIC_CANNOT_TELL; /* what breaks now says nothing of the kernel */
	phase_lines = PHASES_STDERR;
	workspace_open();
	workspace_make_dir("results");
	workspace_setup("run", NULL);
	kernel = target_find(&a->target, a->target.kernels.list[0]);
	release = target_short_release(kernel.release);
	suffix = target_suffix(&a->target.replaced);
	stamp = workspace_timestamp();
	base = process_text("%s%s-assert-%s", release, suffix, stamp);
	free(release);
	free(suffix);
	free(stamp);
	dir = measure_now(&a->m, &a->target, &kernel, base);
	status = judge(a, dir);
	free(dir);
	return status;
}

static int judge_run(const struct assert_request *a, const char *name)
{
	char *dir;
	int status;

	if (target_option(&a->target))
		process_quit(STATUS_USAGE,
			     "assert: --%s chooses a kernel to measure; it has no effect on the "
			     "run %s",
			     target_option(&a->target), name);
	process_cannot_tell = METRIC_CANNOT_TELL;
	dir = run_dir_find_or_exit(name);
	status = judge(a, dir);
	free(dir);
	return status;
}

static int run(int argc, char **argv)
{
	struct assert_request a = {.target.seed = 1, .m.meter = "insn"};
	int status, at = options_parse(&verb_assert, &a, argc, argv);
	char *metric;

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (!a.metric)
		process_quit(STATUS_USAGE, "assert: which metric? --metric M");
	if (!a.has_max && !a.has_min)
		process_quit(STATUS_USAGE, "assert: which limit? --max N or --min N");
	a.metric = metric = metric_resolve(a.metric);
	status = at == argc ? measure_and_judge(&a) : judge_run(&a, argv[at]);
	free(metric);
	return status;
}

const struct verb verb_assert = {
	.name = "assert",
	.args = "[RUNDIR]",
	.why = "whether a metric keeps within a limit, for git bisect run",
	.examples =
		{"assert --metric 'fault.read.warm.pte{stack=linear:16,fs=ext4}' --max 4400 "
		 "--kernel-tree ~/linux",
		 "assert --metric 'tax:fault.read.warm.pte{stack=linear:16,fs=ext4}' --max 400"},
	.options = options,
	.operands = 1,
	.run = run,
	.no_memory = METRIC_CANNOT_TELL,
};

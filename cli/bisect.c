// SPDX-License-Identifier: GPL-2.0-only
/* daxdm bisect: finds the kernel of the archive where a metric became worse. */
#include "cli/driver/command.h"
#include "cli/driver/measure.h"
#include "cli/driver/metric.h"
#include "cli/driver/phase.h"
#include "cli/driver/run_dir.h"
#include "cli/driver/run_kernel.h"
#include "cli/driver/workspace.h"
#include "emu/vm.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "report/compare/threshold.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct candidate {
	char *label, *package, *run;
	struct metric_value value;
	bool useless; /* cannot be measured */
};

struct bisect {
	const char *good_word, *bad_word, *metric;
	double threshold; /* in per cent; negative: half of the way to bad */
	bool anew;
	struct target target;
	struct measurement m;
	struct candidate *list; /* from the good to the bad one */
	size_t n, good, bad;
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
	MEASURE_STATES_OPTION(struct bisect, m),
	OPTION("anew", OPTION_FLAG, offsetof(struct bisect, anew), NULL,
	       "measure kernels even if a suitable run exists"),
	TARGET_GUEST_OPTIONS(struct bisect, target),
	{0},
};

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

static void vet(struct bisect *b)
{
	const char *words[2];

	if (!b->good_word || !b->bad_word || !b->metric)
		process_quit(STATUS_USAGE, "bisect: --good K, --bad K and --metric M are needed");
	b->good_word = kernel_of_run(b->good_word);
	b->bad_word = kernel_of_run(b->bad_word);
	words[0] = b->good_word;
	words[1] = b->bad_word;
	for (int i = 0; i < 2; i++)
		if (strchr(words[i], '/'))
			process_quit(STATUS_USAGE,
				     "--%s: expected a kernel of the archive, got the path '%s'; "
				     "git bisect run and ./run.sh assert search a git tree",
				     i ? "bad" : "good", words[i]);
	b->metric = metric_resolve(b->metric);
	measure_plan_metric(&b->m, b->metric);
	measure_vet(&b->m);
	target_vet_guest(&b->target, &vm_bench);
}

static void plan(struct bisect *b)
{
	char *path = workspace_path("between"), *line = NULL;
	struct words command = {0};
	size_t size = 0;
	FILE *in;
	int status;

	command_add(&command, place("emu/kernel.sh"), "between", b->good_word, b->bad_word, NULL);
	status = process_run(&command, path, NULL);
	if (status)
		process_exit(status);
	in = fopen(path, "re");
	while (in && getline(&line, &size, in) > 0) {
		char *tab = strchr(line, '\t'), *end = tab ? strchr(tab + 1, '\t') : NULL;

		if (!end)
			continue;
		*tab = *end = '\0';
		b->list = realloc(b->list, (b->n + 1) * sizeof(*b->list));
		if (!b->list)
			process_quit(STATUS_BROKEN, "out of memory");
		b->list[b->n++] = (struct candidate){.label = process_text("%s", line),
						     .package = process_text("%s", tab + 1)};
	}
	if (in)
		fclose(in);
	free(line);
	free(path);
	if (b->n < 2)
		process_quit(STATUS_USAGE, "bisect: --good %s is not older than --bad %s",
			     b->good_word, b->bad_word);
	b->bad = b->n - 1;
	printf("%zu kernels from %s to %s\n", b->n, b->list[0].label, b->list[b->n - 1].label);
}

/* Measures in a process of its own, so that a failure ends only that process.  Returns whether
 * there is a value; if not, why is the reason, to be freed. */
static bool measure(const struct bisect *b, struct candidate *c, char **why)
{
	char *step = workspace_path("step"), *output = workspace_path("step.err"), text[512];
	struct words command = {0};
	int rc;

	process_phase = c->label;
	command_add(&command, place("build/daxdm"), "measure-kernel", NULL);
	command_add_all(&command, &b->m.args);
	if (b->anew)
		command_add(&command, "--anew", NULL);
	if (b->m.states > 1) {
		char *states = process_text("%lld", (long long)b->m.states);

		command_add(&command, "--states", states, NULL);
		free(states);
	}
	target_add_guest_options(&command, &b->target);
	command_add(&command, c->package, NULL);
	rc = process_run(&command, step, output);
	process_phase = NULL;
	c->run = rc ? NULL : workspace_last_line(step);
	if (!c->run)
		*why = workspace_last_error(output);
	else if (metric_read(c->run, b->metric, &c->value, text, sizeof(text)) < 0)
		*why = process_text("%s", text);
	else
		*why = NULL;
	if (!c->run && !*why)
		*why = process_text("its measurement ended early with status %d", rc);
	free(step);
	free(output);
	return !*why;
}

static void tell(const struct candidate *c, const char *verdict)
{
	printf("%-9s %-20s %12lld %s%s  %s\n", verdict, c->label, (long long)c->value.value.median,
	       c->value.unit, quantity_range(&c->value.value, false).s, c->run);
}

static void set_limit(struct bisect *b)
{
	int64_t good = b->list[0].value.value.median, bad = b->list[b->bad].value.value.median;
	double from, to;

	b->sign = b->list[0].value.higher_is_better ? -1 : 1;
	from = (double)(b->sign * good);
	to = (double)(b->sign * bad);
	b->limit = (int64_t)(b->threshold < 0 ? (from + to) / 2
					      : from + fabs(from) * b->threshold / 100);
	if (b->sign * bad <= b->limit || good == bad)
		process_quit(
			STATUS_NOT_COMPARABLE,
			"bisect: there is no change for the worse to look for: %s is %lld %s on "
			"%s and %lld %s on %s",
			b->metric, (long long)good, b->list[0].value.unit, b->list[0].label,
			(long long)bad, b->list[0].value.unit, b->list[b->bad].label);
	printf("bad is %s %lld %s\n", b->sign > 0 ? "above" : "below",
	       (long long)(b->sign * b->limit), b->list[0].value.unit);
}

/* The median of the kernels between good and bad that may be measured, or NULL. */
static struct candidate *choose_next(struct bisect *b)
{
	size_t usable = 0, at = 0;

	for (size_t i = b->good + 1; i < b->bad; i++)
		usable += !b->list[i].useless;
	for (size_t i = b->good + 1; i < b->bad; i++)
		if (!b->list[i].useless && at++ == usable / 2)
			return &b->list[i];
	return NULL;
}

/* Several are suspect if those next to the first bad one could not be measured. */
static void tell_first_bad(const struct bisect *b)
{
	const struct candidate *good = &b->list[b->good], *bad = &b->list[b->bad];
	size_t skip = strlen("results/");

	printf("first bad: %s (%lld %s), %s is good (%lld %s)\n", bad->label,
	       (long long)bad->value.value.median, bad->value.unit, good->label,
	       (long long)good->value.value.median, good->value.unit);
	if (b->good + 1 < b->bad) {
		printf("           or one of those that could not be measured:");
		for (size_t i = b->good + 1; i < b->bad; i++)
			printf(" %s", b->list[i].label);
		putchar('\n');
	}
	printf("why: %s compare %s %s\n", place_command(), good->run + skip, bad->run + skip);
}

static void bisect(struct bisect *b)
{
	struct candidate *c;
	char *why;

	for (int i = 0; i < 2; i++) {
		c = &b->list[i ? b->bad : 0];
		if (!measure(b, c, &why))
			process_quit(STATUS_BROKEN, "bisect: %s cannot be measured: %s", c->label,
				     why);
		tell(c, i ? "bad:" : "good:");
	}
	set_limit(b);
	while ((c = choose_next(b))) {
		if (!measure(b, c, &why)) {
			c->useless = true;
			printf("skipped:  %s: %s\n", c->label, why);
			free(why);
		} else if (b->sign * c->value.value.median > b->limit) {
			tell(c, "bad:");
			b->bad = (size_t)(c - b->list);
		} else {
			tell(c, "good:");
			b->good = (size_t)(c - b->list);
		}
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
	phase_lines = PHASES_NONE;
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
	.why = "find the kernel of the archive that first made a metric worse",
	.examples = {"bisect --good 6.1 --bad 6.12 --metric "
		     "'fault.read.warm.pte{stack=linear:16,fs=ext4}'",
		     "bisect --good 6.1 --bad newest --metric "
		     "'tax:bio.direct.read.4k{stack=linear:1,fs=xfs}' --threshold 2"},
	.options = options,
	.run = run,
};

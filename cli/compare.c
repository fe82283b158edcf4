// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm compare: kernels against each other.
 *
 * Under meter insn numbers are exact: any difference is a difference, and one run of each kernel is
 * enough; the threshold says from where on a change for the worse makes the comparison fail.  Under
 * meter time it takes several runs of each kernel, whose medians go through a rank test; where that
 * shows nothing stands "~".  Runs that are unlike in more than the kernel are refused.  Of checks,
 * a promise that was kept and is broken now fails the comparison; what else changed is told.
 */
#include "report/compare/compare.h"
#include "cli/cli.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/number.h"
#include "lib/base/terminal.h"
#include "report/checks/behaviour_changes.h"
#include "report/compare/compare_show.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct compare_options {
	struct comparison comparison;
	const char *json, *markdown, *junit, *known, *plot_data;
	bool all, force;
	int width;
};

/* ---- options ------------------------------------------------------------------------------- */

static int set_threshold(void *opts, const char *value)
{
	struct compare_options *o = opts;

	if (!threshold_parse(value, &o->comparison.thresholds.percent))
		return 0;
	msg_error("compare: --threshold %s: a number of per cent is wanted, e.g. 0.5", value);
	return -EINVAL;
}

static int set_thresholds(void *opts, const char *value)
{
	struct compare_options *o = opts;

	return thresholds_read(value, &o->comparison.thresholds) < 0 ? -EINVAL : 0;
}

static int set_stacks(void *opts, const char *value)
{
	struct comparison *c = &((struct compare_options *)opts)->comparison;
	const char *with = strstr(value, "=>");

	if (!with || with == value || !with[2]) {
		msg_error("compare: --stacks %s: wants two stacks, BASE=>NEW, e.g. "
			  "'linear:1=>linear:1/linear:1'",
			  value);
		return -EINVAL;
	}
	free(c->stack_base);
	free(c->stack_new);
	c->stack_base = memory_check(strndup(value, (size_t)(with - value)));
	c->stack_new = memory_check(strdup(with + 2));
	return c->stack_base && c->stack_new ? 0 : -EINVAL;
}

static int choose(struct words *words, const char *value)
{
	return words_add_new(words, value, strlen(value)) < 0 ? -EINVAL : 0;
}

static int set_stack(void *opts, const char *value)
{
	return choose(&((struct compare_options *)opts)->comparison.only.stacks, value);
}

static int set_fs(void *opts, const char *value)
{
	return choose(&((struct compare_options *)opts)->comparison.only.filesystems, value);
}

static int set_bench(void *opts, const char *value)
{
	return choose(&((struct compare_options *)opts)->comparison.only.benches, value);
}

static int set_json(void *opts, const char *value)
{
	((struct compare_options *)opts)->json = value;
	return 0;
}

static int set_markdown(void *opts, const char *value)
{
	((struct compare_options *)opts)->markdown = value;
	return 0;
}

static int set_junit(void *opts, const char *value)
{
	((struct compare_options *)opts)->junit = value;
	return 0;
}

static int set_known(void *opts, const char *value)
{
	((struct compare_options *)opts)->known = value;
	return 0;
}

static int set_plot_data(void *opts, const char *value)
{
	((struct compare_options *)opts)->plot_data = value;
	return 0;
}

static int set_all(void *opts, const char *value)
{
	(void)value;
	((struct compare_options *)opts)->all = true;
	return 0;
}

static int set_force(void *opts, const char *value)
{
	(void)value;
	((struct compare_options *)opts)->force = true;
	return 0;
}

static int set_width(void *opts, const char *value)
{
	int64_t width;

	if (number_parse(value, TERMINAL_WIDTH_MIN, 10000, &width) < 0) {
		msg_error("compare: --width %s: a number of columns from %d to 10000 is needed",
			  value, TERMINAL_WIDTH_MIN);
		return -EINVAL;
	}
	((struct compare_options *)opts)->width = (int)width;
	return 0;
}

static const struct option_spec options[] = {
	{"threshold", "PERCENT", "worse by so much is a regression (default 0.5)", set_threshold},
	{"thresholds", "FILE", "other thresholds by metric: lines of GLOB PERCENT", set_thresholds},
	{"stack", "SPEC", "rows of this stack only (repeatable)", set_stack},
	{"stacks", "BASE=>NEW", "one stack against another one, e.g. of the same run", set_stacks},
	{"fs", "NAME", "rows of this filesystem only (repeatable)", set_fs},
	{"bench", "GLOB", "rows of these benchmarks and variants only (repeatable)", set_bench},
	{"all", NULL, "rows that are equal, too", set_all},
	{"force", NULL, "compare even what is unlike; the result is marked", set_force},
	{"json", "FILE", "everything, for programs (- for stdout)", set_json},
	{"markdown", "FILE", "the same as Markdown", set_markdown},
	{"junit", "FILE", "the same as JUnit's XML", set_junit},
	{"plot-data", "DIR", "what plot/plot.sh --data draws from", set_plot_data},
	{"known", "DIR", "the known kernel bugs (default: what the runs say)", set_known},
	{"width", "COLUMNS", "lines no longer than this (default: the terminal's width)",
	 set_width},
	{NULL, NULL, NULL, NULL},
};

/* ---- output -------------------------------------------------------------------------------- */

static FILE *open_out(const char *path)
{
	FILE *out = !strcmp(path, "-") ? stdout : fopen(path, "we");

	if (!out)
		msg_error("compare: cannot write %s: %s", path, strerror(errno));
	return out;
}

/* Returns 0, or -errno after one error line. */
static int close_out(const char *path, FILE *out)
{
	int rc = ferror(out) ? -EIO : 0;

	if (out == stdout)
		return rc;
	if (fclose(out) && !rc)
		rc = -errno;
	if (rc)
		msg_error("compare: cannot write %s: %s", path, strerror(-rc));
	return rc;
}

static int write_markdown(const struct comparison *c, const struct compare_options *o)
{
	FILE *out = open_out(o->markdown);

	if (!out)
		return -EIO;
	compare_markdown(c, o->all, out);
	return close_out(o->markdown, out);
}

static int write_json(json_t *json, const char *path)
{
	FILE *out = open_out(path);
	int rc = -EIO, closed;

	if (out) {
		rc = json ? terminal_print_json(json, out) : -ENOMEM;
		if (rc < 0)
			msg_error("compare: out of memory");
		closed = close_out(path, out);
		rc = rc ? rc : closed;
	}
	json_decref(json);
	return rc;
}

static int write_junit(const struct comparison *c, const char *path)
{
	FILE *out = open_out(path);

	if (!out)
		return -EIO;
	compare_junit(c, out);
	return close_out(path, out);
}

static bool is_stdout(const char *path)
{
	return path && !strcmp(path, "-");
}

/* ---- numbers ------------------------------------------------------------------------------- */

static size_t count_common(const struct comparison *c)
{
	size_t common = 0;

	for (size_t s = 0; s < c->n_steps; s++) {
		const struct counts n = comparison_count(c, s);

		for (int k = CHANGE_EQUAL; k <= CHANGE_REGRESSED; k++)
			common += n.kind[k];
	}
	return common;
}

static bool is_choice(const struct workload *only)
{
	return only->stacks.n || only->filesystems.n || only->benches.n;
}

static int compare_numbers(struct comparison *c, const struct compare_options *o)
{
	int status;

	if (comparison_build(c) < 0) {
		msg_error("compare: out of memory");
		return STATUS_BROKEN;
	}
	if (!count_common(c)) {
		msg_error("compare: the runs have no metric in common%s%s%s",
			  c->stack_base ? " on stack " : "", c->stack_base ? c->stack_base : "",
			  is_choice(&c->only) ? " of those that --stack, --fs and --bench choose"
					      : "");
		return STATUS_NOT_COMPARABLE;
	}
	status = comparison_status(c);
	if (!is_stdout(o->json) && !is_stdout(o->markdown) && !is_stdout(o->junit))
		compare_print(c, o->all, o->width ? o->width : terminal_width());
	if (o->plot_data && compare_plotdata(c, o->plot_data) < 0) {
		msg_error("compare: cannot write into %s: %s", o->plot_data, strerror(errno));
		return STATUS_BROKEN;
	}
	if ((o->json && write_json(compare_json(c, status), o->json) < 0) ||
	    (o->markdown && write_markdown(c, o) < 0) || (o->junit && write_junit(c, o->junit) < 0))
		return STATUS_BROKEN;
	return status;
}

/* ---- checks -------------------------------------------------------------------------------- */

static int find_behaviour(const struct comparison *c, const struct compare_options *o,
			  struct behaviour *b)
{
	for (size_t s = 0; s < c->n_sides; s++) {
		const struct side *side = &c->sides[s];

		if (side->n_runs > 1) {
			msg_error("compare: %s: of checks one run of each kernel is compared",
				  side->name);
			return -EINVAL;
		}
		if (behaviour_add(b, side->runs, side->label, o->known) < 0)
			return -EINVAL;
	}
	if (behaviour_find(b) < 0) {
		msg_error("compare: out of memory");
		return -ENOMEM;
	}
	return 0;
}

static int compare_checks(const struct comparison *c, const struct compare_options *o)
{
	struct behaviour b = {0};
	int status = STATUS_BROKEN;

	if (o->junit || o->markdown || c->stack_base) {
		msg_error("compare: of checks there is text and --json; ./run.sh check --junit has "
			  "the verdicts themselves");
		return STATUS_USAGE;
	}
	if (is_choice(&c->only)) {
		msg_error("compare: --stack, --fs and --bench choose among metrics; runs of checks "
			  "have none");
		return STATUS_USAGE;
	}
	if (find_behaviour(c, o, &b) < 0)
		goto out;
	status = b.n_regressed ? STATUS_FAILED : STATUS_GOOD;
	if (!is_stdout(o->json)) {
		if (c->forced)
			puts(compare_forced_text);
		printf("%zu promises that were kept are broken now; %zu verdicts and observations "
		       "changed\n",
		       b.n_regressed, b.n_changes);
		behaviour_print_counts(&b, stdout);
		behaviour_print_changes(&b, stdout);
	}
	if (o->json && write_json(behaviour_json(&b, c->forced, status), o->json) < 0)
		status = STATUS_BROKEN;
out:
	behaviour_free(&b);
	return status;
}

/* ---- the verb ------------------------------------------------------------------------------ */

static int compare(struct comparison *c, const struct compare_options *o, char *const names[])
{
	int status;

	for (size_t s = 0; s < c->n_sides; s++)
		if (compare_read_side(&c->sides[s], names[s]) < 0)
			return STATUS_BROKEN;
	status = compare_refuse(c, o->force);
	if (status != STATUS_GOOD)
		return status;
	compare_label_sides(c);
	return c->sides[0].runs[0].context.checks ? compare_checks(c, o) : compare_numbers(c, o);
}

static int compare_main(int argc, char **argv)
{
	struct compare_options o = {.comparison.thresholds.percent = THRESHOLD_PERCENT};
	struct comparison *c = &o.comparison;
	int status = STATUS_USAGE, at = options_parse(&verb_compare, options, &o, argc, argv);

	if (at == -1) {
		status = STATUS_GOOD;
	} else if (at >= 0 && (argc - at < 2 || argc - at > SIDES_MAX)) {
		msg_error("compare: needs runs, directories under results/: two to %d; got %d",
			  SIDES_MAX, argc - at);
	} else if (at >= 0) {
		c->n_sides = (size_t)(argc - at);
		status = compare(c, &o, argv + at);
	}
	comparison_free(c);
	return status;
}

const struct verb verb_compare = {
	.name = "compare",
	.args = "RUN[,RUN...] RUN[,RUN...]...",
	.why = "kernels against each other: what became slower, faster, or behaves otherwise",
	.run = compare_main,
	.no_memory = STATUS_BROKEN,
};

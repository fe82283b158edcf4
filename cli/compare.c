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
#include "lib/base/text.h"
#include "report/checks/behaviour_changes.h"
#include "report/compare/compare_show.h"
#include "report/compare/unlike.h"

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

	if (number_parse(value, WIDTH_MIN, 10000, &width) < 0) {
		msg_error("compare: --width %s: a number of columns from %d to 10000 is needed",
			  value, WIDTH_MIN);
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

/* ---- runs ---------------------------------------------------------------------------------- */

/* Whether the run can vouch for anything; says why not. */
static bool usable(const struct run *run)
{
	if (!run->ended)
		msg_error("compare: %s is incomplete (it has no end); run it again", run->path);
	else if (!run_is_complete(run))
		msg_error("compare: %s is broken (it ended with status %lld); run it again",
			  run->path, (long long)run->status);
	else if (!run->context.checks && !run->n_records)
		msg_error("compare: %s holds no record, so there is nothing to compare", run->path);
	else
		return true;
	return false;
}

/* "A" or "A,B,C": the runs of one kernel. */
static int read_side(struct side *side, const char *names)
{
	char why[512], *copy = memory_check(strdup(names)), *save, *name;
	int rc = copy ? 0 : -ENOMEM;

	side->name = names;
	side->runs = memory_check(calloc(CHANGE_RUNS_MAX, sizeof(*side->runs)));
	if (!side->runs)
		rc = -ENOMEM;
	for (name = rc ? NULL : strtok_r(copy, ",", &save); name && !rc;
	     name = strtok_r(NULL, ",", &save)) {
		if (side->n_runs == CHANGE_RUNS_MAX) {
			msg_error("compare: %s: at most %d runs of one kernel", names,
				  CHANGE_RUNS_MAX);
			rc = -EINVAL;
			break;
		}
		rc = run_read(name, &side->runs[side->n_runs++], why, sizeof(why));
		if (rc < 0)
			msg_error("compare: %s", why);
		else if (!usable(&side->runs[side->n_runs - 1]))
			rc = -EINVAL;
	}
	if (!rc && !side->n_runs) {
		msg_error("compare: '%s' names no run", names);
		rc = -EINVAL;
	}
	free(copy);
	return rc;
}

/* The last part of a run's directory. */
static void name_of(const char *path, char *buf, size_t size)
{
	size_t len = strlen(path), at;

	while (len > 1 && path[len - 1] == '/')
		len--;
	if (len > 10 && !strncmp(path + len - 10, "/run.jsonl", 10))
		len -= 10;
	for (at = len; at && path[at - 1] != '/';)
		at--;
	snprintf(buf, size, "%.*s", (int)(len - at), path + at);
}

static void label_sides(struct comparison *c)
{
	for (size_t s = 0; s < c->n_sides; s++) {
		struct side *side = &c->sides[s];
		const char *release = side->runs[0].context.release;
		const char *suffix = side->runs[0].context.suffix;
		bool alone = true;
		size_t len;

		for (size_t o = 0; o < c->n_sides; o++)
			alone = alone &&
				(o == s ||
				 strcmp(release, c->sides[o].runs[0].context.release) != 0 ||
				 strcmp(suffix, c->sides[o].runs[0].context.suffix) != 0);
		if (alone && *release)
			snprintf(side->label, sizeof(side->label), "%s", release);
		else
			name_of(side->name, side->label, sizeof(side->label));
		/* All emulated hosts are of one architecture. */
		if (alone && strlen(side->label) > 6 &&
		    !strcmp(side->label + strlen(side->label) - 6, "-amd64"))
			side->label[strlen(side->label) - 6] = '\0';
		len = strlen(side->label);
		snprintf(side->label + len, sizeof(side->label) - len, "%s", suffix);
		if (c->stack_base) {
			size_t used = strlen(side->label);

			snprintf(side->label + used, sizeof(side->label) - used, " %s",
				 s + 1 == c->n_sides ? c->stack_new : c->stack_base);
		}
	}
}

/* Prints what differs between two runs that must not.  Returns how much. */
static size_t differences(const struct run *a, const struct run *b, bool same_kernel)
{
	enum unlike_rule rule = a->context.checks ? UNLIKE_CHECKS : UNLIKE_KERNELS;
	size_t n = unlike(&a->context, &b->context, rule, unlike_print, NULL);

	if (same_kernel && (strcmp(a->context.release, b->context.release) ||
			    strcmp(a->context.build_id, b->context.build_id) ||
			    strcmp(a->context.kernel, b->context.kernel))) {
		unlike_print(NULL, "kernel.release", a->context.release, b->context.release);
		unlike_print(NULL, "kernel.build_id", a->context.build_id, b->context.build_id);
		if (strcmp(a->context.kernel, b->context.kernel))
			unlike_print(NULL, "kernel", a->context.kernel, b->context.kernel);
		n++;
	}
	return n;
}

/* Returns an enum exit_status. */
static int refuse_unlike(struct comparison *c, bool force)
{
	const struct run *first = &c->sides[0].runs[0];
	size_t n = 0;

	for (size_t s = 0; s < c->n_sides; s++)
		for (size_t r = 0; r < c->sides[s].n_runs; r++) {
			const struct run *run = &c->sides[s].runs[r];

			/* A clock is no counter, and a verdict no number: no force compares them.
			 */
			if (run->context.checks != first->context.checks ||
			    strcmp(run->context.meter, first->context.meter)) {
				differences(first, run, false);
				msg_error("compare: %s and %s do not hold the same kind of thing",
					  first->path, run->path);
				return STATUS_NOT_COMPARABLE;
			}
			n += run == first ? 0
			     : r	  ? differences(&c->sides[s].runs[0], run, true)
					  : differences(first, run, false);
		}
	c->forced = n && force;
	if (!n || force)
		return STATUS_GOOD;
	msg_error("compare: not only the kernels differ, see above: measure both with the same "
		  "daxdm on the same host; --force compares all the same");
	return STATUS_NOT_COMPARABLE;
}

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

static void markdown_sentence(void *arg, const char *sentence)
{
	char *printable = memory_check(text_escaped(sentence));

	fputs("* ", arg);
	grid_markdown_text(printable, arg);
	fputc('\n', arg);
	free(printable);
}

static const char forced_text[] = "FORCED: the runs are unlike in more than their kernels; what "
				  "follows is no evidence";

static void print_text(const struct comparison *c, const struct compare_options *o)
{
	int width = o->width ? o->width : terminal_width();
	struct printer head = {.width = width, .bullet = ""};
	struct printer gone = {.width = width, .bullet = ""};
	struct grid g;

	if (c->forced)
		print_sentence(&head, forced_text);
	compare_say(c, print_sentence, &head);
	compare_say_kernels(c, print_sentence, &head);
	compare_say_gone(c, o->all, print_sentence, &gone);
	putchar('\n');
	compare_grid(c, o->all, &g);
	grid_print(&g, stdout, width);
	grid_free(&g);
}

static int write_markdown(const struct comparison *c, const struct compare_options *o)
{
	FILE *out = open_out(o->markdown);
	struct grid g;

	if (!out)
		return -EIO;
	if (c->forced)
		fprintf(out, "**%s**\n\n", forced_text);
	compare_say(c, markdown_sentence, out);
	compare_say_kernels(c, markdown_sentence, out);
	compare_say_gone(c, o->all, markdown_sentence, out);
	compare_grid(c, o->all, &g);
	fputc('\n', out);
	grid_markdown(&g, out);
	grid_free(&g);
	return close_out(o->markdown, out);
}

static int write_json(json_t *json, const char *path)
{
	FILE *out = open_out(path);
	int rc = -EIO, closed;

	if (out) {
		rc = json ? print_json(json, out) : -ENOMEM;
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
		print_text(c, o);
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
			puts(forced_text);
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
		if (read_side(&c->sides[s], names[s]) < 0)
			return STATUS_BROKEN;
	status = refuse_unlike(c, o->force);
	if (status != STATUS_GOOD)
		return status;
	label_sides(c);
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

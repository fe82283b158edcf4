// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm compare: kernels against each other.
 *
 * Under meter insn numbers are exact: any difference is a difference, and one run of each kernel is
 * enough; the threshold says from where on a change for the worse makes the comparison fail.  Under
 * meter time it takes several runs of each kernel, whose medians go through a rank test; where that
 * shows nothing stands "~".  Runs that differ in more than the kernel are refused.  Of checks,
 * a check that passed and fails now fails the comparison; other changes are printed.  Of a module
 * or build tree of the user's own both are compared, the quick ones.
 */
#include "report/compare/compare.h"
#include "cli/driver/checks_run.h"
#include "cli/driver/command.h"
#include "cli/driver/confirm.h"
#include "cli/driver/measure.h"
#include "cli/driver/phase.h"
#include "cli/driver/run_dir.h"
#include "cli/driver/workspace.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/terminal.h"
#include "report/checks/behaviour_changes.h"
#include "report/compare/compare_mail.h"
#include "report/compare/compare_show.h"
#include "report/plots/plotdata.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct compare_options {
	struct comparison comparison;
	const char *json, *markdown, *junit, *thresholds, *known, *plot_data;
	bool all, force, anew, strict;
	int64_t width, states;	  /* 0: by default */
	struct measurement asked; /* of kernels that have to be measured */
	struct target target;
	/* A kernel or module of the user's own against another: its quick checks, too. */
	struct words trees, base_modules;
	bool no_checks, explain;
	bool own;
	char *kernels[2], *checks[2]; /* of the sides; runs of the quick checks */
};

/* ---- options ------------------------------------------------------------------------------- */

static int set_threshold(void *opts, const char *value)
{
	struct compare_options *o = opts;

	if (!threshold_parse(value, &o->comparison.thresholds.percent))
		return 0;
	msg_error("compare: --threshold: expected a number of per cent such as 0.5, got '%s'",
		  value);
	return -EINVAL;
}

static int set_stacks(void *opts, const char *value)
{
	struct comparison *c = &((struct compare_options *)opts)->comparison;
	const char *with = strstr(value, "=>");

	if (!with || with == value || !with[2]) {
		msg_error("compare: --stacks: expected BASE=>NEW such as "
			  "'linear:1=>linear:1/linear:1', got '%s'",
			  value);
		return -EINVAL;
	}
	free(c->stack_base);
	free(c->stack_new);
	c->stack_base = memory_check(strndup(value, (size_t)(with - value)));
	c->stack_new = memory_check(strdup(with + 2));
	return c->stack_base && c->stack_new ? 0 : -EINVAL;
}

static const struct option_spec options[] = {
	OPTION("threshold", OPTION_CALL, 0, "PERCENT",
	       "an increase of this or more is a regression (default 0.5)", .set = set_threshold),
	OPTION("thresholds", OPTION_PATH, offsetof(struct compare_options, thresholds), "FILE",
	       "thresholds by metric; lines of GLOB PERCENT"),
	OPTION("stacks", OPTION_CALL, 0, "BASE=>NEW", "compare two stacks, e.g. of the same run",
	       .set = set_stacks),
	OPTION("states", OPTION_NUMBER, offsetof(struct compare_options, states), "N",
	       "confirm differences in up to N initial states of each kernel (kernels: 5; 1: do "
	       "not)",
	       .min = 1, .max = CHANGE_STATES_MAX),
	OPTION("all", OPTION_FLAG, offsetof(struct compare_options, all), NULL,
	       "also show rows that are equal"),
	OPTION("force", OPTION_FLAG, offsetof(struct compare_options, force), NULL,
	       "compare runs that differ in more than the kernel; marks the result"),
	OPTION("strict", OPTION_FLAG, offsetof(struct compare_options, strict), NULL,
	       "runs of checks: fail if any verdict or observation changed"),
	OPTION("json", OPTION_PATH, offsetof(struct compare_options, json), "FILE",
	       "write the comparison as JSON (- for stdout)"),
	OPTION("markdown", OPTION_PATH, offsetof(struct compare_options, markdown), "FILE",
	       "write the comparison as Markdown"),
	OPTION("junit", OPTION_PATH, offsetof(struct compare_options, junit), "FILE",
	       "write the comparison as JUnit XML"),
	OPTION("stack", OPTION_WORDS, offsetof(struct compare_options, asked.by_hand.stacks), "S",
	       "compare only this stack; kernels: measure it"),
	OPTION("fs", OPTION_WORDS, offsetof(struct compare_options, asked.by_hand.filesystems), "F",
	       "compare only this filesystem, ext4 or xfs; kernels: measure it",
	       .choices = "ext4|xfs"),
	OPTION("bench", OPTION_WORDS, offsetof(struct compare_options, asked.by_hand.benches),
	       "GLOB", "compare only these benchmarks and variants; kernels: measure them"),
	OPTION("width", OPTION_NUMBER, offsetof(struct compare_options, width), "COLUMNS",
	       "length of lines (default: width of the terminal)", .min = TERMINAL_WIDTH_MIN,
	       .max = 10000),
	OPTION("quick", OPTION_FLAG, offsetof(struct compare_options, asked.quick), NULL,
	       "kernels: measure the quick workload, same as for bench"),
	OPTION("full", OPTION_FLAG, offsetof(struct compare_options, asked.full), NULL,
	       "kernels: measure everything"),
	OPTION("workload", OPTION_PATH, offsetof(struct compare_options, asked.workload), "FILE",
	       "kernels: measure this workload file"),
	OPTION("module", OPTION_WORDS, offsetof(struct compare_options, target.replaced), "FILE.ko",
	       "kernels: put this module into NEW; with one kernel NEW is that kernel with it"),
	OPTION("module-base", OPTION_WORDS, offsetof(struct compare_options, base_modules),
	       "FILE.ko", "kernels: put this module into BASE"),
	OPTION("kernel-tree", OPTION_WORDS, offsetof(struct compare_options, trees), "DIR",
	       "a kernel to compare: that of this build tree, with its modules"),
	OPTION("no-checks", OPTION_FLAG, offsetof(struct compare_options, no_checks), NULL,
	       "do not compare the quick checks of a module or a build tree"),
	OPTION("explain", OPTION_FLAG, offsetof(struct compare_options, explain), NULL,
	       "with a module or a build tree: show the functions that changed"),
	OPTION("modules", OPTION_PATH, offsetof(struct compare_options, target.modules), "DIR",
	       "the modules of a kernel that is PATH/bzImage"),
	OPTION("anew", OPTION_FLAG, offsetof(struct compare_options, anew), NULL,
	       "kernels: measure even if a suitable run exists"),
	OPTION("plot-data", OPTION_TEXT, offsetof(struct compare_options, plot_data), "DIR",
	       "write what plot/plot.sh --data draws from", .internal = true),
	OPTION("known", OPTION_PATH, offsetof(struct compare_options, known), "DIR",
	       "directory of known kernel bugs (default: check/known)"),
	{0},
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

/* ---- a module or a kernel of the user's own -------------------------------------------------- */

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

enum { EXPLAINED_MAX = 3 };

static double largest_share(const struct row *row, size_t step)
{
	const struct step *s = &row->steps[step];
	bool changed = change_is_beyond(s->metric.kind) || change_is_beyond(s->tax.kind) ||
		       change_is_beyond(s->mean.kind);

	return changed ? fabs(s->metric.share) : 0;
}

/* Whether a chosen row changed by as many instructions: most likely in the same function. */
static bool is_repeated(const struct row *row, const struct row *const *chosen, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (chosen[i]->steps[0].metric.difference == row->steps[0].metric.difference)
			return true;
	return false;
}

/* The rows that changed most beyond the threshold, by different amounts, at most EXPLAINED_MAX. */
static size_t rows_to_explain(const struct comparison *c, const struct row *chosen[EXPLAINED_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_rows; i++) {
		const struct row *row = &c->rows[i];
		size_t at = n;

		if (!row->cells[0].rec || !row->cells[1].rec || largest_share(row, 0) <= 0 ||
		    is_repeated(row, chosen, n))
			continue;
		while (at && largest_share(chosen[at - 1], 0) < largest_share(row, 0))
			at--;
		if (at == EXPLAINED_MAX)
			continue;
		n = n < EXPLAINED_MAX ? n + 1 : n;
		memmove(chosen + at + 1, chosen + at, (n - at - 1) * sizeof(*chosen));
		chosen[at] = row;
	}
	return n;
}

/* Measures both sides again with every instruction counted.  Returns the explanation; NULL: it
 * could not be made, and an error line was printed. */
static json_t *explain_row(const struct compare_options *o, const char *id)
{
	char *output = workspace_path("explained");
	struct words command = {0};
	json_t *explanation = NULL;
	int status;

	phase_begin("explain");
	command_add(&command, "build/daxdm", "explain", o->kernels[0], o->kernels[1], "--metric",
		    id, "--json", NULL);
	command_add_each(&command, "--module-base", &o->base_modules);
	command_add_each(&command, "--module", &o->target.replaced);
	process_says_it = true;
	status = process_run(&command, output, NULL);
	process_says_it = false;
	if (!status)
		explanation = json_load_file(output, 0, NULL);
	phase_end("%s", id);
	free(output);
	return explanation;
}

/* What --explain adds; an empty array if nothing changed beyond the threshold. */
static json_t *explain_changes(const struct comparison *c, const struct compare_options *o)
{
	const struct row *rows[EXPLAINED_MAX + 1];
	size_t n = o->explain ? rows_to_explain(c, rows) : 0;
	json_t *explained = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *one = explain_row(o, rows[i]->rec->id);

		if (one)
			json_array_append_new(explained, one);
	}
	return explained;
}

/* Reads the runs of the quick checks.  Returns STATUS_GOOD, or another status after one error
 * line. */
static int read_checks(struct comparison *checks, const struct compare_options *o,
		       struct behaviour *b)
{
	int status;

	checks->n_sides = 2;
	for (size_t s = 0; s < checks->n_sides; s++)
		if (compare_read_side(&checks->sides[s], o->checks[s]) < 0)
			return STATUS_BROKEN;
	status = compare_refuse(checks, o->force);
	if (status != STATUS_GOOD)
		return status;
	compare_label_sides(checks);
	return find_behaviour(checks, o, b) < 0 ? STATUS_BROKEN : STATUS_GOOD;
}

static int write_mail(const struct comparison *c, const struct behaviour *b,
		      const json_t *explained, const char *path)
{
	FILE *out = open_out(path);

	if (!out)
		return -EIO;
	compare_mail(c, b, explained, out);
	return close_out(path, out);
}

static int write_own(const struct comparison *c, const struct compare_options *o,
		     const struct behaviour *b, json_t *explained, int status)
{
	json_t *json;

	if (o->json) {
		json = compare_json(c, status);
		if (b)
			json_object_set_new(json, "checks", behaviour_json(b, c->forced, status));
		json_object_set(json, "explained", explained);
		if (write_json(json, o->json) < 0)
			return STATUS_BROKEN;
	}
	if ((o->markdown && write_mail(c, b, explained, o->markdown) < 0) ||
	    (o->junit && write_junit(c, o->junit) < 0))
		return STATUS_BROKEN;
	return status;
}

/* The rest of such a comparison, whose numbers were compared with that status. */
static int compare_own(const struct comparison *c, const struct compare_options *o, int status)
{
	bool quiet = is_stdout(o->json) || is_stdout(o->markdown) || is_stdout(o->junit);
	int checked = STATUS_GOOD;
	struct comparison checks = {0};
	struct behaviour b = {0}, *has = o->checks[0] ? &b : NULL;
	json_t *explained = explain_changes(c, o);
	char verdict[512];

	if (has)
		checked = read_checks(&checks, o, &b);
	if (checked == STATUS_GOOD) {
		if (status == STATUS_GOOD && (b.n_regressed || (o->strict && b.n_changes)))
			status = STATUS_FAILED;
		if (!quiet) {
			putchar('\n');
			if (b.n_changes)
				behaviour_print_changes(&b, stdout);
			compare_functions(explained, "", stdout);
			printf("%s\n", compare_verdict(c, has, verdict, sizeof(verdict)));
		}
		status = write_own(c, o, has, explained, status);
	} else {
		status = checked;
	}
	behaviour_free(&b);
	comparison_free(&checks);
	json_decref(explained);
	return status;
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
	if (c->stack_base || c->time || o->states < 2)
		; /* not to be confirmed */
	else if (confirm_differences(c, &o->asked, &o->target, (unsigned int)o->states) < 0)
		return STATUS_BROKEN;
	status = comparison_status(c);
	if (!is_stdout(o->json) && !is_stdout(o->markdown) && !is_stdout(o->junit))
		compare_print(c, o->all, o->width ? (int)o->width : terminal_width());
	if (o->plot_data && plotdata_write_ladder(c, o->plot_data) < 0) {
		msg_error("compare: cannot write into %s: %s", o->plot_data, strerror(errno));
		return STATUS_BROKEN;
	}
	if (o->own)
		return compare_own(c, o, status);
	if ((o->json && write_json(compare_json(c, status), o->json) < 0) ||
	    (o->markdown && write_markdown(c, o) < 0) || (o->junit && write_junit(c, o->junit) < 0))
		return STATUS_BROKEN;
	return status;
}

/* ---- checks -------------------------------------------------------------------------------- */

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
	status = b.n_regressed || (o->strict && b.n_changes) ? STATUS_FAILED : STATUS_GOOD;
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

/* ---- runs and kernels that the user names ---------------------------------------------------- */

/* "A,B": of all of them; NULL if one of them is no run. */
static char *find_runs(const char *words)
{
	char *copy = process_text("%s", words), *rest = copy, *word, *runs = NULL;

	while ((word = strsep(&rest, ","))) {
		char *run = run_dir_find(word), *longer;

		if (!run) {
			free(runs);
			runs = NULL;
			break;
		}
		longer = runs ? process_text("%s,%s", runs, run) : process_text("%s", run);
		free(runs);
		free(run);
		runs = longer;
	}
	free(copy);
	return runs;
}

static bool looks_like_a_kernel(const char *word)
{
	return !strcmp(word, "debian") || !strcmp(word, "newest") ||
	       (*word >= '0' && *word <= '9') || !strncmp(word, "linux-", 6) ||
	       target_is_path(word);
}

static void refuse_measuring(const struct compare_options *o, char *const words[])
{
	const struct measurement *m = &o->asked;
	const char *option = m->quick		    ? "quick"
			     : m->full		    ? "full"
			     : m->workload	    ? "workload"
			     : o->target.modules    ? "modules"
			     : o->target.replaced.n ? "module"
			     : o->base_modules.n    ? "module-base"
			     : o->explain	    ? "explain"
			     : o->no_checks	    ? "no-checks"
			     : o->anew		    ? "anew"
						    : NULL;

	if (option)
		process_quit(STATUS_USAGE,
			     "compare: --%s says how to measure kernels, and %s and %s are runs; "
			     "--stack, --fs and --bench choose what of them is compared",
			     option, words[0], words[1]);
}

static void open_workspace(void)
{
	phase_lines = PHASES_STDERR; /* stdout is the comparison's */
	workspace_open();
	workspace_make_dir("results");
	workspace_setup("run", NULL);
}

/* Refuses what a comparison with a module or build tree cannot have, and chooses what it
 * measures. */
static void vet_own(struct compare_options *o, size_t n)
{
	struct measurement *m = &o->asked;
	bool modules = o->target.replaced.n || o->base_modules.n;

	if (modules && n != 2)
		process_quit(STATUS_USAGE,
			     "compare: --module and --module-base go with one or two "
			     "kernels, got %zu",
			     n);
	if (modules && o->target.kernels.n != n)
		process_quit(STATUS_USAGE, "compare: --module and --module-base replace modules of "
					   "kernels, not of runs");
	o->own = (modules || o->trees.n) && n == 2 && o->target.kernels.n == 2;
	if (o->explain && !o->own)
		process_quit(
			STATUS_USAGE,
			"compare: --explain goes with --module, --module-base or --kernel-tree; "
			"./run.sh explain explains one metric of any two kernels");
	target_vet_modules("module-base", &o->base_modules);
	if (o->own && !m->full && !m->workload)
		m->quick = true;
}

/* Measures a kernel, of a comparison of the user's own with the module of that side and the quick
 * checks. */
static char *measure_side(struct compare_options *o, size_t side, char *kernel)
{
	struct target t = o->target;
	char *run;

	if (o->own && !side)
		t.replaced = o->base_modules;
	run = measure_run_of(&o->asked, &t, kernel, "insn", o->anew);
	if (o->own) {
		o->kernels[side] = kernel;
		if (!o->no_checks)
			o->checks[side] = checks_run_of(&t, kernel, o->anew);
	}
	return run;
}

/* Makes runs of the words that are kernels. */
static void measure_kernels(struct compare_options *o, char *names[], size_t n)
{
	size_t next = 0;

	vet_own(o, n);
	measure_vet(&o->asked);
	target_vet(&o->target, STATUS_USAGE);
	open_workspace();
	for (size_t i = 0; i < n; i++)
		if (!names[i])
			names[i] = measure_side(o, i, o->target.kernels.list[next++]);
}

/* Sets names to the runs to be compared. */
static void find_operands(struct compare_options *o, char *const words[], char *names[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		names[i] = find_runs(words[i]);
		if (names[i])
			continue;
		if (strchr(words[i], ',') || !looks_like_a_kernel(words[i]))
			run_dir_unknown("run or kernel", words[i]);
		command_add(&o->target.kernels, words[i], NULL);
	}
	if (!o->states)
		o->states = o->target.kernels.n ? CHANGE_STATES_DEFAULT : 1;
	if (o->target.kernels.n) {
		measure_kernels(o, names, n);
		return;
	}
	refuse_measuring(o, words);
	if (o->states > 1)
		open_workspace();
}

/* The operands, and the build trees behind them; one kernel with a module is both sides. */
static void add_operands(const struct compare_options *o, int n, char *const argv[],
			 struct words *words)
{
	for (int i = 0; i < n; i++)
		command_add(words, argv[i], NULL);
	for (size_t i = 0; i < o->trees.n; i++) {
		char *tree = options_user_path(o->trees.list[i]);

		if (!target_is_path(tree) || access(tree, F_OK))
			process_quit(STATUS_USAGE, "--kernel-tree %s: no such directory", tree);
		command_add(words, tree, NULL);
		free(tree);
	}
	if (words->n == 1 && (o->target.replaced.n || o->base_modules.n))
		command_add(words, words->list[0], NULL);
}

static int compare_main(int argc, char **argv)
{
	struct compare_options o = {.comparison.thresholds.percent = THRESHOLD_PERCENT,
				    .target.seed = 1,
				    .asked.meter = "insn"};
	struct comparison *c = &o.comparison;
	int status, at = options_parse(&verb_compare, &o, argc, argv);
	char *names[SIDES_MAX] = {0};
	struct words words = {0};

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	add_operands(&o, argc - at, argv + at, &words);
	if (words.n < 2 || words.n > SIDES_MAX) {
		msg_error("compare: expected two to %d runs or kernels, got %d: "
			  "./run.sh compare BASE NEW",
			  SIDES_MAX, argc - at);
		return STATUS_USAGE;
	}
	if (o.thresholds && thresholds_read(o.thresholds, &c->thresholds) < 0)
		return STATUS_USAGE;
	c->n_sides = words.n;
	if (!o.known && !access(RUN_DIR_KNOWN, F_OK))
		o.known = RUN_DIR_KNOWN;
	find_operands(&o, words.list, names, words.n);
	c->only = o.asked.by_hand;
	status = compare(c, &o, names);
	comparison_free(c);
	for (size_t i = 0; i < words.n; i++)
		free(names[i]);
	words_free(&words);
	return status;
}

const struct verb verb_compare = {
	.name = "compare",
	.args = "BASE [NEW...]",
	.why = "compare runs or kernels; measures kernels that were not measured yet",
	.examples = {"compare 6.1 6.12 --quick",
		     "compare 6.1 --module drivers/md/dm-mod.ko --explain"},
	.options = options,
	.operands = INT_MAX,
	.run = compare_main,
	.no_memory = STATUS_BROKEN,
};

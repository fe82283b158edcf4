// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm compare: kernels against each other.
 *
 * Under meter insn numbers are exact: any difference is a difference, and one run of each kernel is
 * enough; the threshold says from where on a change for the worse makes the comparison fail.  Under
 * meter time it takes several runs of each kernel, whose medians go through a rank test; where that
 * shows nothing stands "~".  Runs that differ in more than the kernel are refused.  Of checks,
 * a check that passed and fails now fails the comparison; other changes are printed, suspicious
 * ones first, which fail it with --strict.  Of a module
 * or build tree of the user's own both are compared, the quick ones.
 */
#include "report/compare/compare.h"
#include "cli/driver/command.h"
#include "cli/driver/confirm.h"
#include "cli/driver/explain_changes.h"
#include "cli/driver/page_file.h"
#include "cli/driver/process.h"
#include "cli/driver/run_dir.h"
#include "cli/driver/sides.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/base/terminal.h"
#include "report/checks/behaviour_changes.h"
#include "report/compare/compare_mail.h"
#include "report/compare/compare_show.h"
#include "report/compare/series.h"
#include "report/html/compare_page.h"
#include "report/html/trends_page.h"
#include "report/plots/plotdata.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LADDER_WIDTH = 200 };

struct compare_options {
	struct comparison comparison;
	const char *json, *markdown, *junit, *html, *trends, *thresholds, *known;
	const char *plot_data, *ladder;
	bool all, force, strict;
	int64_t width; /* 0: of the terminal */
	struct sides sides;
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
	OPTION("states", OPTION_NUMBER, offsetof(struct compare_options, sides.states), "N",
	       "confirm differences in up to N initial states of each kernel (kernels: 8; 1: do "
	       "not)",
	       .min = 1, .max = CHANGE_STATES_MAX),
	OPTION("all", OPTION_FLAG, offsetof(struct compare_options, all), NULL,
	       "also show rows that are equal"),
	OPTION("force", OPTION_FLAG, offsetof(struct compare_options, force), NULL,
	       "compare runs that differ in more than the kernel; marks the result"),
	OPTION("strict", OPTION_FLAG, offsetof(struct compare_options, strict), NULL,
	       "checks: fail by suspicious changes, too"),
	OPTION("json", OPTION_PATH, offsetof(struct compare_options, json), "FILE",
	       "write the comparison as JSON (- for stdout)"),
	OPTION("markdown", OPTION_PATH, offsetof(struct compare_options, markdown), "FILE",
	       "write the comparison as Markdown"),
	OPTION("junit", OPTION_PATH, offsetof(struct compare_options, junit), "FILE",
	       "write the comparison as JUnit XML"),
	OPTION("html", OPTION_PATH, offsetof(struct compare_options, html), "FILE",
	       "write the comparison as a page, with the plots of a ladder in its directory"),
	OPTION("trends", OPTION_PATH, offsetof(struct compare_options, trends), "FILE",
	       "three kernels or more: write a page with a line for each metric"),
	OPTION("stack", OPTION_WORDS, offsetof(struct compare_options, sides.asked.by_hand.stacks),
	       "S", "compare only this stack; kernels: measure it"),
	OPTION("fs", OPTION_WORDS,
	       offsetof(struct compare_options, sides.asked.by_hand.filesystems), "F",
	       "compare only this filesystem, e.g. xfs:default; kernels: measure it"),
	OPTION("bench", OPTION_WORDS, offsetof(struct compare_options, sides.asked.by_hand.benches),
	       "GLOB", "compare only these benchmarks and variants; kernels: measure them"),
	OPTION("width", OPTION_NUMBER, offsetof(struct compare_options, width), "COLUMNS",
	       "length of lines (default: width of the terminal)", .min = TERMINAL_WIDTH_MIN,
	       .max = 10000),
	OPTION("quick", OPTION_FLAG, offsetof(struct compare_options, sides.asked.quick), NULL,
	       "kernels: measure the quick workload, same as for bench"),
	OPTION("full", OPTION_FLAG, offsetof(struct compare_options, sides.asked.full), NULL,
	       "kernels: measure everything"),
	OPTION("workload", OPTION_PATH, offsetof(struct compare_options, sides.asked.workload),
	       "FILE", "kernels: measure this workload file"),
	OPTION("fio", OPTION_PATH, offsetof(struct compare_options, sides.asked.fio), "JOB",
	       "kernels: measure this fio job file, same as for bench"),
	OPTION("module", OPTION_WORDS, offsetof(struct compare_options, sides.target.replaced),
	       "FILE.ko",
	       "kernels: put this module into NEW; with one kernel NEW is that kernel with it"),
	OPTION("module-base", OPTION_WORDS, offsetof(struct compare_options, sides.base_modules),
	       "FILE.ko", "kernels: put this module into BASE"),
	OPTION("kernel-tree", OPTION_WORDS, offsetof(struct compare_options, sides.trees), "DIR",
	       "a kernel to compare: that of this build tree, with its modules"),
	OPTION("no-checks", OPTION_FLAG, offsetof(struct compare_options, sides.no_checks), NULL,
	       "do not compare the quick checks of a module or a build tree"),
	OPTION("explain", OPTION_FLAG, offsetof(struct compare_options, sides.explain), NULL,
	       "with a module or a build tree: show the functions that changed"),
	TARGET_GUEST_OPTIONS(struct compare_options, sides.target),
	OPTION("modules", OPTION_PATH, offsetof(struct compare_options, sides.target.modules),
	       "DIR", "the modules of a kernel that is PATH/bzImage"),
	OPTION("anew", OPTION_FLAG, offsetof(struct compare_options, sides.anew), NULL,
	       "kernels: measure even if a suitable run exists"),
	OPTION("plot-data", OPTION_TEXT, offsetof(struct compare_options, plot_data), "DIR",
	       "write what plot/plot.sh --data draws from", .internal = true),
	OPTION("ladder", OPTION_TEXT, offsetof(struct compare_options, ladder), "DIR",
	       "write table, plots of --plot-data and pages of a ladder", .internal = true),
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

static bool is_stdout(const char *path)
{
	return path && !strcmp(path, "-");
}

/* Whether stdout is one of the files to write. */
static bool is_quiet(const struct compare_options *o)
{
	return is_stdout(o->json) || is_stdout(o->markdown) || is_stdout(o->junit);
}

static int write_markdown(const struct comparison *c, const struct compare_options *o,
			  const struct behaviour *b, const json_t *explained)
{
	FILE *out = open_out(o->markdown);

	if (!out)
		return -EIO;
	if (o->sides.own)
		compare_mail(c, b, explained, out);
	else
		compare_markdown(c, o->all, out);
	return close_out(o->markdown, out);
}

static int write_check_markdown(const struct behaviour *b, const char *path)
{
	FILE *out = open_out(path);

	if (!out)
		return -EIO;
	behaviour_markdown(b, out);
	return close_out(path, out);
}

/* c is NULL for checks alone. */
static int write_junit(const struct comparison *c, const struct behaviour *b, const char *path)
{
	FILE *out = open_out(path);

	if (!out)
		return -EIO;
	if (c)
		compare_junit(c, b, out);
	else
		compare_junit_checks(b, out);
	return close_out(path, out);
}

/* What a page is of; b alone if c is NULL. */
struct page_of {
	const struct comparison *c;
	const struct behaviour *b;
	const json_t *explained;
	bool all, forced;
};

static int put_html(const struct page_of *p, const char *dir, FILE *out)
{
	return p->c ? compare_page_write(p->c, p->b, p->explained, p->all, dir, out)
		    : compare_page_write_checks(p->b, p->forced, out);
}

static int put_trends(const struct page_of *p, const char *dir, FILE *out)
{
	(void)dir;
	return trends_page_write(p->c, out);
}

static int write_page(const char *path, const struct page_of *p,
		      int (*put)(const struct page_of *, const char *dir, FILE *out))
{
	char *name = memory_check(strdup(path)), *slash = name ? strrchr(name, '/') : NULL;
	const char *dir = slash == name ? "/" : slash ? name : ".";
	struct page_file f;
	int status;

	if (slash)
		*slash = '\0';
	f = page_file_open(dir, slash ? slash + 1 : name);
	status = page_file_close(&f, "compare", f.out ? put(p, dir, f.out) : 0);
	free(name);
	return status ? -EIO : 0;
}

/* Writes the files asked for.  b and explained are what a comparison of the user's own adds, or
 * NULL.  Returns status, or STATUS_BROKEN after an error line. */
static int write_files(const struct comparison *c, const struct compare_options *o,
		       const struct behaviour *b, json_t *explained, int status)
{
	const struct page_of page = {
		.c = c, .b = b, .explained = explained, .all = o->all, .forced = c->forced};
	json_t *json;

	if (o->json) {
		json = compare_json(c, status);
		if (b)
			json_object_set_new(json, "checks", behaviour_json(b, c->forced, status));
		if (explained)
			json_object_set(json, "explained", explained);
		if (write_json(json, o->json) < 0)
			return STATUS_BROKEN;
	}
	if ((o->markdown && write_markdown(c, o, b, explained) < 0) ||
	    (o->junit && write_junit(c, b, o->junit) < 0) ||
	    (o->html && write_page(o->html, &page, put_html) < 0) ||
	    (o->trends && write_page(o->trends, &page, put_trends) < 0))
		return STATUS_BROKEN;
	return status;
}

/* ---- a ladder ------------------------------------------------------------------------------- */

static int draw_plots(const struct compare_options *o)
{
	struct words command = {0};

	command_add(&command, place("plot/plot.sh"), "--data", o->plot_data, o->ladder, NULL);
	return process_run(&command, "&2", NULL);
}

static int write_table(const struct comparison *c, const struct compare_options *o)
{
	struct page_file f = page_file_open(o->ladder, "ladder.txt");

	if (f.out)
		compare_print(c, o->all, LADDER_WIDTH, f.out);
	return page_file_close(&f, "compare", f.out && ferror(f.out) ? -EIO : 0);
}

/* The table, the plots and the pages, which hold them.  Plots that cannot be drawn keep nothing
 * else from being written.  Returns status, or another one after an error line. */
static int write_ladder(const struct comparison *c, const struct compare_options *o, int status)
{
	char *html = process_text("%s/ladder.html", o->ladder);
	char *trends = process_text("%s/trends.html", o->ladder);
	struct compare_options pages = {.html = html, .trends = c->n_sides > 2 ? trends : NULL};
	int drawn = STATUS_GOOD;

	if (write_table(c, o))
		status = STATUS_BROKEN;
	if (status != STATUS_BROKEN) {
		drawn = draw_plots(o);
		status = write_files(c, &pages, NULL, NULL, status);
	}
	free(html);
	free(trends);
	return drawn ? drawn : status;
}

/* ---- a module or a kernel of the user's own -------------------------------------------------- */

static int find_behaviour(const struct comparison *c, const struct compare_options *o,
			  struct behaviour *b)
{
	b->strict = o->strict;
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

/* Reads the runs of the quick checks.  Returns STATUS_GOOD, or another status after one error
 * line. */
static int read_checks(struct comparison *checks, const struct compare_options *o,
		       struct behaviour *b)
{
	int status;

	checks->n_sides = 2;
	for (size_t s = 0; s < checks->n_sides; s++)
		if (compare_read_side(&checks->sides[s], o->sides.checks[s]) < 0)
			return STATUS_BROKEN;
	status = compare_refuse(checks, o->force);
	if (status != STATUS_GOOD)
		return status;
	compare_label_sides(checks);
	return find_behaviour(checks, o, b) < 0 ? STATUS_BROKEN : STATUS_GOOD;
}

/* The rest of such a comparison, whose numbers were compared with that status. */
static int compare_own(const struct comparison *c, const struct compare_options *o, int status)
{
	int checked = STATUS_GOOD;
	struct comparison checks = {0};
	struct behaviour b = {0}, *has = o->sides.checks[0] ? &b : NULL;
	json_t *explained = o->sides.explain ? explain_changes(c, &o->sides) : json_array();
	char verdict[512];

	if (has)
		checked = read_checks(&checks, o, &b);
	if (checked == STATUS_GOOD) {
		if (status == STATUS_GOOD && behaviour_fails(&b))
			status = STATUS_FAILED;
		if (!is_quiet(o)) {
			putchar('\n');
			if (b.n_changes)
				behaviour_print_changes(&b, stdout);
			compare_functions(explained, "", stdout);
			printf("%s\n", compare_verdict(c, has, verdict, sizeof(verdict)));
		}
		status = write_files(c, o, has, explained, status);
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
	bool as_measured = true;
	int status, rc = 0;

	if (comparison_build(c) < 0) {
		msg_error("compare: out of memory");
		return STATUS_BROKEN;
	}
	if (o->trends && c->n_sides < 3) {
		msg_error("compare: --trends needs three kernels or more, got %zu", c->n_sides);
		return STATUS_USAGE;
	}
	if (!count_common(c)) {
		msg_error("compare: the runs have no metric in common%s%s%s",
			  c->stack_base ? " on stack " : "", c->stack_base ? c->stack_base : "",
			  is_choice(&c->only) ? " of those that --stack, --fs and --bench choose"
					      : "");
		return STATUS_NOT_COMPARABLE;
	}
	if (!c->stack_base && !c->time && o->sides.states > 1) {
		rc = confirm_differences(c, &o->sides.asked, &o->sides.target,
					 (unsigned int)o->sides.states);
		as_measured = rc == CONFIRM_IMPOSSIBLE;
	}
	if (rc < 0)
		return STATUS_BROKEN;
	if (as_measured)
		comparison_judge_as_measured(c);
	if (c->series)
		status = c->series->n_failures ? STATUS_FAILED : STATUS_GOOD;
	else
		status = comparison_status(c);
	if (!is_quiet(o))
		compare_print(c, o->all, o->width ? (int)o->width : terminal_width(), stdout);
	if (o->plot_data && plotdata_write_ladder(c, o->plot_data) < 0) {
		msg_error("compare: cannot write into %s: %s", o->plot_data, strerror(errno));
		return STATUS_BROKEN;
	}
	if (o->ladder)
		return write_ladder(c, o, status);
	return o->sides.own ? compare_own(c, o, status) : write_files(c, o, NULL, NULL, status);
}

/* ---- checks -------------------------------------------------------------------------------- */

/* Prints and writes what changed.  Returns a status. */
static int show_checks(const struct behaviour *b, bool forced, const struct compare_options *o)
{
	int status = behaviour_fails(b) ? STATUS_FAILED : STATUS_GOOD;

	if (!is_quiet(o)) {
		if (forced)
			puts(compare_forced_text);
		printf("%zu promises that were kept are broken now; %zu verdicts and observations "
		       "changed, %zu of them suspicious\n",
		       b->n_regressed, b->n_changes, b->n_suspicious);
		behaviour_print_counts(b, stdout);
		behaviour_print_changes(b, stdout);
	}
	if ((o->json && write_json(behaviour_json(b, forced, status), o->json) < 0) ||
	    (o->markdown && write_check_markdown(b, o->markdown) < 0) ||
	    (o->junit && write_junit(NULL, b, o->junit) < 0) ||
	    (o->html &&
	     write_page(o->html, &(struct page_of){.b = b, .forced = forced}, put_html) < 0))
		return STATUS_BROKEN;
	return status;
}

static int refuse_choice(const struct comparison *c)
{
	if (!is_choice(&c->only) && !c->stack_base)
		return STATUS_GOOD;
	msg_error("compare: --stack, --stacks, --fs and --bench choose among metrics; runs of "
		  "checks have none");
	return STATUS_USAGE;
}

static int compare_checks(const struct comparison *c, const struct compare_options *o)
{
	struct behaviour b = {0};
	int status = refuse_choice(c);

	if (status == STATUS_GOOD)
		status = find_behaviour(c, o, &b) < 0 ? STATUS_BROKEN
						      : show_checks(&b, c->forced, o);
	behaviour_free(&b);
	return status;
}

/* One run of checks in memory at a time. */
static int compare_many_checks(const struct comparison *c, const struct compare_options *o)
{
	struct behaviour b = {.strict = o->strict};
	bool forced = false;
	int status = refuse_choice(c);

	if (status == STATUS_GOOD)
		status = series_read_checks(&b, o->sides.runs, o->sides.n, o->known, o->force,
					    &forced);
	if (status == STATUS_GOOD && behaviour_find(&b) < 0) {
		msg_error("compare: out of memory");
		status = STATUS_BROKEN;
	}
	if (status == STATUS_GOOD)
		status = show_checks(&b, forced, o);
	behaviour_free(&b);
	return status;
}

/* ---- the verb ------------------------------------------------------------------------------ */

static int compare_sides(struct comparison *c, const struct compare_options *o)
{
	int status;

	for (; c->n_sides < o->sides.n; c->n_sides++)
		if (compare_read_side(&c->sides[c->n_sides], o->sides.runs[c->n_sides]) < 0) {
			c->n_sides++;
			return STATUS_BROKEN;
		}
	status = compare_refuse(c, o->force);
	if (status != STATUS_GOOD)
		return status;
	compare_label_sides(c);
	return c->sides[0].runs[0].context.checks ? compare_checks(c, o) : compare_numbers(c, o);
}

/* More kernels than a table has columns. */
static int compare_series(struct comparison *c, const struct compare_options *o)
{
	struct series series = {0};
	int status;

	if (c->stack_base) {
		msg_error("compare: --stacks is for up to %d runs, got %zu", COMPARE_COLUMNS_MAX,
			  o->sides.n);
		return STATUS_USAGE;
	}
	status = series_read(&series, c, o->sides.runs, o->sides.n, o->force);
	if (status != STATUS_GOOD && status != STATUS_FAILED)
		goto out;
	c->series = &series;
	c->forced = series.forced;
	for (size_t i = 0; i < series.n_shown; i++) {
		struct side *side = &c->sides[c->n_sides++];

		if (compare_read_side(side, o->sides.runs[series.shown[i]]) < 0) {
			status = STATUS_BROKEN;
			goto out;
		}
		snprintf(side->label, sizeof(side->label), "%s",
			 series.kernels[series.shown[i]].label);
	}
	status = compare_numbers(c, o);
out:
	c->series = NULL;
	series_free(&series);
	return status;
}

static int compare(struct comparison *c, const struct compare_options *o)
{
	struct side first = {0};
	bool checks;

	if (o->sides.n <= COMPARE_COLUMNS_MAX)
		return compare_sides(c, o);
	if (compare_read_side(&first, o->sides.runs[0]) < 0)
		return STATUS_BROKEN;
	checks = first.runs[0].context.checks;
	compare_free_side(&first);
	return checks ? compare_many_checks(c, o) : compare_series(c, o);
}

static int compare_main(int argc, char **argv)
{
	struct compare_options o = {.comparison.thresholds.percent = THRESHOLD_PERCENT,
				    .sides.target.seed = 1,
				    .sides.asked.meter = "insn"};
	struct comparison *c = &o.comparison;
	int status, at = options_parse(&verb_compare, &o, argc, argv);

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (o.thresholds && thresholds_read(o.thresholds, &c->thresholds) < 0)
		return STATUS_USAGE;
	measure_vet_filesystems(&o.sides.asked.by_hand.filesystems);
	if (!o.known && !access(RUN_DIR_KNOWN, F_OK))
		o.known = RUN_DIR_KNOWN;
	sides_find(&o.sides, argc - at, argv + at);
	c->only = o.sides.asked.by_hand;
	status = compare(c, &o);
	comparison_free(c);
	sides_free(&o.sides);
	return status;
}

const struct verb verb_compare = {
	.name = "compare",
	.args = "[BASE [NEW...]]",
	.why = "compare runs or kernels; measures kernels that were not measured yet",
	.examples = {"compare 6.1 6.12 --quick",
		     "compare 6.1 --module drivers/md/dm-mod.ko --explain"},
	.options = options,
	.operands = INT_MAX,
	.run = compare_main,
	.no_memory = STATUS_BROKEN,
};

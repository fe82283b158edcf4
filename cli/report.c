// SPDX-License-Identifier: GPL-2.0-only
/* daxdm report: a run as a table, as sentences, as a page, and as data for plots. */
#include "cli/driver/command.h"
#include "cli/driver/ladder.h"
#include "cli/driver/page_file.h"
#include "cli/driver/phase.h"
#include "cli/driver/run_dir.h"
#include "cli/driver/workspace.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/base/terminal.h"
#include "report/checks/check_run.h"
#include "report/compare/state_ranges.h"
#include "report/findings/report_text.h"
#include "report/html/checks_page.h"
#include "report/html/run_page.h"
#include "report/plots/plotdata.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct report_options {
	const char *plot_data, *output;
	bool quiet, no_html, no_plots, verbose;
	bool checks; /* found out: it is a run of checks */
	int64_t width;
};

static const struct option_spec options[] = {
	OPTION("no-html", OPTION_FLAG, offsetof(struct report_options, no_html), NULL,
	       "write neither report.html nor plots"),
	OPTION("no-plots", OPTION_FLAG, offsetof(struct report_options, no_plots), NULL,
	       "draw no plots"),
	OPTION("verbose", OPTION_FLAG, offsetof(struct report_options, verbose), NULL,
	       "print every row and finding"),
	OPTION("width", OPTION_NUMBER, offsetof(struct report_options, width), "COLUMNS",
	       "length of lines (default: width of the terminal)", .min = TERMINAL_WIDTH_MIN,
	       .max = 10000),
	OPTION("output", OPTION_TEXT, offsetof(struct report_options, output), "DIR",
	       "write report.html to DIR, with the plots that are there", .internal = true),
	OPTION("plot-data", OPTION_TEXT, offsetof(struct report_options, plot_data), "DIR",
	       "write the data and titles of the plots to DIR, and nothing else", .internal = true),
	OPTION("quiet", OPTION_FLAG, offsetof(struct report_options, quiet), NULL,
	       "write report.html, and print no table", .internal = true),
	{0},
};

/* What to do next, with the run as it was named. */
static void print_next(const char *dir, bool is_whole, const char *page)
{
	const char *name = strncmp(dir, "results/", 8) ? dir : dir + 8;
	const char *published = place("results/published/");

	if (place_is_installed() && !strncmp(dir, published, strlen(published)))
		name = dir + strlen(published);
	if (!is_whole)
		printf("Every row and finding: %s report --verbose %s\n", place_command(), name);
	if (page)
		printf("Page: %s/report.html\n", page);
	printf("Against another run: %s compare %s RUN\n", place_command(), name);
}

/* Returns an exit status. */
static int write_pages(const struct tables *tables, const char *dir)
{
	struct page_file f = page_file_open(dir, "statistics.html");
	int rc = f.out ? run_page_write_statistics(tables, f.out) : 0;
	int status = page_file_close(&f, "report", rc);

	if (status)
		return status;
	f = page_file_open(dir, "report.html");
	rc = f.out ? run_page_write(tables, dir, f.out) : 0;
	return page_file_close(&f, "report", rc);
}

/* A run of checks has no numbers: what its checks came to is its report. */
static int report_checks(struct run *run, const struct report_options *opts)
{
	const struct run_context *c = &run->context;
	struct verdicts *v;
	int status = STATUS_GOOD;

	if (opts->plot_data) {
		msg_error("report: %s is a run of checks; there is nothing to plot", run->path);
		return STATUS_USAGE;
	}
	v = check_run_judge(run, NULL, NULL, NULL);
	if (!v)
		return STATUS_BROKEN;
	if (!opts->quiet) {
		printf("kernel: %s\n", c->kernel);
		printf("seed: %lld\n", (long long)c->seed);
		verdicts_sum(v, stdout, "");
		check_run_observations(run, stdout, "");
	}
	verdicts_finish(v, NULL);
	if (opts->output) {
		struct page_file f = page_file_open(opts->output, "report.html");

		status = page_file_close(&f, "report", f.out ? checks_page_write(run, f.out) : 0);
	}
	if (!status && opts->output && !opts->quiet)
		printf("Page: %s/report.html\n", opts->output);
	return status;
}

/* What several initial states of the kernel show, if they were measured. */
static int say_states(const char *dir, const struct report_options *opts)
{
	struct printer lines = {.out = stdout,
				.width = opts->width ? (int)opts->width : terminal_width(),
				.bullet = ""};

	return state_ranges_say(dir, opts->verbose, terminal_print_sentence, &lines);
}

static int report_numbers(const char *dir, const struct run *run, const struct report_options *opts)
{
	struct tables tables = {.raw = -1};
	struct over_states states;
	const char *page = NULL;
	bool is_whole = true;
	struct stat st;
	int status = STATUS_GOOD, rc = 0;

	if (over_states_read(run, &states) < 0 || tables_build_over(&states, &tables) < 0) {
		msg_error("report: %s: out of memory", run->path);
		status = STATUS_BROKEN;
	} else if (opts->plot_data) {
		rc = plotdata_write(&tables, opts->plot_data);
	} else {
		if (!opts->quiet)
			is_whole = report_text(&tables,
					       opts->width ? (int)opts->width : terminal_width(),
					       opts->verbose, stdout);
		if (!opts->quiet && run_is_complete(run) && say_states(dir, opts) < 0)
			status = STATUS_BROKEN;
		/* A bare file has no directory of its own to put a page into. */
		if (opts->output)
			page = opts->output;
		else if (!opts->no_html && !stat(dir, &st) && S_ISDIR(st.st_mode))
			page = dir;
		if (page)
			status = status ? status : write_pages(&tables, page);
		if (!opts->quiet && !status)
			print_next(dir, is_whole, page);
	}
	if (rc < 0) {
		msg_error("report: cannot write plot data to %s: %s", opts->plot_data,
			  strerror(-rc));
		status = STATUS_BROKEN;
	}
	tables_free(&tables);
	over_states_free(&states);
	return status;
}

static int report(const char *dir, struct report_options *opts)
{
	struct run run;
	char why[512];
	int status = STATUS_BROKEN, rc = run_read(dir, &run, why, sizeof(why));

	if (rc < 0)
		msg_error("report: %s", why);
	else if ((opts->checks = run.context.checks))
		status = report_checks(&run, opts);
	else
		status = report_numbers(dir, &run, opts);
	if (status == STATUS_GOOD && !run_is_complete(&run)) {
		msg_error("report: %s is %s; %s", run.path,
			  run.ended ? "broken (by its end line)" : "incomplete (no end line)",
			  run.context.checks ? "run it again"
					     : "measure again for numbers to rely on");
		status = STATUS_BROKEN;
	}
	run_free(&run);
	return status;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static bool has_file(const char *dir, const char *name)
{
	char *path = process_text("%s/%s", dir, name);
	bool has = !access(path, F_OK);

	free(path);
	return has;
}

static int print_file(const char *dir, const char *name)
{
	char *path = process_text("%s/%s", dir, name), block[4096];
	FILE *in = fopen(path, "re");
	size_t n;

	if (!in)
		process_quit(STATUS_BROKEN, "cannot read %s: %s", path, strerror(errno));
	while ((n = fread(block, 1, sizeof(block), in)) > 0)
		fwrite(block, 1, n, stdout);
	fclose(in);
	free(path);
	return STATUS_GOOD;
}

static int report_explanation(const char *dir)
{
	char *page = run_dir_page(dir);
	int status = explain_page_file(dir, page, "report");

	if (!status)
		printf("Page: %s/explain.html\n", page);
	free(page);
	return status;
}

static int draw_plots(const char *dir, const char *page)
{
	struct words command = {0};

	/* A verb that runs report has installed it. */
	if (getenv("DAXDM_FROM"))
		workspace_setup("plot", NULL);
	command_add(&command, place("plot/plot.sh"), dir, strcmp(dir, page) ? page : NULL, NULL);
	return process_run(&command, NULL, NULL);
}

/* A run of benchmarks or checks, its page and its plots. */
static int report_run(const char *dir, struct report_options *o)
{
	struct stat st;
	bool is_dir = !stat(dir, &st) && S_ISDIR(st.st_mode);
	bool draws = is_dir && !o->no_html && !o->no_plots && !access(place("plot/plot.sh"), X_OK);
	char *page = NULL;
	int status;

	if (is_dir && !o->no_html && !o->output) {
		page = run_dir_page(dir);
		o->output = page;
	}
	status = report(dir, o);
	if (status == STATUS_GOOD && draws && page && !o->checks)
		status = draw_plots(dir, page);
	if (status == STATUS_GOOD && is_dir && page && strcmp(page, dir))
		printf("report.html %s in %s/\n", o->checks ? "is" : "and plots are", page);
	if (status == STATUS_GOOD && is_dir)
		printf("results are in %s/\n", dir);
	free(page);
	return status;
}

static int report_main(int argc, char **argv)
{
	struct report_options o = {0};
	int status, at = options_parse(&verb_report, &o, argc, argv);
	bool may_write;
	char *dir;

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (argc - at != 1) {
		msg_error("report: expected one run, got %d: ./run.sh report RUN", argc - at);
		return STATUS_USAGE;
	}
	phase_lines = PHASES_NONE;
	may_write = !workspace_is_read_only() || !getenv("DAXDM_FROM");
	dir = run_dir_find_or_exit(argv[at]);
	if (o.plot_data || o.quiet) {
		status = report(dir, &o);
	} else if (has_file(dir, "explain.txt")) {
		status = print_file(dir, "explain.txt");
		if (!status && may_write && !o.no_html)
			status = report_explanation(dir);
	} else if (has_file(dir, "kernels.tsv") && !may_write) {
		status = print_file(dir, "ladder.txt");
	} else if (has_file(dir, "kernels.tsv")) {
		workspace_open();
		workspace_setup("plot", NULL);
		status = ladder_show(dir);
	} else {
		o.no_html |= !may_write;
		status = report_run(dir, &o);
	}
	free(dir);
	return status;
}

const struct verb verb_report = {
	.name = "report",
	.args = "RUN",
	.why = "print a run again; of benchmarks, draw its plots, too",
	.examples = {"report 6.1.0-56-insn-20260131T120000",
		     "report results/published/linux-6.1.0-56-insn"},
	.options = options,
	.operands = 1,
	.run = report_main,
	.no_memory = STATUS_BROKEN,
};

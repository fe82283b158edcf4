// SPDX-License-Identifier: GPL-2.0-only
/* daxdm report: a run as a table, as sentences, as a page, and as data for plots. */
#include "cli/cli.h"
#include "lib/base/msg.h"
#include "lib/base/number.h"
#include "lib/base/terminal.h"
#include "report/checks/check_run.h"
#include "report/findings/report_text.h"
#include "report/html/html.h"
#include "report/plots/plotdata.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct report_options {
	const char *plot_data, *output;
	bool quiet, no_html, verbose;
	int width;
};

static int set_plot_data(void *opts, const char *value)
{
	((struct report_options *)opts)->plot_data = value;
	return 0;
}

static int set_output(void *opts, const char *value)
{
	((struct report_options *)opts)->output = value;
	return 0;
}

static int set_quiet(void *opts, const char *value)
{
	(void)value;
	((struct report_options *)opts)->quiet = true;
	return 0;
}

static int set_no_html(void *opts, const char *value)
{
	(void)value;
	((struct report_options *)opts)->no_html = true;
	return 0;
}

static int set_verbose(void *opts, const char *value)
{
	(void)value;
	((struct report_options *)opts)->verbose = true;
	return 0;
}

static int set_width(void *opts, const char *value)
{
	int64_t width;

	if (number_parse(value, TERMINAL_WIDTH_MIN, 10000, &width) < 0) {
		msg_error("report: --width %s: a number of columns from %d to 10000 is needed",
			  value, TERMINAL_WIDTH_MIN);
		return -EINVAL;
	}
	((struct report_options *)opts)->width = (int)width;
	return 0;
}

static const struct option_spec options[] = {
	{"plot-data", "DIR", "write the data and titles of the plots to DIR, and nothing else",
	 set_plot_data},
	{"output", "DIR",
	 "write report.html to DIR, with the plots that are there, not into the run", set_output},
	{"no-html", NULL, "do not write report.html into the run", set_no_html},
	{"verbose", NULL, "print every row and finding, however many lines that takes",
	 set_verbose},
	{"quiet", NULL, "print no table (report.html is still written)", set_quiet},
	{"width", "COLUMNS", "lines no longer than this (default: the terminal's width)",
	 set_width},
	{NULL, NULL, NULL, NULL},
};

/* What to do next, with the run as it was named. */
static void print_next(const char *dir, bool is_whole, const char *page)
{
	const char *name = strncmp(dir, "results/", 8) ? dir : dir + 8;

	if (!is_whole)
		printf("Every row and finding: ./run.sh report --verbose %s\n", name);
	if (page)
		printf("Page: %s/report.html\n", page);
	printf("Against another run: ./run.sh compare %s RUN\n", name);
}

/* The page appears whole or not at all.  Returns an exit status. */
static int write_page(const struct tables *tables, const char *dir)
{
	char *path = NULL, *temp = NULL;
	FILE *out = NULL;
	int rc = -ENOMEM;

	if (asprintf(&path, "%s/report.html", dir) < 0)
		path = NULL;
	if (asprintf(&temp, "%s/.report.html.%d", dir, (int)getpid()) < 0)
		temp = NULL;
	if (!path || !temp)
		goto out;
	out = fopen(temp, "we");
	if (!out) {
		rc = -errno;
		goto out;
	}
	rc = html_write(tables, dir, out);
	if (fclose(out) && !rc)
		rc = -errno;
	if (!rc && rename(temp, path) < 0)
		rc = -errno;
	if (rc)
		unlink(temp);
out:
	if (rc)
		msg_error("report: cannot write %s: %s; --no-html does without it",
			  path ? path : dir, strerror(-rc));
	free(path);
	free(temp);
	return rc ? STATUS_BROKEN : STATUS_GOOD;
}

/* A run of checks has no numbers: what its checks came to is its report. */
static int report_checks(struct run *run, const struct report_options *opts)
{
	const struct run_context *c = &run->context;
	struct verdicts *v;

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
	return STATUS_GOOD;
}

static int report_numbers(const char *dir, const struct run *run, const struct report_options *opts)
{
	struct tables tables = {.raw = -1};
	const char *page = NULL;
	bool is_whole = true;
	struct stat st;
	int status = STATUS_GOOD, rc = 0;

	if (tables_build(run, &tables) < 0) {
		msg_error("report: %s: out of memory", run->path);
		status = STATUS_BROKEN;
	} else if (opts->plot_data) {
		rc = plotdata_write(&tables, opts->plot_data);
	} else {
		if (!opts->quiet)
			is_whole =
				report_text(&tables, opts->width ? opts->width : terminal_width(),
					    opts->verbose, stdout);
		/* A bare file has no directory of its own to put a page into. */
		if (opts->output)
			page = opts->output;
		else if (!opts->no_html && !stat(dir, &st) && S_ISDIR(st.st_mode))
			page = dir;
		if (page)
			status = write_page(&tables, page);
		if (!opts->quiet && !status)
			print_next(dir, is_whole, page);
	}
	if (rc < 0) {
		msg_error("report: cannot write plot data to %s: %s", opts->plot_data,
			  strerror(-rc));
		status = STATUS_BROKEN;
	}
	tables_free(&tables);
	return status;
}

static int report(const char *dir, const struct report_options *opts)
{
	struct run run;
	char why[512];
	int status = STATUS_BROKEN, rc = run_read(dir, &run, why, sizeof(why));

	if (rc < 0)
		msg_error("report: %s", why);
	else if (run.context.checks)
		status = report_checks(&run, opts);
	else
		status = report_numbers(dir, &run, opts);
	if (status == STATUS_GOOD && !run_is_complete(&run)) {
		msg_error("report: %s is %s; %s", run.path,
			  run.ended ? "broken (its end says so)" : "incomplete (it has no end)",
			  run.context.checks ? "run it again"
					     : "measure again for numbers to rely on");
		status = STATUS_BROKEN;
	}
	run_free(&run);
	return status;
}

static int report_main(int argc, char **argv)
{
	struct report_options opts = {0};
	int at = options_parse(&verb_report, options, &opts, argc, argv);

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (argc - at != 1) {
		msg_error("report: needs one run, a directory under results/; got %d", argc - at);
		return STATUS_USAGE;
	}
	return report(argv[at], &opts);
}

const struct verb verb_report = {
	.name = "report",
	.args = "RUNDIR",
	.why = "print a run: table, findings and report.html, or what its checks came to",
	.run = report_main,
	.no_memory = STATUS_BROKEN,
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm publish: draws the plots and writes the pages of all published runs, ladders and
 * explanations, and an index of them, for any web server or none.
 */
#include "cli/driver/command.h"
#include "cli/driver/ladder.h"
#include "cli/driver/page_file.h"
#include "cli/driver/phase.h"
#include "cli/driver/process.h"
#include "cli/driver/run_dir.h"
#include "cli/driver/workspace.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "report/checks/bug_mail.h"
#include "report/checks/check_run.h"
#include "report/html/behaviour_page.h"
#include "report/html/bugs_page.h"
#include "report/html/site_page.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char site[] = BUG_MATRIX_PUBLISHED;

/* The PNGs are for pages elsewhere; the site has the SVGs. */
static void remove_pngs(const char *dir)
{
	char *pattern = process_text("%s/*.png", dir);
	glob_t files = {0};

	if (!glob(pattern, 0, NULL, &files))
		for (size_t i = 0; i < files.gl_pathc; i++)
			unlink(files.gl_pathv[i]);
	globfree(&files);
	free(pattern);
}

static int publish_run(const char *dir)
{
	struct words command = {0};
	char *output = workspace_path("publish");
	int status;

	command_add(&command, place("plot/plot.sh"), dir, NULL);
	/* A run may have nothing to draw; a failure says why in its last line. */
	status = process_run(&command, "/dev/null", output);
	if (status) {
		char *why = workspace_last_line(output);

		msg_error("publish: %s: %s", dir, why ? why : "no reason given");
		free(why);
	}
	free(output);
	return status;
}

static int publish_checks(const char *dir)
{
	struct words command = {0};

	command_add(&command, place("build/daxdm"), "report", "--quiet", "--output", dir, dir,
		    NULL);
	return process_run(&command, NULL, NULL);
}

/* One folder of the site.  Returns an exit status. */
static int publish(const char *dir)
{
	int status = STATUS_GOOD;

	switch (site_kind(dir)) {
	case SITE_RUN:
		status = publish_run(dir);
		break;
	case SITE_CHECKS:
		status = publish_checks(dir);
		break;
	case SITE_LADDER:
		status = ladder_publish(dir);
		break;
	case SITE_EXPLANATION:
		status = explain_page_file(dir, dir, "publish");
		break;
	case SITE_OTHER:
		break;
	}
	remove_pngs(dir);
	return status;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strverscmp((*a)->d_name, (*b)->d_name);
}

static int publish_all(void)
{
	struct dirent **entries;
	int n = scandir(site, &entries, NULL, by_name), status = STATUS_GOOD;

	if (n < 0)
		process_quit(STATUS_BROKEN, "publish: cannot read %s: %s", site, strerror(errno));
	for (int i = 0; i < n; i++) {
		char *dir = process_text("%s/%s", site, entries[i]->d_name);

		if (entries[i]->d_name[0] != '.' && !status) {
			status = publish(dir);
			if (!status && site_kind(dir) != SITE_OTHER)
				printf("%s\n", dir);
		}
		free(dir);
		free(entries[i]);
	}
	free(entries);
	return status;
}

/* The report of a bug, as a mail. */
static int publish_mail(const struct known_bug *bug, const struct bug_matrix *m)
{
	char *dir = process_text("%s/bugs", site), *name = process_text("%s.mail.txt", bug->name);
	struct page_file f;
	int rc = 0;

	workspace_make_dir(dir);
	f = page_file_open(dir, name);
	if (f.out)
		rc = bug_mail_print(bug, m, RUN_DIR_KNOWN, site, f.out);
	free(dir);
	free(name);
	return page_file_close(&f, "publish", rc);
}

static int publish_bugs(void)
{
	struct known *known = NULL;
	struct bug_matrix m = {0};
	int status = STATUS_BROKEN;
	struct page_file f;

	if (known_read(RUN_DIR_KNOWN, &known) < 0 || bug_matrix_read(site, &m) < 0)
		goto out;
	status = STATUS_GOOD;
	if (!m.n)
		goto out;
	for (size_t i = 0; known_at(known, i) && !status; i++)
		status = publish_mail(known_at(known, i), &m);
	if (status)
		goto out;
	f = page_file_open(site, "bugs.html");
	status =
		page_file_close(&f, "publish", f.out ? bugs_page_write(&m, known, site, f.out) : 0);
out:
	bug_matrix_free(&m);
	known_free(known);
	return status;
}

/* ---- the same checks on several kernels ----------------------------------------------------- */

struct checks_run {
	struct run run;
	struct kernel_version version;
	char label[BUG_KERNEL_CHARS];
};

static int by_kernel(const void *a, const void *b)
{
	return kernel_version_compare(&((const struct checks_run *)a)->version,
				      &((const struct checks_run *)b)->version);
}

/* Reads the runs of checks of the site, by kernel; if there are too many the last ones, and
 * *left_out gets the number of the others.  Returns how many, or -1 after one error line. */
static int read_checks_runs(struct checks_run runs[BEHAVIOUR_PAGE_RUNS_MAX], size_t *left_out)
{
	struct dirent **entries;
	int found = scandir(site, &entries, NULL, by_name), n = 0;

	for (int i = found - 1; i >= 0; i--) {
		char *dir = process_text("%s/%s", site, entries[i]->d_name), version[64];
		bool is = n >= 0 && entries[i]->d_name[0] != '.' && site_kind(dir) == SITE_CHECKS;

		if (is && n == BEHAVIOUR_PAGE_RUNS_MAX) {
			++*left_out;
		} else if (is) {
			struct checks_run *r = &runs[n++];

			if (check_run_read("publish", dir, &r->run) < 0)
				n = -1;
			else if (!kernel_version_read(check_run_version(&r->run, version),
						      &r->version))
				bug_version_text(&r->version, r->label, sizeof(r->label));
		}
		free(dir);
		free(entries[i]);
	}
	if (found >= 0)
		free(entries);
	if (n > 1)
		qsort(runs, (size_t)n, sizeof(*runs), by_kernel);
	return n;
}

static int publish_checks_by_kernel(void)
{
	struct checks_run *runs = calloc(BEHAVIOUR_PAGE_RUNS_MAX, sizeof(*runs));
	struct behaviour b = {0};
	size_t left_out = 0;
	int n = runs ? read_checks_runs(runs, &left_out) : -1;
	int status = n < 0 ? STATUS_BROKEN : STATUS_GOOD;
	struct page_file f;

	for (int i = 0; i < n && !status; i++)
		if (behaviour_add(&b, &runs[i].run, runs[i].label, RUN_DIR_KNOWN) < 0)
			status = STATUS_BROKEN;
	if (n > 0 && !status) {
		f = page_file_open(site, "checks.html");
		status = page_file_close(&f, "publish",
					 f.out ? behaviour_page_write(&b, left_out, f.out) : 0);
	}
	behaviour_free(&b);
	for (int i = 0; i < BEHAVIOUR_PAGE_RUNS_MAX && runs; i++)
		run_free(&runs[i].run);
	free(runs);
	return status;
}

static int run(int argc, char **argv)
{
	int operand = options_parse(&verb_publish, NULL, argc, argv), status;
	struct page_file f;

	if (operand == -1)
		return STATUS_GOOD;
	if (operand < 0)
		return STATUS_USAGE;
	phase_lines = PHASES_NONE;
	workspace_open();
	workspace_setup("plot", NULL);
	process_phase = "publish";
	status = publish_all();
	if (!status)
		status = publish_bugs();
	if (!status)
		status = publish_checks_by_kernel();
	if (status)
		return status;
	f = page_file_open(site, "index.html");
	status = page_file_close(&f, "publish", f.out ? site_page_write(site, f.out) : 0);
	if (!status)
		printf("the site is %s/index.html\n", site);
	return status;
}

const struct verb verb_publish = {
	.name = "publish",
	.args = "",
	.why = "draw the plots and write the pages of all published results, and an index of them",
	.examples = {"publish"},
	.run = run,
	.no_memory = STATUS_BROKEN,
};

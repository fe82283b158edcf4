// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm known: the kernel bugs of check/known/, as a list, as a mail for the kernel's lists, and by
 * their reproducers in the emulated host.
 */
#include "cli/driver/command.h"
#include "cli/driver/phase.h"
#include "cli/driver/run_dir.h"
#include "cli/driver/target.h"
#include "cli/driver/workspace.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/nearest.h"
#include "lib/base/place.h"
#include "report/checks/bug_mail.h"
#include "report/checks/bug_matrix.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct known_request {
	struct target target;
	bool reproduce;
	const char *output;
	struct known *known;
	struct bug_matrix matrix;      /* the published one */
	const struct known_bug **bugs; /* those asked for, in the order of lists */
	size_t n, total;
};

static const struct option_spec options[] = {
	OPTION("reproduce", OPTION_FLAG, offsetof(struct known_request, reproduce), NULL,
	       "boot the emulated host and run the reproducer of the bug, or of all"),
	OPTION("kernel", OPTION_LIST, offsetof(struct known_request, target.kernels), "K",
	       "with --reproduce: same as for bench; several, ladder, or all that are fetched"),
	OPTION("output", OPTION_PATH, offsetof(struct known_request, output), "DIR",
	       "with --reproduce: add the results to DIR/bugs.tsv and DIR/bugs.md"),
	OPTION("fresh", OPTION_FLAG, offsetof(struct known_request, target.fresh), NULL,
	       "boot, even if there is a snapshot to restore"),
	OPTION("console", OPTION_FLAG, offsetof(struct known_request, target.console), NULL,
	       "show the console of the emulated host"),
	{0},
};

/* ---- which ----------------------------------------------------------------------------------- */

static void unknown_bug(const struct known_request *k, const char *name)
{
	const char *best = NULL;

	for (size_t i = 0; i < k->total; i++)
		best = nearest_of(name, best, known_at(k->known, i)->name);
	process_quit(STATUS_USAGE, "known: unknown bug '%s'%s%s%s; ./run.sh known lists them", name,
		     best ? " (did you mean '" : "", best ? best : "", best ? "'?)" : "");
}

static void choose(struct known_request *k, int n, char **names)
{
	if (known_read(RUN_DIR_KNOWN, &k->known) < 0 ||
	    bug_matrix_read(place(BUG_MATRIX_PUBLISHED), &k->matrix) < 0)
		process_exit(STATUS_BROKEN);
	while (known_at(k->known, k->total))
		k->total++;
	k->bugs = calloc(k->total + 1, sizeof(const struct known_bug *));
	if (!memory_check(k->bugs))
		process_quit(STATUS_BROKEN, "out of memory");
	for (int i = 0; i < n; i++) {
		size_t j = 0;

		while (j < k->total && strcmp(known_at(k->known, j)->name, names[i]))
			j++;
		if (j == k->total)
			unknown_bug(k, names[i]);
		for (size_t other = 0; other < k->n; other++)
			if (k->bugs[other] == known_at(k->known, j))
				process_quit(STATUS_USAGE, "known: %s is given twice", names[i]);
		k->bugs[k->n++] = known_at(k->known, j);
	}
	for (size_t i = 0; !n && i < k->total; i++)
		k->bugs[k->n++] = known_at(k->known, i);
	if (!n)
		bug_matrix_sort(&k->matrix, k->bugs, k->n);
}

/* ---- the list -------------------------------------------------------------------------------- */

static void print_list(const struct known_request *k)
{
	char present[512], absent[512];

	for (size_t i = 0; i < k->n && bug_matrix_is_alarm(&k->matrix, k->bugs[i]); i++)
		printf("NEW on the newest kernel, data is lost: %s\n", k->bugs[i]->name);
	printf("%-9s %-11s %-40s %-28s %s\n", "severity", "kind", "bug", "kernels with it",
	       "without it");
	for (size_t i = 0; i < k->n; i++) {
		const struct known_bug *bug = k->bugs[i];

		bug_matrix_kernels(&k->matrix, bug, "present", present, sizeof(present));
		bug_matrix_kernels(&k->matrix, bug, "absent", absent, sizeof(absent));
		if (!*present)
			snprintf(present, sizeof(present), "%s to %s", bug->first,
				 *bug->last ? bug->last : "the newest");
		printf("%-9s %-11s %-40s %-28s %s\n", bug->severity ? bug->severity : "-",
		       bug->kind ? bug->kind : "-", bug->name, present, *absent ? absent : "-");
	}
}

/* ---- reproducers ----------------------------------------------------------------------------- */

/* Makes the archive; the names of the reproducers in it go to names, each once. */
static char *make_archive(const struct known_request *k, struct words *names)
{
	char *output = workspace_path("archive"), *file;
	struct words command = {0};
	char path[PATH_MAX], name[BUG_NAME_CHARS];
	int status;

	command_add(&command, place("emu/reproducers.sh"), NULL);
	for (size_t i = 0; i < k->n; i++) {
		if (bug_mail_reproducer(k->bugs[i], RUN_DIR_KNOWN, path, sizeof(path)) < 0)
			process_quit(STATUS_BROKEN, "known: %s has no reproducer %s",
				     k->bugs[i]->name, path);
		known_reproducer(k->bugs[i], name, sizeof(name));
		if (words_has(names, name))
			continue;
		command_add(&command, path, NULL);
		command_add(names, name, NULL);
	}
	status = process_run(&command, output, NULL);
	if (status)
		process_exit(status);
	file = workspace_last_line(output);
	if (!file)
		process_quit(STATUS_BROKEN, "emu/reproducers.sh printed no file");
	free(output);
	return file;
}

/* Runs them on one kernel; their results go to the end of the file.  Returns the exit status. */
static int run_on(const struct known_request *k, const char *word, const char *archive,
		  const struct words *names, const char *results)
{
	const struct kernel kernel = target_find(&k->target, word);
	const struct words none = {0};
	struct words command = {0}, kinds = {0};
	struct guest_files guests;
	int status;

	command_add(&kinds, "check", NULL);
	guests = target_make_guests(&kernel, &kinds, &none);
	command_add(&command, place("build/daxdm"), "reproducers", "--kernel", kernel.dir,
		    "--guest", guests.initramfs.list[0], "--archive", archive, "--results", results,
		    NULL);
	if (k->target.fresh)
		command_add(&command, "--fresh", NULL);
	if (k->target.console)
		command_add(&command, "--console", NULL);
	command_add_all(&command, names);
	words_free(&kinds);
	target_free_guests(&guests);
	process_says_it = true;
	status = process_run(&command, NULL, NULL);
	process_says_it = false;
	return status;
}

/* Adds the results to those in the directory.  Returns the exit status. */
static int add_results(const struct known_request *k, const char *results, const char *dir)
{
	struct bug_matrix m;
	int rc;

	workspace_make_dir(dir);
	rc = bug_matrix_read(dir, &m);
	if (!rc)
		rc = bug_matrix_add(&m, results, dir);
	if (!rc)
		rc = bug_matrix_write(&m, k->known, dir);
	bug_matrix_free(&m);
	return rc ? STATUS_BROKEN : STATUS_GOOD;
}

/* Says which results contradict the entries.  Returns the exit status. */
static int compare_with_entries(const struct known_request *k, const char *results)
{
	struct bug_matrix m = {0};
	int status = STATUS_GOOD;
	char why[512];

	if (bug_matrix_add(&m, results, NULL) < 0)
		return STATUS_BROKEN;
	for (size_t i = 0; i < k->n; i++)
		if (bug_matrix_check(&m, k->known, k->bugs[i], why, sizeof(why)) < 0) {
			printf("# contradiction: %s\n", why);
			status = STATUS_FAILED;
		}
	bug_matrix_free(&m);
	return status;
}

static int reproduce(struct known_request *k)
{
	struct words names = {0};
	char *results, *archive;
	int status = STATUS_GOOD, one, added = STATUS_GOOD;

	phase_lines = PHASES_STDERR;
	workspace_open();
	workspace_setup("run", NULL);
	target_expand_ladder(&k->target.kernels);
	target_vet_names(&k->target);
	results = workspace_path("results");
	archive = make_archive(k, &names);
	for (size_t i = 0; i < k->target.kernels.n; i++) {
		one = run_on(k, k->target.kernels.list[i], archive, &names, results);
		if (one != STATUS_GOOD && one != STATUS_FAILED && one != STATUS_SKIPPED &&
		    one != STATUS_BROKEN)
			return one;
		if (k->output)
			added = add_results(k, results, k->output);
		if (one != STATUS_GOOD && (status == STATUS_GOOD || one == STATUS_BROKEN))
			status = one;
	}
	/* Of several bugs or kernels it is good if all are as their entries say. */
	if (k->n > 1 || k->target.kernels.n > 1) {
		one = compare_with_entries(k, results);
		status = status == STATUS_BROKEN ? status : one;
	}
	words_free(&names);
	free(results);
	free(archive);
	return added ? added : status;
}

/* Adds the packages of the kernels that are fetched. */
static void add_fetched(struct words *kernels)
{
	glob_t files = {0};

	if (!glob(place_pattern("build/kernels/*/package"), 0, NULL, &files))
		for (size_t i = 0; i < files.gl_pathc; i++) {
			char *package = workspace_first_line(files.gl_pathv[i]);

			package[strcspn(package, " ")] = '\0';
			if (!strncmp(package, "linux-image-", strlen("linux-image-")))
				words_add_new(kernels, package, strlen(package));
			free(package);
		}
	globfree(&files);
}

/* Puts the kernels that are fetched in the place of the name "all". */
static void expand_all(struct words *kernels)
{
	struct words expanded = {0};

	for (size_t i = 0; i < kernels->n; i++)
		if (!strcmp(kernels->list[i], "all"))
			add_fetched(&expanded);
		else
			command_add(&expanded, kernels->list[i], NULL);
	words_free(kernels);
	*kernels = expanded;
}

/* The default kernel, if the bug is in it; else the first one that has it. */
static void choose_kernel(struct known_request *k)
{
	struct kernel_version debian;

	if (k->target.kernels.n || k->n != 1 || kernel_version_read("6.1", &debian) < 0 ||
	    known_has(k->bugs[0], &debian))
		return;
	command_add(&k->target.kernels, k->bugs[0]->first, NULL);
}

static void vet(struct known_request *k)
{
	if (!k->reproduce &&
	    (k->target.kernels.n || k->output || k->target.fresh || k->target.console))
		process_quit(STATUS_USAGE, "known: --kernel, --output, --fresh and --console go "
					   "with --reproduce");
	if (!k->reproduce)
		return;
	choose_kernel(k);
	target_split_kernels(&k->target.kernels);
	expand_all(&k->target.kernels);
	target_vet(&k->target, STATUS_USAGE);
}

static int run(int argc, char **argv)
{
	struct known_request k = {0};
	int status = STATUS_GOOD, at = options_parse(&verb_known, &k, argc, argv);

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	choose(&k, argc - at, argv + at);
	vet(&k);
	if (k.reproduce)
		status = reproduce(&k);
	else if (at == argc)
		print_list(&k);
	else
		for (size_t i = 0; i < k.n && !status; i++)
			status = bug_mail_print(k.bugs[i], &k.matrix, RUN_DIR_KNOWN,
						place(BUG_MATRIX_PUBLISHED), stdout)
					 ? STATUS_BROKEN
					 : STATUS_GOOD;
	bug_matrix_free(&k.matrix);
	known_free(k.known);
	free(k.bugs);
	words_free(&k.target.kernels);
	return status;
}

const struct verb verb_known = {
	.name = "known",
	.args = "[BUG]...",
	.why = "list the known kernel bugs, print one as a mail, or run its reproducer",
	.examples = {"known dm-stripe-commit-not-mapped",
		     "known dm-stripe-commit-not-mapped --reproduce --kernel 6.18"},
	.options = options,
	.operands = INT_MAX,
	.run = run,
};

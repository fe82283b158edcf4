// SPDX-License-Identifier: GPL-2.0-only
#include "cli/bisect/git_history.h"

#include "cli/driver/command.h"
#include "cli/driver/process.h"
#include "cli/driver/workspace.h"
#include "lib/base/msg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The command line of git up to its verb. */
static struct words git(const char *git_dir, const char *verb)
{
	char *option = process_text("--git-dir=%s", git_dir);
	struct words command = {0};

	command_add(&command, "git", option, verb, NULL);
	free(option);
	return command;
}

/* Runs git, which may end with a status up to most.  Returns the path of what it prints, to be
 * freed; NULL: it failed. */
static char *output_of(struct words *command, int most)
{
	char *path = workspace_path("git.out"), *errors = workspace_path("git.err"), *why;
	int status = process_run(command, path, errors);

	if (status > most) {
		why = workspace_last_line(errors);
		process_quit(STATUS_BROKEN, "git: %s", why ? why : "it failed without a message");
	}
	free(errors);
	if (!status)
		return path;
	free(path);
	return NULL;
}

static char *line_of(struct words *command, int most)
{
	char *path = output_of(command, most), *line = path ? workspace_last_line(path) : NULL;

	free(path);
	return line;
}

/* ---- the history ---------------------------------------------------------------------------- */

/* The commit in the first line of PATH that is neither bad nor skipped: "COMMIT (dist=N)". */
static char *first_usable(const char *path, const char *bad, const struct words *skipped)
{
	FILE *in = fopen(path, "re");
	char *line = NULL, *found = NULL;
	size_t size = 0;

	while (in && !found && getline(&line, &size, in) > 0) {
		line[strcspn(line, " \n")] = '\0';
		if (strcmp(line, bad) != 0 && !words_has(skipped, line))
			found = process_text("%s", line);
	}
	if (in)
		fclose(in);
	free(line);
	return found;
}

/* --bisect-all takes far longer on a long history. */
static char *middle(void *data, const struct words *goods, const char *bad,
		    const struct words *skipped)
{
	struct words command = git(data, "rev-list");
	char *path, *found;

	command_add(&command, skipped->n ? "--bisect-all" : "--bisect", bad, "--not", NULL);
	command_add_all(&command, goods);
	path = output_of(&command, 0);
	found = first_usable(path, bad, skipped);
	free(path);
	return found;
}

static bool contains(void *data, const char *newer, const char *older)
{
	struct words command = git(data, "merge-base");
	char *path;
	bool is;

	command_add(&command, "--is-ancestor", older, newer, NULL);
	path = output_of(&command, 1);
	is = path;
	free(path);
	return is;
}

struct bisection_history git_history(char *git_dir)
{
	return (struct bisection_history){.data = git_dir, .middle = middle, .contains = contains};
}

/* ---- facts ---------------------------------------------------------------------------------- */

char *git_history_dir(const char *dir)
{
	char *path = workspace_path("git.out"), *errors = workspace_path("git.err"), *line;
	struct words command = {0};
	int status;

	command_add(&command, "git", "-C", dir, "rev-parse", "--absolute-git-dir", NULL);
	status = process_run(&command, path, errors);
	line = workspace_last_line(status ? errors : path);
	if (status || !line)
		process_quit(STATUS_USAGE, "--git %s: %s", dir, line ? line : "git failed");
	free(path);
	free(errors);
	return line;
}

char *git_history_commit(const char *git_dir, const char *rev)
{
	struct words command = git(git_dir, "rev-parse");
	char *commit = process_text("%s^{commit}", rev), *found;

	command_add(&command, "--verify", "--quiet", "--end-of-options", commit, NULL);
	found = line_of(&command, 1);
	free(commit);
	return found;
}

size_t git_history_count(const char *git_dir, const char *good, const char *bad)
{
	struct words command = git(git_dir, "rev-list");
	char *line;
	size_t n;

	command_add(&command, "--count", bad, "--not", good, NULL);
	line = line_of(&command, 0);
	n = line ? strtoull(line, NULL, 10) : 0;
	free(line);
	return n;
}

char *git_history_subject(const char *git_dir, const char *commit)
{
	struct words command = git(git_dir, "log");
	char *subject;

	command_add(&command, "--max-count=1", "--format=%s", commit, NULL);
	subject = line_of(&command, 0);
	return subject ? subject : process_text("%s", "");
}

// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/job_history.h"

#include "cli/driver/process.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Removes the option NAME and its value, as parallel_put() writes them: ` 'NAME' 'VALUE'`. */
static void drop_option(char *command, const char *name)
{
	char *option = process_text(" '%s' '", name), *at = strstr(command, option), *end;

	if (at) {
		end = strchr(at + strlen(option), '\'');
		if (end)
			memmove(at, end + 1, strlen(end + 1) + 1);
	}
	free(option);
}

/* What of a command stands for its kind: without its name, kernel, log and line end. */
static void keep_kind(char *command)
{
	char *log;

	command[strcspn(command, "\t\n")] = '\0';
	log = strstr(command, " > '");
	if (log)
		*log = '\0';
	drop_option(command, "--name");
	drop_option(command, "--kernel");
}

static char *kind_of_first(const char *jobs)
{
	FILE *in = fopen(jobs, "re");
	char *line = NULL;
	size_t size = 0;

	if (in && getline(&line, &size, in) > 0)
		keep_kind(line);
	if (in)
		fclose(in);
	return line ? line : process_text("%s", "");
}

/* SEQ HOST START SECONDS SEND RECEIVE STATUS SIGNAL COMMAND [KIB], with tabs; a job that did not do
 * its work took any time. */
static void read_line(struct job_history *h, char *line, const char *kind)
{
	char *fields[10] = {0};
	int64_t seconds, kib;

	for (int i = 0; i < 10 && line; i++)
		fields[i] = strsep(&line, "\t");
	if (!fields[8] || atoi(fields[6]) > 1 || !atoi(fields[0]))
		return;
	keep_kind(fields[8]);
	if (strcmp(fields[8], kind))
		return;
	seconds = (int64_t)atof(fields[3]) + 1;
	kib = fields[9] ? atoll(fields[9]) : 0;
	h->n++;
	h->most_s = seconds > h->most_s ? seconds : h->most_s;
	h->most_kib = kib > h->most_kib ? kib : h->most_kib;
}

struct job_history job_history_find(const char *jobs)
{
	char *kind = kind_of_first(jobs), *line = NULL;
	struct job_history h = {0};
	glob_t found = {0};
	size_t size = 0;

	if (!glob("results/*/jobs.tsv", 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++) {
			FILE *in = fopen(found.gl_pathv[i], "re");

			while (in && getline(&line, &size, in) > 0)
				read_line(&h, line, kind);
			if (in)
				fclose(in);
		}
	globfree(&found);
	free(kind);
	free(line);
	return h;
}

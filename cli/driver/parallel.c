// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/parallel.h"

#include "cli/driver/command.h"
#include "cli/driver/workspace.h"
#include "lib/base/msg.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A word as a shell reads it. */
static void put_word(const char *word, FILE *out)
{
	fputs(" '", out);
	for (const char *c = word; *c; c++) {
		if ((unsigned char)*c < ' ')
			process_quit(STATUS_USAGE, "a path holds a control character: %s", word);
		if (*c == '\'')
			fputs("'\\''", out);
		else
			fputc(*c, out);
	}
	fputc('\'', out);
}

void parallel_put(const struct words *job, const char *log, FILE *jobs)
{
	for (size_t i = 0; i < job->n; i++)
		put_word(job->list[i], jobs);
	fputs(" >", jobs);
	put_word(log, jobs);
	fputs(" 2>&1 </dev/null\n", jobs);
}

void parallel_command(struct words *command, const char *jobs, unsigned int n)
{
	char *home = workspace_path("parallel"), *here = getcwd(NULL, 0);
	char *absolute = process_text("%s/%s", here ? here : "", home);
	char *number = process_text("%u", n);

	mkdir(home, 0777);
	setenv("PARALLEL_HOME", absolute, 1);
	setenv("SHELL", "/bin/bash", 1);
	/* It ends the jobs when it is ended itself; their guests need a moment. */
	command_add(command, "parallel", "--plain", "--will-cite", "--ungroup", "--jobs", number,
		    "--termseq", "TERM,15000,KILL,25", "--arg-file", jobs, NULL);
	free(number);
	free(absolute);
	free(here);
	free(home);
}

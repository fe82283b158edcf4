// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm slurm-element: one element of a job array of Slurm (cli/driver/slurm.sh), on a node.
 *
 * It runs its line of DIR/jobs as GNU parallel would, and then writes DIR/N.end: the exit status,
 * when it began, seconds, the node, and the largest process in KiB.  An element that is killed
 * writes none.
 */
#include "cli/driver/command.h"
#include "cli/driver/parallel.h"
#include "cli/driver/process.h"
#include "cli/options/cli.h"
#include "lib/base/msg.h"
#include "lib/file/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Line N of a file, without its newline.  To be freed. */
static char *line_of(const char *dir, const char *name, unsigned long n)
{
	char *path = process_text("%s/%s", dir, name), *line = NULL;
	FILE *in = fopen(path, "re");
	size_t size = 0;

	if (!in)
		process_quit(STATUS_BROKEN, "cannot read %s: %s", path, strerror(errno));
	for (unsigned long i = 0; i < n; i++)
		if (getline(&line, &size, in) < 0)
			process_quit(STATUS_BROKEN, "%s has no line %lu", path, n);
	line[strcspn(line, "\n")] = '\0';
	fclose(in);
	free(path);
	return line;
}

/* Waits until no other process runs that element: a node that does not answer is taken for failed
 * even if its jobs still run. */
static void lock_element(const char *end)
{
	char *path = process_text("%s.lock", end);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		process_quit(STATUS_BROKEN, "cannot lock %s: %s", path, strerror(errno));
	free(path);
}

/* Removes what an earlier attempt left; the line of DIR/runs is RUN, a tab, LOG. */
static void remove_run(const char *dir, unsigned long n)
{
	char *run = line_of(dir, "runs", n), *tab = strchr(run, '\t');

	if (tab) {
		*tab = '\0';
		fs_remove_tree(run);
		unlink(tab + 1);
	}
	free(run);
}

static void write_end(const char *end, int status, time_t begun, double seconds)
{
	char *path = process_text("%s.tmp", end);
	FILE *out = fopen(path, "we");
	const char *node = getenv("SLURMD_NODENAME");
	struct rusage usage;

	getrusage(RUSAGE_CHILDREN, &usage);
	if (!out)
		process_quit(STATUS_BROKEN, "cannot write %s: %s", path, strerror(errno));
	fprintf(out, "%d %lld %.3f %s %ld\n", status, (long long)begun, seconds, node ? node : "-",
		usage.ru_maxrss);
	if (fclose(out) || rename(path, end) < 0)
		process_quit(STATUS_BROKEN, "cannot write %s: %s", end, strerror(errno));
	free(path);
}

static int run_element(const char *dir, unsigned long n)
{
	char *end = process_text("%s/%lu.end", dir, n), *line;
	struct timespec begun, now;
	struct words command = {0};
	time_t date = time(NULL);
	int status;

	lock_element(end);
	if (!access(end, F_OK))
		return STATUS_GOOD;
	remove_run(dir, n);
	line = line_of(dir, "jobs", n);
	process_stop_limit_ms = PARALLEL_STOP_LIMIT_MS;
	clock_gettime(CLOCK_MONOTONIC, &begun);
	command_add(&command, "/bin/bash", "-c", line, NULL);
	status = process_run(&command, NULL, NULL);
	clock_gettime(CLOCK_MONOTONIC, &now);
	write_end(end, status, date,
		  (double)(now.tv_sec - begun.tv_sec) +
			  (double)(now.tv_nsec - begun.tv_nsec) / 1e9);
	free(line);
	free(end);
	return STATUS_GOOD;
}

static int run(int argc, char **argv)
{
	int at = options_parse(&verb_slurm_element, NULL, argc, argv);
	const char *index = getenv("SLURM_ARRAY_TASK_ID");

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (argc - at != 2 || !index)
		process_quit(STATUS_USAGE,
			     "slurm-element: expected DIR and OFFSET, in a job array of Slurm");
	return run_element(argv[at], strtoul(argv[at + 1], NULL, 10) + strtoul(index, NULL, 10));
}

const struct verb verb_slurm_element = {
	.name = "slurm-element",
	.args = "DIR OFFSET",
	.why = "run one element of a job array of Slurm",
	.operands = 2,
	.run = run,
	.internal = true,
};

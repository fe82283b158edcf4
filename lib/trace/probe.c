// SPDX-License-Identifier: GPL-2.0-only
#include "lib/trace/probe.h"

#include "lib/trace/kprobe.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Opens a point for a thread (0: this one) or for one processor (thread -1), and appends it to fds.
 * Returns 0 or -errno. */
static int open_point(struct perf_event_attr *attr, pid_t thread, int cpu, int **fds,
		      unsigned int *n_fds)
{
	int *more = realloc(*fds, (*n_fds + 1) * sizeof(*more)), fd;

	if (!more)
		return -ENOMEM;
	*fds = more;
	attr->inherit = cpu < 0; /* an io_uring worker is a thread that this thread started */
	fd = kprobe_open(attr, thread, cpu);
	if (fd < 0)
		return fd;
	more[(*n_fds)++] = fd;
	return 0;
}

static void close_point(int **fds, unsigned int *n_fds)
{
	for (unsigned int i = 0; i < *n_fds; i++)
		close((*fds)[i]);
	free(*fds);
	*fds = NULL;
	*n_fds = 0;
}

static int open_processors(struct perf_event_attr *attr, int **fds, unsigned int *n_fds)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);
	int rc = 0;

	for (long cpu = 0; cpu < n && !rc; cpu++) {
		rc = open_point(attr, -1, (int)cpu, fds, n_fds);
		rc = rc == -ENODEV ? 0 : rc; /* not online */
	}
	return rc;
}

/* Opens it for all existing threads; threads that they start later inherit it. */
static int open_threads(struct perf_event_attr *attr, pid_t process, int **fds, unsigned int *n_fds)
{
	const struct dirent *e;
	char path[32];
	DIR *dir;
	int rc = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)process);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!rc && (e = readdir(dir)))
		if (*e->d_name != '.')
			rc = open_point(attr, atoi(e->d_name), -1, fds, n_fds);
	closedir(dir);
	return rc;
}

int probe_add(struct probe_set *set, const char *point)
{
	struct perf_event_attr attr;
	unsigned int n_fds = 0;
	int *fds = NULL, rc;

	if (set->n == PROBE_MAX)
		return -E2BIG;
	rc = kprobe_describe(point + (*point == '*'), false, &attr);
	if (!rc && *point == '*')
		rc = open_processors(&attr, &fds, &n_fds);
	else if (!rc && set->process)
		rc = open_threads(&attr, set->process, &fds, &n_fds);
	else if (!rc)
		rc = open_point(&attr, 0, -1, &fds, &n_fds);
	if (rc < 0)
		close_point(&fds, &n_fds);
	set->points[set->n].name = point;
	set->points[set->n].fds = fds;
	set->points[set->n].n_fds = n_fds;
	set->points[set->n].count = 0;
	set->n++;
	return rc;
}

/* Counts of ended threads remain in the sum and cannot be reset: the count at start is
 * subtracted. */
static uint64_t read_count(const int *fds, unsigned int n_fds)
{
	uint64_t sum = 0, count;

	for (unsigned int i = 0; i < n_fds; i++)
		if (read(fds[i], &count, sizeof(count)) == sizeof(count))
			sum += count;
	return sum;
}

static void switch_points(struct probe_set *set, unsigned long request)
{
	for (unsigned int i = 0; i < set->n; i++)
		for (unsigned int f = 0; f < set->points[i].n_fds; f++)
			ioctl(set->points[i].fds[f], request, 0);
}

void probe_start(struct probe_set *set)
{
	for (unsigned int i = 0; i < set->n; i++)
		set->points[i].before = read_count(set->points[i].fds, set->points[i].n_fds);
	switch_points(set, PERF_EVENT_IOC_ENABLE);
}

void probe_stop(struct probe_set *set)
{
	switch_points(set, PERF_EVENT_IOC_DISABLE);
	for (unsigned int i = 0; i < set->n; i++)
		set->points[i].count = read_count(set->points[i].fds, set->points[i].n_fds) -
				       set->points[i].before;
}

void probe_close(struct probe_set *set)
{
	for (unsigned int i = 0; i < set->n; i++)
		close_point(&set->points[i].fds, &set->points[i].n_fds);
	set->n = 0;
}

int64_t probe_count(const struct probe_set *set, const char *point)
{
	for (unsigned int i = 0; i < set->n; i++)
		if (!strcmp(set->points[i].name, point))
			return set->points[i].n_fds ? (int64_t)set->points[i].count : -1;
	return -1;
}

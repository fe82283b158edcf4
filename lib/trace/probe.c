// SPDX-License-Identifier: GPL-2.0-only
#include "lib/trace/probe.h"

#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int read_number(const char *path, uint64_t *value)
{
	FILE *in = fopen(path, "re");
	unsigned long long number;
	int rc = 0;

	if (!in)
		return -errno;
	if (fscanf(in, "%llu", &number) == 1)
		*value = number;
	else
		rc = -EIO;
	fclose(in);
	return rc;
}

static int tracepoint_id(const char *point, uint64_t *id)
{
	const char *colon = strchr(point, ':');
	char path[256];
	int rc;

	snprintf(path, sizeof(path), "/sys/kernel/tracing/events/%.*s/%s/id", (int)(colon - point),
		 point, colon + 1);
	rc = read_number(path, id);
	if (rc != -ENOENT)
		return rc;
	snprintf(path, sizeof(path), "/sys/kernel/debug/tracing/events/%.*s/%s/id",
		 (int)(colon - point), point, colon + 1);
	return read_number(path, id);
}

/* Describes a point to perf.  Returns 0 or -errno. */
static int find_point(const char *point, struct perf_event_attr *attr)
{
	uint64_t number;
	int rc;

	*attr = (struct perf_event_attr){
		.size = sizeof(*attr),
		.disabled = 1,
		.sample_period = 0,
	};
	if (strchr(point, ':')) {
		rc = tracepoint_id(point, &number);
		attr->type = PERF_TYPE_TRACEPOINT;
		attr->config = number;
	} else {
		rc = read_number("/sys/bus/event_source/devices/kprobe/type", &number);
		attr->type = (uint32_t)number;
		attr->kprobe_func = (uintptr_t)point;
	}
	return rc;
}

int probe_open(const char *function, bool leaves)
{
	struct perf_event_attr attr;
	int rc = find_point(function, &attr), fd;

	if (rc < 0)
		return rc;
	attr.config = leaves; /* format/retprobe: bit 0 */
	fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Opens a point for a thread (0: this one) or for one processor (thread -1), and puts it to the
 * others in fds.  Returns 0 or -errno. */
static int open_point(struct perf_event_attr *attr, pid_t thread, int cpu, int **fds,
		      unsigned int *n_fds)
{
	int *more = realloc(*fds, (*n_fds + 1) * sizeof(*more)), fd;

	if (!more)
		return -ENOMEM;
	*fds = more;
	attr->inherit = cpu < 0; /* a kernel worker of io_uring is a thread that we started */
	fd = (int)syscall(SYS_perf_event_open, attr, thread, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
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

/* The threads that there are; those that they start later inherit it. */
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
	rc = find_point(point + (*point == '*'), &attr);
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

/* Counts of threads that ended stay in the sum and cannot be reset: what was there is taken off. */
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

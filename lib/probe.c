// SPDX-License-Identifier: GPL-2.0-only
#include "lib/probe.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
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

static int open_point(const char *point)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.disabled = 1,
		.sample_period = 0,
		/* A kernel worker of io_uring is such a thread. */
		.inherit = 1,
	};
	uint64_t number;
	int rc, fd;

	if (strchr(point, ':')) {
		rc = tracepoint_id(point, &number);
		attr.type = PERF_TYPE_TRACEPOINT;
		attr.config = number;
	} else {
		rc = read_number("/sys/bus/event_source/devices/kprobe/type", &number);
		attr.type = (uint32_t)number;
		attr.kprobe_func = (uintptr_t)point;
	}
	if (rc < 0)
		return rc;
	fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int probe_add(struct probe_set *set, const char *point)
{
	int fd;

	if (set->n == PROBE_MAX)
		return -E2BIG;
	fd = open_point(point);
	set->points[set->n].name = point;
	set->points[set->n].fd = fd < 0 ? -1 : fd;
	set->points[set->n].count = 0;
	set->n++;
	return fd < 0 ? fd : 0;
}

/* Counts of threads that ended stay in the sum and cannot be reset: what was there is taken off. */
static uint64_t read_count(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

void probe_start(struct probe_set *set)
{
	for (unsigned int i = 0; i < set->n; i++) {
		if (set->points[i].fd < 0)
			continue;
		set->points[i].before = read_count(set->points[i].fd);
		ioctl(set->points[i].fd, PERF_EVENT_IOC_ENABLE, 0);
	}
}

void probe_stop(struct probe_set *set)
{
	for (unsigned int i = 0; i < set->n; i++)
		if (set->points[i].fd >= 0)
			ioctl(set->points[i].fd, PERF_EVENT_IOC_DISABLE, 0);
	for (unsigned int i = 0; i < set->n; i++)
		if (set->points[i].fd >= 0)
			set->points[i].count =
				read_count(set->points[i].fd) - set->points[i].before;
}

void probe_close(struct probe_set *set)
{
	for (unsigned int i = 0; i < set->n; i++)
		if (set->points[i].fd >= 0)
			close(set->points[i].fd);
	set->n = 0;
}

int64_t probe_count(const struct probe_set *set, const char *point)
{
	for (unsigned int i = 0; i < set->n; i++)
		if (!strcmp(set->points[i].name, point))
			return set->points[i].fd < 0 ? -1 : (int64_t)set->points[i].count;
	return -1;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "lib/trace/kprobe.h"

#include "lib/base/owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CALLS_AT_A_TIME = 64 };

static const char root[] = "/sys/kernel/tracing";

/* ---- perf events ------------------------------------------------------------------------------
 */

static int read_number(const char *path, uint64_t *value)
{
	FILE *in = fopen(path, "re");
	int rc = 0;

	if (!in)
		return -errno;
	if (fscanf(in, "%" SCNu64, value) != 1)
		rc = -EIO;
	fclose(in);
	return rc;
}

static int tracepoint_id(const char *point, uint64_t *id)
{
	static const char *const roots[] = {root, "/sys/kernel/debug/tracing"};
	const char *colon = strchr(point, ':');
	char path[256];
	int rc = -ENOENT;

	for (unsigned int i = 0; i < 2 && rc == -ENOENT; i++) {
		snprintf(path, sizeof(path), "%s/events/%.*s/%s/id", roots[i], (int)(colon - point),
			 point, colon + 1);
		rc = read_number(path, id);
	}
	return rc;
}

int kprobe_describe(const char *point, bool at_return, struct perf_event_attr *attr)
{
	uint64_t number = 0;
	int rc;

	*attr = (struct perf_event_attr){.size = sizeof(*attr), .disabled = 1};
	if (strchr(point, ':')) {
		rc = tracepoint_id(point, &number);
		attr->type = PERF_TYPE_TRACEPOINT;
		attr->config = number;
		return rc;
	}
	rc = read_number("/sys/bus/event_source/devices/kprobe/type", &number);
	attr->type = (uint32_t)number;
	attr->kprobe_func = (uintptr_t)point;
	attr->config = at_return; /* format/retprobe: bit 0 */
	return rc;
}

int kprobe_open(const struct perf_event_attr *attr, pid_t thread, int cpu)
{
	int fd = (int)syscall(SYS_perf_event_open, attr, thread, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* ---- kprobe events ----------------------------------------------------------------------------
 */

/* daxdm_PID: the group of this process's events.  Calls getpid(2) only once: the tracer is
 * calibrated on it. */
static const char *group(void)
{
	static char name[32];

	if (!name[0])
		snprintf(name, sizeof(name), "daxdm_%d", (int)getpid());
	return name;
}

static const char *prefix_of(bool at_return)
{
	return at_return ? "leave_" : "enter_";
}

/* Writes a word to a file below the root.  Returns 0 or -errno. */
static int put(const char *path, int flags, const char *word)
{
	char full[400];
	size_t len = strlen(word);
	int fd, rc = 0;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	errno = 0;
	fd = open(full, O_WRONLY | O_CLOEXEC | flags);
	if (fd < 0)
		return -errno;
	if (write(fd, word, len) != (ssize_t)len)
		rc = errno ? -errno : -EIO;
	close(fd);
	return rc;
}

int kprobe_events_available(void)
{
	char full[64];
	int fd;

	snprintf(full, sizeof(full), "%s/kprobe_events", root);
	fd = open(full, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static const char optimization[] = "/proc/sys/debug/kprobes-optimization";

/* With ftrace, kprobes at the entry of a function use it from the begin on. */
static bool has_ftrace(void)
{
	char full[64];

	snprintf(full, sizeof(full), "%s/available_filter_functions", root);
	return !access(full, F_OK);
}

bool kprobe_cost_changes(void)
{
	uint64_t on;

	return !has_ftrace() && !read_number(optimization, &on) && on;
}

void kprobe_keep_cost(void)
{
	FILE *file = has_ftrace() ? NULL : fopen(optimization, "we");

	if (!file)
		return;
	fputs("0\n", file);
	fclose(file);
}

int kprobe_event_add(const char *function, bool at_return)
{
	char kind[16] = "p", text[640];
	int rc;

	if (at_return)
		snprintf(kind, sizeof(kind), "r%d", CALLS_AT_A_TIME);
	snprintf(text, sizeof(text), "%s:%s/%s%.255s %.255s\n", kind, group(), prefix_of(at_return),
		 function, function);
	rc = put("kprobe_events", O_APPEND, text);
	return rc == -EEXIST ? 0 : rc;
}

int kprobe_event_open(const char *function, bool at_return)
{
	struct perf_event_attr attr;
	char point[320];
	int rc = kprobe_event_add(function, at_return);

	snprintf(point, sizeof(point), "%s:%s%.255s", group(), prefix_of(at_return), function);
	if (!rc)
		rc = kprobe_describe(point, false, &attr);
	return rc ? rc : kprobe_open(&attr, 0, -1);
}

int kprobe_events_enable(bool on)
{
	char path[64];

	snprintf(path, sizeof(path), "events/%s/enable", group());
	return put(path, O_TRUNC, on ? "1" : "0");
}

/* "  enter_F   hits   misses" a line. */
int kprobe_events_hits(void (*visit)(const char *function, uint64_t hits, void *arg), void *arg)
{
	const char *prefix = prefix_of(false);
	char path[64], line[512], name[300];
	uint64_t hits;
	FILE *in;

	snprintf(path, sizeof(path), "%s/kprobe_profile", root);
	in = fopen(path, "re");
	if (!in)
		return -errno;
	while (fgets(line, sizeof(line), in))
		if (sscanf(line, " %299s %" SCNu64, name, &hits) == 2 &&
		    !strncmp(name, prefix, strlen(prefix)))
			visit(name + strlen(prefix), hits, arg);
	fclose(in);
	return 0;
}

/* The process of daxdm_PID, the group that a name is or begins with; 0 for any other name. */
static pid_t group_owner(const char *name)
{
	const char *rest = "";
	pid_t owner = owner_of(name, "daxdm_", &rest);

	return !*rest || *rest == '/' ? owner : 0;
}

static bool is_stale(pid_t owner)
{
	return owner && (owner == group_owner(group()) || (kill(owner, 0) < 0 && errno == ESRCH));
}

void kprobe_events_each(void (*visit)(pid_t owner, const char *name, void *arg), void *arg)
{
	char path[64], line[640];
	FILE *in;

	snprintf(path, sizeof(path), "%s/kprobe_events", root);
	in = fopen(path, "re");
	/* "r64:daxdm_PID/leave_F F"; the kernel made a copy, so events may be removed while it is
	 * read. */
	while (in && fgets(line, sizeof(line), in)) {
		char *name = strchr(line, ':');
		pid_t owner = name ? group_owner(++name) : 0;

		if (!is_stale(owner))
			continue;
		name[strcspn(name, " \n")] = '\0';
		visit(owner, name, arg);
	}
	if (in)
		fclose(in);
}

static void remove_event(pid_t owner, const char *name, void *arg)
{
	char text[640];

	(void)owner;
	(void)arg;
	snprintf(text, sizeof(text), "-:%.600s\n", name);
	put("kprobe_events", O_APPEND, text);
}

/* An event that is enabled cannot be removed. */
static void disable_events(void)
{
	char path[300];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/events", root);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "events/%.255s/enable", entry->d_name);
		if (is_stale(group_owner(entry->d_name)))
			put(path, O_TRUNC, "0");
	}
	if (dir)
		closedir(dir);
}

void kprobe_events_remove(void)
{
	disable_events();
	kprobe_events_each(remove_event, NULL);
}

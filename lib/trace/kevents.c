// SPDX-License-Identifier: GPL-2.0-only
#include "lib/trace/kevents.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CALLS_AT_A_TIME = 64,
	LOG_KIB = 4096, /* room for more than TRACER_STAMPS_MAX */
};

static pid_t logged; /* the thread */

static const char root[] = "/sys/kernel/tracing";

/* Asked for once: getpid(2) is what calibrates. */
const char *kevents_group(void)
{
	static char name[32];

	if (!name[0])
		snprintf(name, sizeof(name), "daxdm_%d", (int)getpid());
	return name;
}

/* Writes a word to a file below the root.  Returns 0 or -errno. */
static int put(const char *path, int flags, const char *word)
{
	char full[256];
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

static int put_in_log(const char *file, const char *word)
{
	char path[200];

	snprintf(path, sizeof(path), "instances/%s/%s", kevents_group(), file);
	return put(path, O_TRUNC, word);
}

int kevents_available(void)
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

int kevent_add(const char *name, bool leaves)
{
	char text[192];
	int rc;

	if (leaves)
		snprintf(text, sizeof(text), "r%d:%s/leave_%s %s\n", CALLS_AT_A_TIME,
			 kevents_group(), name, name);
	else /* the third argument: struct pt_regs' dx */
		snprintf(text, sizeof(text), "p:%s/enter_%s %s pages=%%dx:u64\n", kevents_group(),
			 name, name);
	rc = put("kprobe_events", O_APPEND, text);
	return rc == -EEXIST ? 0 : rc;
}

int kevent_id(const char *name, bool leaves, uint64_t *id)
{
	char path[256];
	FILE *in;
	int rc;

	snprintf(path, sizeof(path), "%s/events/%s/%s_%s/id", root, kevents_group(),
		 leaves ? "leave" : "enter", name);
	in = fopen(path, "re");
	if (!in)
		return -errno;
	rc = fscanf(in, "%" SCNu64, id) == 1 ? 0 : -EIO;
	fclose(in);
	return rc;
}

int klog_open(pid_t thread)
{
	char path[160], number[32];
	int rc;

	snprintf(path, sizeof(path), "%s/instances/%s", root, kevents_group());
	rc = mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
	if (!rc)
		rc = put_in_log("trace_clock", "x86-tsc");
	snprintf(number, sizeof(number), "%d", LOG_KIB);
	if (!rc)
		rc = put_in_log("buffer_size_kb", number);
	/* Not by set_event_pid: events that may be dropped take another way into the log. */
	logged = thread;
	return rc;
}

int klog_enable(const char *name, bool leaves, bool on)
{
	char file[128];

	snprintf(file, sizeof(file), "events/%s/%s_%s/enable", kevents_group(),
		 leaves ? "leave" : "enter", name);
	return put_in_log(file, on ? "1" : "0");
}

int klog_clear(void)
{
	return put_in_log("trace", "\n");
}

/* "COMM-PID   [CPU] ..." */
static bool is_of(const char *line, pid_t thread)
{
	const char *end = strstr(line, " ["), *digits;

	while (end && end > line && end[-1] == ' ')
		end--;
	digits = end;
	while (digits && digits > line && digits[-1] >= '0' && digits[-1] <= '9')
		digits--;
	return digits && digits < end && atoi(digits) == thread;
}

bool klog_line(const char *line, pid_t thread, const char *(*name_of)(enum tracer_function),
	       struct stamp *stamp)
{
	const char *enter = strstr(line, ": enter_"), *leave = strstr(line, ": leave_");
	const char *at = enter ? enter : leave, *digits = at, *pages = strstr(line, " pages=");
	size_t len;

	if (!at || *line == '#' || !is_of(line, thread))
		return false;
	while (digits > line && digits[-1] >= '0' && digits[-1] <= '9')
		digits--;
	*stamp = (struct stamp){.ticks = strtoull(digits, NULL, 10), .leaves = !enter};
	if (pages)
		stamp->pages = strtoull(pages + 7, NULL, 10);
	at += 8;
	len = strcspn(at, ":");
	for (int f = 0; f < TRACER_N; f++) {
		const char *name = name_of(f);

		stamp->function = (uint32_t)f;
		if (strlen(name) == len && !memcmp(at, name, len))
			return digits < at - 8;
	}
	return false;
}

long klog_read(const char *(*name_of)(enum tracer_function), struct stamp *stamps, size_t max)
{
	char path[160], line[512];
	bool overflow = false;
	long n = 0;
	FILE *in;

	snprintf(path, sizeof(path), "%s/instances/%s/trace", root, kevents_group());
	in = fopen(path, "re");
	if (!in)
		return -errno;
	while (fgets(line, sizeof(line), in)) {
		struct stamp stamp;

		overflow = overflow || strstr(line, "LOST");
		if (!klog_line(line, logged, name_of, &stamp))
			continue;
		if ((size_t)n == max)
			overflow = true;
		else
			stamps[n++] = stamp;
	}
	fclose(in);
	return overflow ? -EOVERFLOW : n;
}

/* The process of daxdm_PID, the group of events or the instance that a name begins with; 0 for any
 * other name. */
static pid_t owner_of(const char *name)
{
	int pid = 0, end = 0;

	if (sscanf(name, "daxdm_%d%n", &pid, &end) < 1 || (name[end] && name[end] != '/'))
		return 0;
	return pid > 0 ? pid : 0;
}

static bool is_stale(pid_t owner)
{
	return owner &&
	       (owner == owner_of(kevents_group()) || (kill(owner, 0) < 0 && errno == ESRCH));
}

/* Calls visit() for each entry of a tracefs directory whose owner is this process or dead. */
static void each_directory(const char *where,
			   void (*visit)(pid_t owner, const char *path, void *arg), void *arg)
{
	char path[300];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", root, where);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s/%s", root, where, entry->d_name);
		if (is_stale(owner_of(entry->d_name)))
			visit(owner_of(entry->d_name), path, arg);
	}
	if (dir)
		closedir(dir);
}

static void each_event(void (*visit)(pid_t owner, const char *name, void *arg), void *arg)
{
	char path[160], line[256];
	FILE *in;

	snprintf(path, sizeof(path), "%s/kprobe_events", root);
	in = fopen(path, "re");
	/* "r64:daxdm_PID/leave_F F"; what is removed is read from a copy that the kernel made. */
	while (in && fgets(line, sizeof(line), in)) {
		char *name = strchr(line, ':');
		pid_t owner = name ? owner_of(++name) : 0;

		if (!is_stale(owner))
			continue;
		name[strcspn(name, " \n")] = '\0';
		visit(owner, name, arg);
	}
	if (in)
		fclose(in);
}

void kevents_each(void (*visit)(pid_t owner, const char *name, void *arg), void *arg)
{
	each_directory("instances", visit, arg);
	each_event(visit, arg);
}

static void remove_log(pid_t owner, const char *path, void *arg)
{
	(void)owner;
	(void)arg;
	rmdir(path);
}

/* An event that is enabled cannot be removed. */
static void disable_events(pid_t owner, const char *path, void *arg)
{
	char enable[340];

	(void)owner;
	(void)arg;
	snprintf(enable, sizeof(enable), "%s/enable", path + sizeof(root));
	put(enable, O_TRUNC, "0");
}

static void remove_event(pid_t owner, const char *name, void *arg)
{
	char text[300];

	(void)owner;
	(void)arg;
	snprintf(text, sizeof(text), "-:%s\n", name);
	put("kprobe_events", O_APPEND, text);
}

void kevents_remove(void)
{
	each_directory("instances", remove_log, NULL); /* they use the events */
	each_directory("events", disable_events, NULL);
	each_event(remove_event, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "emu/given.h"
#include "lib/base/limit_clock.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The most that one call counts, if the driver was late: too little is better than too much. */
#define STEP_MAX_NS (250 * INT64_C(1000000))

/* The longest wait that is deducted whole.  Overlapping waits of two threads count twice, so an
 * unlimited deduction could stop the given time of a QEMU that runs. */
#define OWED_MAX_NS (1000 * INT64_C(1000000))

/* How long a thread has waited for a processor so far; 0 if this kernel does not count it.  A wait
 * is counted when it ends. */
static uint64_t waited_ns(int tasks_fd, const char *tid)
{
	uint64_t ran, waited = 0;
	char path[64], text[96];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%.20s/schedstat", tid);
	fd = openat(tasks_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return sscanf(text, "%" SCNu64 " %" SCNu64, &ran, &waited) == 2 ? waited : 0;
}

static uint64_t waited_before(const struct given *given, int tid)
{
	for (unsigned int i = 0; i < given->n; i++)
		if (given->threads[i].tid == tid)
			return given->threads[i].waited_ns;
	return 0;
}

/* Returns the longest wait of a thread since the last call.  Not the sum: the others may wait for
 * that thread, and two waits at the same time are one. */
static int64_t look_at_threads(struct given *given, const char *tasks)
{
	static struct given_thread now[GIVEN_THREADS_MAX];
	DIR *dir = opendir(tasks);
	const struct dirent *e;
	uint64_t longest = 0;
	unsigned int n = 0;

	while (dir && n < GIVEN_THREADS_MAX && (e = readdir(dir))) {
		uint64_t before;

		if (e->d_name[0] == '.')
			continue;
		now[n].tid = atoi(e->d_name);
		now[n].waited_ns = waited_ns(dirfd(dir), e->d_name);
		before = waited_before(given, now[n].tid);
		if (now[n].waited_ns > before && now[n].waited_ns - before > longest)
			longest = now[n].waited_ns - before;
		n++;
	}
	if (dir)
		closedir(dir);
	memcpy(given->threads, now, n * sizeof(now[0]));
	given->n = n;
	return longest > INT64_MAX ? INT64_MAX : (int64_t)longest;
}

void given_look_at(struct given *given, const char *tasks, int64_t now)
{
	/* At the first call the threads' waits are from before. */
	bool first = !given->n;
	int64_t waited = given->pid ? look_at_threads(given, tasks) : 0;
	int64_t step = now - given->looked_ns - given->owed_ns - (first ? 0 : waited);

	given->looked_ns = now;
	given->owed_ns = 0;
	if (step > 0)
		given->given_ns += step > STEP_MAX_NS ? STEP_MAX_NS : step;
	else
		given->owed_ns = -step > OWED_MAX_NS ? OWED_MAX_NS : -step;
	if (given->page)
		*(volatile int64_t *)&given->page->given_ms = given_ms(given);
}

void given_look(struct given *given)
{
	char tasks[64];

	snprintf(tasks, sizeof(tasks), "/proc/%d/task", (int)given->pid);
	given_look_at(given, tasks, limit_clock_wall_ns());
}

void given_watch(struct given *given, pid_t pid)
{
	given->pid = pid;
	given->n = 0;
	given->owed_ns = 0;
	given->looked_ns = limit_clock_wall_ns();
}

int64_t given_ms(const struct given *given)
{
	return given->given_ns / 1000000;
}

enum limit given_limit(const struct given *given, int64_t given_since_ms, int64_t wall_since_ms,
		       int64_t limit_ms)
{
	if (given_ms(given) - given_since_ms > limit_ms)
		return LIMIT_OVER;
	return limit_clock_wall_ms() - wall_since_ms > limit_ms * LIMIT_CLOCK_PATIENCE
		       ? LIMIT_STARVED
		       : LIMIT_AHEAD;
}

int64_t given_processor_ms(pid_t pid)
{
	unsigned long user = 0, system = 0;
	char path[64], text[1024] = "";
	const char *behind_name;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	in = fopen(path, "re");
	if (in && !fgets(text, sizeof(text), in))
		text[0] = '\0';
	if (in)
		fclose(in);
	behind_name = strrchr(text, ')');
	if (!behind_name ||
	    sscanf(behind_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
		   &system) != 2)
		return 0;
	return (int64_t)((user + system) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK));
}

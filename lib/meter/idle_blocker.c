// SPDX-License-Identifier: GPL-2.0-only
#include "lib/meter/idle_blocker.h"

#include "lib/base/child.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t task = -1;

int idle_blocker_start(void)
{
	const struct sched_param none = {0};

	task = child_fork();
	if (task)
		return task < 0 ? task : 0;
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	if (sched_setscheduler(0, SCHED_IDLE, &none) < 0)
		_exit(1);
	/* TCG emits no code for a nop but counts it, so the clock advances some hundred times
	 * faster than with other instructions.  The loop is within a page, as TCG finds the way to
	 * another one by a search. */
	__asm__ volatile(".balign 4096\n1:\t.rept 4000\n\tnop\n\t.endr\n\tjmp 1b");
	__builtin_unreachable();
}

uint64_t idle_blocker_cpu_ns(void)
{
	struct timespec now = {0};
	clockid_t clock;

	if (task < 0 || clock_getcpuclockid(task, &clock) || clock_gettime(clock, &now) < 0)
		return 0;
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void idle_blocker_end(void)
{
	if (task < 0)
		return;
	kill(task, SIGKILL);
	while (waitpid(task, NULL, 0) < 0 && errno == EINTR)
		;
	task = -1;
}

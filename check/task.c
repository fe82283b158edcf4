// SPDX-License-Identifier: GPL-2.0-only
/* Accesses that may bring a signal, and tasks that may block in the kernel. */
#include "check/check.h"

#include "lib/limit_clock.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILL_MS = 5000, LOOK_MS = 20, STACK_BYTES = 256 << 10 };

/* ---- accesses -------------------------------------------------------------------------------- */

static __thread sigjmp_buf back;
static __thread struct check_touch caught;

static void catch_signal(int signal, siginfo_t *info, void *context)
{
	(void)context;
	caught = (struct check_touch){signal, info->si_code, info->si_addr};
	siglongjmp(back, 1);
}

struct check_touch check_guard(void (*access)(void *arg), void *arg)
{
	const struct sigaction catching = {.sa_sigaction = catch_signal, .sa_flags = SA_SIGINFO};
	struct sigaction old_bus, old_segv;

	caught = (struct check_touch){0};
	sigaction(SIGBUS, &catching, &old_bus);
	sigaction(SIGSEGV, &catching, &old_segv);
	if (!sigsetjmp(back, 1))
		access(arg);
	sigaction(SIGBUS, &old_bus, NULL);
	sigaction(SIGSEGV, &old_segv, NULL);
	return caught;
}

struct span {
	const volatile char *from;
	volatile char *to;
	size_t len;
	char value;
};

static void do_load(void *arg)
{
	struct span *s = arg;

	s->value = *s->from;
}

static void do_store(void *arg)
{
	struct span *s = arg;

	*s->to = s->value;
}

static void do_pages(void *arg)
{
	struct span *s = arg;

	for (size_t i = 0; i < s->len; i += PAGE_BYTES)
		(void)s->from[i];
}

static void do_copy(void *arg)
{
	struct span *s = arg;

	memcpy((void *)s->to, (const void *)s->from, s->len);
}

struct check_touch check_load(const volatile char *p, char *value)
{
	struct span s = {.from = p};
	struct check_touch touch = check_guard(do_load, &s);

	if (value && !touch.signal)
		*value = s.value;
	return touch;
}

struct check_touch check_store(volatile char *p, char value)
{
	struct span s = {.to = p, .value = value};

	return check_guard(do_store, &s);
}

struct check_touch check_load_pages(const volatile char *p, size_t len)
{
	struct span s = {.from = p, .len = len};

	return check_guard(do_pages, &s);
}

struct check_touch check_copy(void *to, const volatile char *from, size_t len)
{
	struct span s = {.from = from, .to = to, .len = len};

	return check_guard(do_copy, &s);
}

/* ---- tasks ----------------------------------------------------------------------------------- */

void *check_shared(struct check_env *env, size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	int rc = p == MAP_FAILED ? -errno : 0;

	if (!rc && mlock(p, bytes) < 0)
		rc = -errno;
	if (check_setup(env, rc, "%zu bytes of locked, shared memory", bytes))
		return p;
	if (p != MAP_FAILED)
		munmap(p, bytes);
	return NULL;
}

/* What of the stack a task will use is there before it may block: to grow it, the kernel wants the
 * lock that a blocked fault may hold. */
static void prepare_stack(void)
{
	volatile char stack[STACK_BYTES];

	for (size_t i = 0; i < sizeof(stack); i += PAGE_BYTES)
		stack[i] = 0;
	mlock((const void *)stack, sizeof(stack)); /* as far as the limit lets us */
}

int check_start(struct check_env *env, struct check_task *task, int (*fn)(void *arg), void *arg)
{
	pid_t parent = getpid();

	*task = (struct check_task){0};
	task->pid = fork();
	if (!task->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(255);
		prepare_stack();
		_exit(fn(arg) & 0xff);
	}
	if (task->pid > 0)
		return 0;
	task->pid = 0;
	check_broken(env, "cannot start a task: %s", strerror(errno));
	return -errno;
}

/* Returns once the process is over, or the time. */
static void wait_for_end(pid_t pid, unsigned int milliseconds)
{
	int64_t until_ms = limit_clock_ms() + milliseconds, left;
	struct pollfd p = {.events = POLLIN};

	p.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (p.fd < 0)
		return;
	while ((left = until_ms - limit_clock_ms()) > 0 &&
	       poll(&p, 1, left < LOOK_MS ? (int)left : LOOK_MS) <= 0)
		;
	close(p.fd);
}

bool check_wait(struct check_task *task, unsigned int milliseconds)
{
	int status;

	if (task->done || !task->pid)
		return true;
	wait_for_end(task->pid, milliseconds);
	if (waitpid(task->pid, &status, WNOHANG) != task->pid)
		return false;
	task->done = true;
	task->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return true;
}

bool check_flag(struct check_task *task, const volatile bool *flag, unsigned int milliseconds)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	int64_t until_ms = limit_clock_ms() + milliseconds;

	while (!*flag && limit_clock_ms() < until_ms && (!task || !check_wait(task, 0)))
		nanosleep(&pause, NULL);
	return *flag;
}

bool check_kill(struct check_task *task)
{
	if (task->done || !task->pid)
		return true;
	kill(task->pid, SIGKILL);
	return check_wait(task, KILL_MS);
}

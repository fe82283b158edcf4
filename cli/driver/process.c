// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/process.h"

#include "lib/base/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int process_cannot_tell;
int process_stop_limit_ms = PROCESS_STOP_LIMIT_MS;
bool process_says_it;
const char *process_phase;
int process_guard_fd = -1;

const char *volatile process_temporary;
void (*process_end_guard)(void);

static pid_t self; /* the process whose signals are caught */
static bool is_child, on_terminal;
static pid_t child; /* the program that runs, and its process group; 0: none */

/* ---- ends ----------------------------------------------------------------------------------- */

noreturn void process_exit(int status)
{
	if (process_cannot_tell && (status == STATUS_BROKEN || status == STATUS_USAGE))
		status = process_cannot_tell;
	exit(status);
}

noreturn void process_quit(int status, const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	msg_error("%s", text ? text : "out of memory");
	process_exit(status);
}

char *process_text(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		process_quit(STATUS_BROKEN, "out of memory");
	return text;
}

/* ---- running -------------------------------------------------------------------------------- */

static void on_signal(int signal);

/* Set for the programs that this one starts: an interruption is reported once, by the first. */
static const char CHILD[] = "DAXDM_CHILD";

void process_note(pid_t group)
{
	const struct process_note note = {.group = group, .limit_ms = process_stop_limit_ms};
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;

	if (process_guard_fd < 0)
		return;
	/* Without a guardian the program goes on all the same. */
	sigaction(SIGPIPE, &ignore, &before);
	if (write(process_guard_fd, &note, sizeof(note)) != sizeof(note))
		errno = 0;
	sigaction(SIGPIPE, &before, NULL);
}

void process_stop_group(pid_t group, int limit_ms)
{
	const struct timespec tick = {.tv_nsec = 50000000};

	if (kill(-group, SIGTERM) < 0)
		return;
	for (int waited_ms = 0; waited_ms < limit_ms; waited_ms += 50) {
		waitpid(group, NULL, WNOHANG); /* no zombie counts as alive */
		if (kill(-group, 0) < 0)
			return;
		nanosleep(&tick, NULL);
	}
	kill(-group, SIGKILL);
	waitpid(group, NULL, 0);
}

/* In a new process: these signals end it again. */
static void default_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction before;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!sigaction(signals[i], NULL, &before) && before.sa_handler == on_signal)
			signal(signals[i], SIG_DFL);
}

/* What is waited for while a program runs. */
static void signal_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGCHLD);
}

static int open_to(const char *path, int fd)
{
	int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	return to < 0 || dup2(to, fd) < 0 ? -errno : 0;
}

/* In the child. */
static noreturn void become(char **argv, const char *out, const char *err, pid_t parent)
{
	sigset_t none;
	int null, rc = 0;

	setpgid(0, 0);
	process_note(getpid());
	signal(SIGPIPE, SIG_DFL);
	default_signals();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	unsetenv("DAXDM_FROM"); /* all paths are as seen from here now */
	setenv(CHILD, "1", 1);
	if (getppid() != parent)
		_exit(STATUS_BROKEN);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0)
		rc = -errno;
	if (out && !rc)
		rc = strcmp(out, "&2") ? open_to(out, STDOUT_FILENO)
				       : dup2(STDERR_FILENO, STDOUT_FILENO);
	if (err && !rc)
		rc = strcmp(err, "&1") ? open_to(err, STDERR_FILENO)
				       : dup2(STDOUT_FILENO, STDERR_FILENO);
	if (rc >= 0) {
		execvp(argv[0], argv);
		rc = -errno;
	}
	msg_error("cannot run %s: %s", argv[0], strerror(-rc));
	_exit(127);
}

void process_start(struct words *command, const char *out, const char *err)
{
	char **argv = calloc(command->n + 1, sizeof(*argv));
	pid_t self = getpid();
	sigset_t set;

	if (!argv)
		process_quit(STATUS_BROKEN, "out of memory");
	memcpy(argv, command->list, command->n * sizeof(*argv));
	fflush(NULL);
	signal_set(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	child = fork();
	if (!child)
		become(argv, out, err, self);
	if (child > 0)
		setpgid(child, child);
	free(argv);
	words_free(command);
	if (child < 0) {
		child = 0;
		process_quit(STATUS_BROKEN, "cannot start a process: %s", strerror(errno));
	}
}

/* The line about an interruption.  Async-signal-safe. */
static void print_interrupted(int signal)
{
	const char *const parts[] = {
		on_terminal ? "\r\033[K" : "",
		"daxdm: ",
		signal == SIGINT    ? "interrupted"
		: signal == SIGTERM ? "terminated"
				    : "terminal closed (SIGHUP)",
		process_phase ? " in the phase " : "",
		process_phase ? process_phase : "",
		"\n",
	};
	char line[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (const char *c = parts[i]; *c && len < sizeof(line); c++)
			line[len++] = *c;
	if (write(STDERR_FILENO, line, len) < 0)
		errno = 0; /* there is nobody to tell */
}

static noreturn void interrupted(int signal)
{
	if (!process_says_it && !is_child)
		print_interrupted(signal);
	process_stop_group(child, process_stop_limit_ms);
	exit(128 + signal);
}

/* While no program runs.  exit() is not async-signal-safe, so that another process has to clean
 * up. */
static void on_signal(int signal)
{
	if (getpid() != self)
		_exit(128 + signal);
	if (!is_child)
		print_interrupted(signal);
	if (process_temporary)
		unlink(process_temporary);
	if (process_end_guard)
		process_end_guard();
	_exit(128 + signal);
}

void process_catch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal}, before;

	self = getpid();
	is_child = getenv(CHILD);
	on_terminal = isatty(STDERR_FILENO);
	signal_set(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!sigaction(signals[i], NULL, &before) && before.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}

bool process_wait(int timeout_ms, int *status)
{
	const struct timespec limit = {.tv_sec = timeout_ms / 1000,
				       .tv_nsec = timeout_ms % 1000 * 1000000L};
	sigset_t set;
	int seen, how;

	signal_set(&set);
	while (waitpid(child, &how, WNOHANG) != child) {
		seen = timeout_ms < 0 ? sigwaitinfo(&set, NULL) : sigtimedwait(&set, NULL, &limit);
		if (seen > 0 && seen != SIGCHLD)
			interrupted(seen);
		if (seen < 0 && errno == EAGAIN)
			return false;
	}
	*status = WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
	process_note(0);
	child = 0;
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return true;
}

int process_run(struct words *command, const char *out, const char *err)
{
	int status = STATUS_BROKEN;

	process_start(command, out, err);
	process_wait(-1, &status);
	return status;
}

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
int process_stop_limit_ms = 10000;
bool process_says_it;
const char *process_phase;
int process_guard_fd = -1;

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

/* ---- commands ------------------------------------------------------------------------------- */

static void add(struct words *command, const char *word)
{
	if (words_add(command, word, strlen(word)) < 0)
		process_quit(STATUS_BROKEN, "out of memory");
}

void command_add(struct words *command, const char *word, ...)
{
	va_list args;

	va_start(args, word);
	for (; word; word = va_arg(args, const char *))
		add(command, word);
	va_end(args);
}

void command_add_all(struct words *command, const struct words *more)
{
	for (size_t i = 0; i < more->n; i++)
		add(command, more->list[i]);
}

void command_add_each(struct words *command, const char *option, const struct words *list)
{
	for (size_t i = 0; i < list->n; i++)
		command_add(command, option, list->list[i], NULL);
}

/* ---- running -------------------------------------------------------------------------------- */

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

static noreturn void interrupted(int signal)
{
	if (!process_says_it && !getenv(CHILD)) {
		if (isatty(STDERR_FILENO))
			fputs("\r\033[K", stderr);
		msg_error("%s%s%s",
			  signal == SIGINT    ? "interrupted"
			  : signal == SIGTERM ? "terminated"
					      : "the terminal has gone",
			  process_phase ? " in the phase " : "",
			  process_phase ? process_phase : "");
	}
	process_stop_group(child, process_stop_limit_ms);
	exit(128 + signal);
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

// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/child.h"

#include "lib/base/limit_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t child_fork(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return -errno;
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	return 0;
}

/* Runs in the child and does not return.  If exec fails, sends errno through the pipe and exits
 * with 127. */
static void child_exec(char *const argv[], int out, int error_pipe)
{
	sigset_t none;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null >= 0 && dup2(null, 0) >= 0 && dup2(out, 1) >= 0 && dup2(out, 2) >= 0)
		execvp(argv[0], argv);
	if (write(error_pipe, &errno, sizeof(errno)) < 0)
		_exit(126);
	_exit(127);
}

/* Appends to said, keeping the end when it overflows. */
static void keep(char *said, size_t len, const char *chunk, size_t n)
{
	size_t have = strlen(said);

	if (n > len - 1) {
		chunk += n - (len - 1);
		n = len - 1;
	}
	if (have + n > len - 1) {
		size_t drop = have + n - (len - 1);

		memmove(said, said + drop, have - drop + 1);
		have -= drop;
	}
	for (size_t i = 0; i < n; i++)
		said[have + i] = chunk[i] == '\n' || !chunk[i] ? ' ' : chunk[i];
	said[have + n] = '\0';
}

/* Reads until end of file or the deadline.  Returns 0 or -ETIMEDOUT. */
static int collect(int fd, int64_t deadline_ms, char *said, size_t len)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = deadline_ms - limit_clock_ms();
		char chunk[1024];
		ssize_t n;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n > 0)
			keep(said, len, chunk, (size_t)n);
		else if (!n || errno != EINTR)
			return 0;
	}
}

int child_run(char *const argv[], unsigned int timeout_s, char *said, size_t len)
{
	int out[2], err[2], exec_errno = 0, status, rc;
	pid_t pid;

	said[0] = '\0';
	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(err, O_CLOEXEC) < 0) {
		rc = -errno;
		close(out[0]);
		close(out[1]);
		return rc;
	}
	pid = child_fork();
	if (!pid)
		child_exec(argv, out[1], err[1]);
	rc = pid < 0 ? pid : 0;
	close(out[1]);
	close(err[1]);
	if (rc < 0)
		goto out;
	rc = collect(out[0], limit_clock_ms() + (int64_t)timeout_s * 1000, said, len);
	if (rc < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!rc && read(err[0], &exec_errno, sizeof(exec_errno)) == sizeof(exec_errno))
		rc = -exec_errno;
	else if (!rc)
		rc = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
out:
	close(out[0]);
	close(err[0]);
	return rc;
}

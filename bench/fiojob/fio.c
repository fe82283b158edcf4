// SPDX-License-Identifier: GPL-2.0-only
#include "bench/fiojob/fio.h"

#include "lib/base/limit_clock.h"
#include "lib/run/supervise.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void in_directory(const struct fio *fio, const char *name, char path[192])
{
	snprintf(path, 192, "%s/%s", fio->directory, name);
}

FILE *fio_jobs(struct fio *fio)
{
	char path[192];

	*fio = (struct fio){0};
	snprintf(fio->directory, sizeof(fio->directory), "%s/daxdm-%d-fio-XXXXXX",
		 access("/run", W_OK) ? "/tmp" : "/run", /* memory, if it can be */
		 (int)supervise_owner());
	if (!mkdtemp(fio->directory)) {
		fio->directory[0] = '\0';
		return NULL;
	}
	in_directory(fio, "jobs.fio", path);
	return fopen(path, "we");
}

/* fio treats text after a `;` as a comment, and appends a redirection of the output to its
 * hooks. */
void fio_write_stops(FILE *jobs, const char *job)
{
	fprintf(jobs, "exec_prerun=echo before %s >stop && kill -STOP $PPID\n", job);
	fprintf(jobs, "exec_postrun=echo after %s >stop && kill -STOP $PPID\n", job);
}

/* In the child; does not return. */
static void become_fio(const struct fio *fio, const char *path, pid_t parent, int error_pipe)
{
	static char *const argv[] = {"fio", "--output-format=json", "--output=fio.json", "jobs.fio",
				     NULL};
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0); /* it and the shells of its hooks end together */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent && null >= 0 && dup2(null, 0) >= 0 && dup2(null, 1) >= 0 &&
	    dup2(null, 2) >= 0 && !chdir(fio->directory) && !setenv("FILE", path, 1))
		execvp(argv[0], argv);
	if (write(error_pipe, &errno, sizeof(errno)) < 0)
		_exit(126);
	_exit(127);
}

int fio_start(struct fio *fio, FILE *jobs, const char *path, unsigned int limit_s)
{
	int error_pipe[2], exec_errno = 0;
	pid_t pid, parent = getpid();
	sigset_t child;

	if (fclose(jobs) || pipe2(error_pipe, O_CLOEXEC) < 0)
		return -errno;
	/* SIGCHLD is blocked, so that sigtimedwait(2) waits with a limit and without a race. */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &fio->signals);
	fio->blocked = true;
	fio->left_s = limit_s;
	pid = fork();
	if (!pid)
		become_fio(fio, path, parent, error_pipe[1]);
	close(error_pipe[1]);
	if (pid < 0) {
		close(error_pipe[0]);
		return -EAGAIN;
	}
	fio->pid = pid;
	if (read(error_pipe[0], &exec_errno, sizeof(exec_errno)) != sizeof(exec_errno))
		exec_errno = 0;
	close(error_pipe[0]);
	return -exec_errno;
}

static void read_stop(const struct fio *fio, struct fio_stop *stop)
{
	char *text = fio_read(fio, "stop", false), when[8] = "";

	stop->job[0] = '\0';
	if (text)
		sscanf(text, "%7s %63s", when, stop->job);
	stop->after = !strcmp(when, "after");
	free(text);
}

static time_t now_s(void)
{
	return limit_clock_ms() / 1000;
}

/* Waits for a change of the child.  Returns 0, -ETIMEDOUT or -EINTR. */
static int wait_change(struct fio *fio, int *status)
{
	const time_t end_s = now_s() + fio->left_s;
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while (waitpid(fio->pid, status, WNOHANG | WUNTRACED) != fio->pid) {
		const time_t left_s = end_s - now_s();
		const struct timespec wait = {.tv_sec = left_s};

		if (supervise_interrupted())
			return -EINTR;
		if (left_s <= 0)
			return -ETIMEDOUT;
		sigtimedwait(&child, NULL, &wait);
	}
	fio->left_s = end_s > now_s() ? (unsigned int)(end_s - now_s()) : 0;
	return 0;
}

int fio_continue(struct fio *fio, struct fio_stop *stop)
{
	int rc;

	*stop = (struct fio_stop){0};
	/* A child that was not seen stopped may stop at this moment. */
	if (fio->stopped)
		kill(fio->pid, SIGCONT);
	fio->stopped = false;
	rc = wait_change(fio, &stop->status);
	if (rc < 0)
		return rc;
	stop->ended = !WIFSTOPPED(stop->status);
	fio->stopped = !stop->ended;
	if (stop->ended)
		fio->pid = 0;
	else
		read_stop(fio, stop);
	return 0;
}

char *fio_read(const struct fio *fio, const char *name, bool proc)
{
	char path[192], *text = NULL;
	size_t room = 0;
	FILE *in;

	if (proc)
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)fio->pid, name);
	else
		in_directory(fio, name, path);
	in = fopen(path, "re");
	if (!in)
		return NULL;
	/* Reads the whole file: text contains no NUL byte. */
	if (getdelim(&text, &room, '\0', in) < 0) {
		free(text);
		text = ferror(in) ? NULL : strdup("");
	}
	fclose(in);
	return text;
}

void fio_finish(struct fio *fio)
{
	DIR *dir = *fio->directory ? opendir(fio->directory) : NULL;
	const struct dirent *e;
	int status;

	if (fio->blocked)
		sigprocmask(SIG_SETMASK, &fio->signals, NULL);
	if (fio->pid) {
		kill(-fio->pid, SIGKILL);
		kill(fio->pid, SIGKILL);
		while (waitpid(fio->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	while (dir && (e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			unlinkat(dirfd(dir), e->d_name, 0);
	if (dir)
		closedir(dir);
	if (*fio->directory)
		rmdir(fio->directory);
	*fio = (struct fio){0};
}

// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/supervise.h"

#include "lib/base/msg.h"
#include "lib/run/journal.h"
#include "lib/run/leftovers.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GRACE_S = 60 };

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t grace_over;
static pid_t owner; /* the child of supervise() */

bool supervise_interrupted(void)
{
	return stop_signal;
}

static void on_signal(int signal)
{
	if (signal == SIGALRM)
		grace_over = 1;
	else if (signal != SIGCHLD) /* SIGCHLD only wakes the parent */
		stop_signal = signal;
}

/* Catches the signals that end a run, and blocks them and SIGCHLD; *before gets the previous
 * mask. */
static void catch_signals(sigset_t *before)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t blocked;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGCHLD, &action, NULL);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGHUP);
	sigaddset(&blocked, SIGALRM);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, before);
}

pid_t supervise_owner(void)
{
	return owner ? owner : getpid();
}

/* Creates the directory and its lock.  Existing objects with this PID belong to an earlier process
 * and are removed.  Returns 0, or -errno after one error line. */
static int begin(const char *directory)
{
	int rc = leftovers_claim();

	if (rc == -EEXIST && !leftovers_remove(getpid()))
		rc = leftovers_claim();
	if (rc < 0) {
		msg_error("cannot create %s-lock: %s", directory, strerror(-rc));
		return rc;
	}
	if (mkdir(directory, 0700) < 0) {
		rc = -errno;
		msg_error("cannot create %s: %s", directory, strerror(-rc));
	}
	return rc;
}

static void child_main(const struct supervised *s, pid_t parent)
{
	char directory[64];
	int status = STATUS_BROKEN;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(STATUS_BROKEN);
	owner = getpid();
	leftovers_directory(owner, directory);
	if (!begin(directory) && !journal_begin(owner, s->devices, s->n_devices))
		status = s->work(s->arg, directory);
	if (!rmdir(directory) || errno == ENOENT) {
		journal_end(owner);
		leftovers_disclaim();
	}
	exit(status);
}

/* Reports the remaining objects of the child in one line. */
static void report_left(pid_t pid, int rc)
{
	struct leftovers left;
	char text[512] = "";
	size_t len = 0;

	if (leftovers_find(pid, &left) < 0 && !left.n)
		len = (size_t)snprintf(text, sizeof(text), "cannot list them");
	for (size_t i = 0; i < left.n && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s", i ? ", " : "",
					left.list[i].kind, left.list[i].name);
	leftovers_free(&left);
	msg_error("cannot remove objects of this run (%s): %s; retry with `./run.sh cleanup`",
		  strerror(-rc), *text ? text : "none is listed");
}

/*
 * Removes all objects of the child, however it ended.  Returns 0, or -errno after one error line.
 */
static int clean_up_after(const struct supervised *s, pid_t pid, bool ended_well)
{
	int rc = leftovers_remove(pid);

	if (rc < 0) {
		report_left(pid, rc);
		return rc;
	}
	if (!ended_well)
		s->aftermath(s->arg);
	journal_end(pid);
	return rc;
}

/*
 * Waits for the child, forwards a stop signal to it, and kills it after the grace period.  Signals
 * are unblocked only in sigsuspend(2), so that none is missed.
 */
static int wait_for(pid_t pid, const sigset_t *unblocked)
{
	int status, handed_on = 0;

	while (!waitpid(pid, &status, WNOHANG)) {
		if (stop_signal && !handed_on) {
			handed_on = 1;
			kill(pid, SIGTERM);
			alarm(GRACE_S);
		}
		if (grace_over)
			kill(pid, SIGKILL);
		sigsuspend(unblocked);
	}
	alarm(0);
	return status;
}

static void part_main(int (*part)(void *arg), void *arg, pid_t parent)
{
	int rc;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(ECANCELED);
	rc = part(arg);
	_exit(fflush(NULL) && !rc ? EIO : -rc);
}

int supervise_run_child(int (*part)(void *arg), void *arg)
{
	pid_t parent = getpid(), pid;
	sigset_t before;
	int status;

	catch_signals(&before);
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		int rc = -errno;

		sigprocmask(SIG_SETMASK, &before, NULL);
		return rc;
	}
	if (!pid) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		part_main(part, arg, parent);
	}
	status = wait_for(pid, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	return -WEXITSTATUS(status);
}

int supervise(const struct supervised *s)
{
	pid_t parent = getpid(), pid;
	sigset_t before;
	int status, ended, rc = 0;

	catch_signals(&before);
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		msg_error("cannot fork the child of the run: %s", strerror(errno));
		return STATUS_BROKEN;
	}
	if (!pid) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		child_main(s, parent);
	}
	status = wait_for(pid, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	ended = WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_BROKEN;
	if (ended != STATUS_NEEDS_REBOOT || !s->expendable)
		rc = clean_up_after(s, pid, WIFEXITED(status) && ended != STATUS_BROKEN);
	if (WIFSIGNALED(status) && !stop_signal)
		msg_error("the child of the run died of signal %d (%s); %sthe run is incomplete",
			  WTERMSIG(status), strsignal(WTERMSIG(status)),
			  rc ? "" : "its mounts and devices were removed, ");
	if (stop_signal)
		return 128 + stop_signal;
	return rc < 0 ? STATUS_BROKEN : ended;
}

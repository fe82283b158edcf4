// SPDX-License-Identifier: GPL-2.0-only
#include "lib/supervise.h"

#include "lib/dm.h"
#include "lib/fs.h"
#include "lib/kevents.h"
#include "lib/msg.h"

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

bool interrupted(void)
{
	return stop_signal;
}

static void on_signal(int signal)
{
	if (signal == SIGALRM)
		grace_over = 1;
	else if (signal != SIGCHLD) /* that one only wakes the parent */
		stop_signal = signal;
}

/* Catches the signals that end a run, and blocks them and SIGCHLD; *before is the mask to wait
 * with. */
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

static void child_main(const struct supervised *s, pid_t parent)
{
	char directory[64];
	int status;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(STATUS_BROKEN);
	snprintf(directory, sizeof(directory), "/run/daxdm-%d", (int)getpid());
	if (mkdir(directory, 0700) < 0) {
		msg_error("cannot make %s: %s", directory, strerror(errno));
		exit(STATUS_BROKEN);
	}
	status = s->work(s->arg, directory);
	rmdir(directory);
	exit(status);
}

/* The child did not come home: remove what carries its id. */
static void clean_up_after(const struct supervised *s, pid_t pid)
{
	char directory[64];
	int rc;

	snprintf(directory, sizeof(directory), "/run/daxdm-%d", (int)pid);
	/* A suspended device would make the unmount wait for ever. */
	if (!dm_available())
		dm_resume_of(pid);
	rc = fs_unmount_below(directory);
	if (rc < 0)
		msg_error("cannot unmount below %s: %s", directory, strerror(-rc));
	if (!dm_available()) {
		rc = dm_remove_of(pid);
		if (rc < 0)
			msg_error("cannot remove the devices daxdm-%d-*: %s", (int)pid,
				  strerror(-rc));
	}
	rmdir(directory);
	kevents_remove();
	s->aftermath(s->arg);
}

/*
 * Waits for the child, hands a stop signal on to it, and kills it when its grace is over.  The
 * signals are blocked but while it sleeps, so that none comes between a look and the sleep.
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

int run_apart(int (*part)(void *arg), void *arg)
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
	int status;

	catch_signals(&before);
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		msg_error("cannot start the work: %s", strerror(errno));
		return STATUS_BROKEN;
	}
	if (!pid) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		child_main(s, parent);
	}
	status = wait_for(pid, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (WIFSIGNALED(status)) {
		clean_up_after(s, pid);
		if (!stop_signal)
			msg_error("the work died of signal %d (%s); its mounts and devices were "
				  "removed, the run is incomplete",
				  WTERMSIG(status), strsignal(WTERMSIG(status)));
	}
	if (stop_signal)
		return 128 + stop_signal;
	return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_BROKEN;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs fio as a child that stops, with all its threads, before and after each of its jobs.  While
 * it is stopped, its parent examines its mappings, its page frames and the counts of probes.
 */
#ifndef DAXDM_FIO_H
#define DAXDM_FIO_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct fio {
	pid_t pid;	     /* 0: no child */
	char directory[64];  /* for jobs, logs and JSON; "" if there is none */
	sigset_t signals;    /* of the caller, restored at the end */
	unsigned int left_s; /* until it is killed */
	bool blocked;	     /* SIGCHLD is */
	bool stopped;	     /* it is stopped */
};

/* The state of fio. */
struct fio_stop {
	bool ended;
	int status;   /* of waitpid(2), once it ended */
	char job[64]; /* the job before or after which it stopped */
	bool after;
};

/*
 * Creates the directory and opens the job file in it for writing.  Returns NULL with errno set on
 * failure; call fio_finish() in either case.
 */
FILE *fio_jobs(struct fio *fio);

/* Writes the options by which the job stops before and after. */
void fio_write_stops(FILE *jobs, const char *job);

/*
 * Closes the job file and starts fio in the directory, with its JSON in fio.json and FILE=path in
 * its environment.  limit_s is the time limit until fio_finish().  Returns 0, -ENOENT if fio is not
 * installed, or -errno.
 */
int fio_start(struct fio *fio, FILE *jobs, const char *path, unsigned int limit_s);

/*
 * Continues fio (if it is stopped) and waits until it stops again or ends.  Returns 0, -ETIMEDOUT
 * (fio is killed then), -EINTR if this run is interrupted, or -errno.
 */
int fio_continue(struct fio *fio, struct fio_stop *stop);

/* The text of a file in its directory, or of /proc/PID/NAME if proc; free() it.  NULL with errno
 * set on failure. */
char *fio_read(const struct fio *fio, const char *name, bool proc);

/* Kills fio if it runs, and removes the directory.  Accepts a partly started one. */
void fio_finish(struct fio *fio);

#endif

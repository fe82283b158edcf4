/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fio as a child that stops, with all its threads, before and after each of its jobs, so that what
 * holds it can be looked at from outside: its mappings, its page frames, what was counted
 * meanwhile.
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
	char directory[64];  /* of its own: the jobs, the logs, the JSON; "" if there is none */
	sigset_t signals;    /* of the caller, to be put back */
	unsigned int left_s; /* until it is ended by force */
	bool blocked;	     /* SIGCHLD is */
	bool stands;	     /* it was seen to */
};

/* Where it stands. */
struct fio_stop {
	bool ended;
	int status;   /* of waitpid(2), once it ended */
	char job[64]; /* before or after which job it stopped */
	bool after;
};

/*
 * Makes the directory and opens the job file in it for writing.  NULL with errno set; fio_finish()
 * in either case.
 */
FILE *fio_jobs(struct fio *fio);

/* Adds to the job file under way: the job stops before and after. */
void fio_write_stops(FILE *jobs, const char *job);

/*
 * Closes the job file and starts fio in the directory, its JSON in fio.json; FILE=path is in its
 * environment.  limit_s bounds all of it until fio_finish().  Returns 0, -ENOENT if there is no
 * fio, or -errno.
 */
int fio_start(struct fio *fio, FILE *jobs, const char *path, unsigned int limit_s);

/*
 * Lets it go on (if it stands) and waits until it stands again or ended.  Returns 0, -ETIMEDOUT
 * (it is killed then), -EINTR if this run was asked to end, or -errno.
 */
int fio_continue(struct fio *fio, struct fio_stop *stop);

/* The text of a file in its directory, or of /proc/PID/NAME if proc; to be freed; NULL with errno
 * set. */
char *fio_read(const struct fio *fio, const char *name, bool proc);

/* Kills it if it lives, takes the directory away; a half-started one is fine. */
void fio_finish(struct fio *fio);

#endif

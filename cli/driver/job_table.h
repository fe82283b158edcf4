/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The jobs that GNU parallel runs for a ladder, and their progress: which wait, run and have ended,
 * and how long the rest takes.
 *
 * A job writes DIR/LABEL.log and the run DIR/LABEL/.  DIR/jobs.tsv is the job log of GNU parallel,
 * to which later invocations append.  As in cli/driver/process.h errors end the process.
 */
#ifndef DAXDM_JOB_TABLE_H
#define DAXDM_JOB_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum job_table_state { JOB_TABLE_WAITING, JOB_TABLE_RUNNING, JOB_TABLE_ENDED };

struct job_table_job {
	const char *label;
	enum job_table_state state, reported;
	int64_t begun_s, seconds; /* seconds: how long it took, if it has ended */
	int status;		  /* its exit status then */
};

struct job_table {
	const char *dir;
	struct job_table_job *list; /* in the order of the file of GNU parallel */
	size_t n, n_ended;
	unsigned int at_a_time;
	long log_from;	    /* bytes of jobs.tsv from earlier times */
	int64_t guess_s;    /* how long one takes; 0: not known */
	unsigned int shown; /* lines on the terminal */
};

/* Adds a job that waits. */
void job_table_add(struct job_table *t, const char *label);

/* Begins the part of the job log that is of these jobs.  Returns its path, to be freed. */
char *job_table_begin_log(struct job_table *t);

/* Reads how far the jobs are, and prints it on stdout: on a terminal a line for each job, updated
 * in place; else a line when a job begins or ends. */
void job_table_show(struct job_table *t);

/* The log of a job.  To be freed. */
char *job_table_log(const char *dir, const char *label);

/* Why a job has not measured its run: the last error in its log.  To be freed. */
char *job_table_why_failed(const char *dir, const char *label);

#endif

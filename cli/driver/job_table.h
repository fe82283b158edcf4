/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The jobs of a ladder, and their progress: which wait, run and have ended, and how long the rest
 * takes.
 *
 * A job writes DIR/LABEL.log and the run DIR/LABEL/.  DIR/jobs.tsv is the job log, as of GNU
 * parallel, to which later invocations append.  As in cli/driver/process.h errors end the process.
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
	const char *runs;    /* what comes before the label in the path of a run; NULL: DIR/ */
	const char *what;    /* a line of run.jsonl that is counted: its type; NULL: record */
	const char *waiting; /* a file with the numbers, from 1, of those that wait after all; or
			      * NULL */
	struct job_table_job *list; /* in the order of the file of GNU parallel */
	size_t n, n_ended;
	unsigned int at_a_time; /* 0: as many as run */
	long log_from;		/* bytes of jobs.tsv from earlier times */
	int64_t guess_s;	/* how long one takes; 0: not known */
	unsigned int shown;	/* lines on the terminal */
};

/* Adds a job that waits. */
void job_table_add(struct job_table *t, const char *label);

/* Begins the part of the job log that is of these jobs.  Returns its path, to be freed. */
char *job_table_begin_log(struct job_table *t);

/* Reads how far the jobs are, and prints it where phases are printed: on a terminal a line for each
 * job, updated in place; else a line when a job begins or ends. */
void job_table_show(struct job_table *t);

/* The run of a job.  To be freed. */
char *job_table_run(const struct job_table *t, const char *label);

/* The log of a job.  To be freed. */
char *job_table_log(const char *dir, const char *label);

/* Why a job has not measured its run: the last error in its log.  To be freed. */
char *job_table_why_failed(const char *dir, const char *label);

#endif

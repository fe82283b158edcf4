// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/job_table.h"

#include "cli/driver/phase.h"
#include "cli/driver/process.h"
#include "cli/driver/workspace.h"
#include "lib/base/msg.h"
#include "lib/base/terminal.h"
#include "lib/base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void job_table_add(struct job_table *t, const char *label)
{
	t->list = realloc(t->list, (t->n + 1) * sizeof(*t->list));
	if (!t->list)
		process_quit(STATUS_BROKEN, "out of memory");
	t->list[t->n++] = (struct job_table_job){.label = label};
}

/* Lines on a terminal, but for the last one. */
enum { LINES_MAX = 40 };

/* ---- files of the jobs ---------------------------------------------------------------------- */

static char *log_path(const struct job_table *t)
{
	return process_text("%s/jobs.tsv", t->dir);
}

char *job_table_begin_log(struct job_table *t)
{
	char *path = log_path(t);
	FILE *log = fopen(path, "ae");

	if (!log)
		process_quit(STATUS_BROKEN, "cannot write %s: %s", path, strerror(errno));
	fseek(log, 0, SEEK_END);
	/* GNU parallel leaves the heading out of a log that it appends to. */
	if (!ftell(log))
		fputs("Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n",
		      log);
	t->log_from = ftell(log);
	fclose(log);
	return path;
}

char *job_table_log(const char *dir, const char *label)
{
	return process_text("%s/%s.log", dir, label);
}

char *job_table_why_failed(const char *dir, const char *label)
{
	char *log = job_table_log(dir, label), *why = workspace_last_error(log);

	if (!why)
		why = process_text("it ended early; %s", log);
	free(log);
	return why;
}

char *job_table_run(const struct job_table *t, const char *label)
{
	return t->runs ? process_text("%s%s", t->runs, label)
		       : process_text("%s/%s", t->dir, label);
}

static const char *what(const struct job_table *t)
{
	return t->what ? t->what : "record";
}

static size_t count_records(const struct job_table *t, const char *label)
{
	char *run = job_table_run(t, label), *path = process_text("%s/run.jsonl", run);
	char *packed = process_text("\"type\":\"%s\"", what(t));
	char *spaced = process_text("\"type\": \"%s\"", what(t)), *line = NULL;
	FILE *in = fopen(path, "re");
	size_t size = 0, n = 0;

	while (in && getline(&line, &size, in) > 0)
		n += strstr(line, packed) || strstr(line, spaced);
	if (in)
		fclose(in);
	free(line);
	free(run);
	free(path);
	free(packed);
	free(spaced);
	return n;
}

/* ---- progress ------------------------------------------------------------------------------- */

static char *minutes(int64_t seconds)
{
	return seconds < 100 ? process_text("%lld s", (long long)seconds)
			     : process_text("%lld min", (long long)(seconds + 30) / 60);
}

/* The jobs of which the log of GNU parallel says that they have ended. */
static void read_log(struct job_table *t)
{
	char *path = log_path(t), *line = NULL;
	FILE *in = fopen(path, "re");
	size_t size = 0, seq;
	double seconds;
	int status;

	if (in)
		fseek(in, t->log_from, SEEK_SET);
	t->n_ended = 0;
	while (in && getline(&line, &size, in) > 0) {
		if (sscanf(line, "%zu\t%*[^\t]\t%*[^\t]\t%lf\t%*[^\t]\t%*[^\t]\t%d", &seq, &seconds,
			   &status) != 3 ||
		    !seq || seq > t->n)
			continue;
		t->list[seq - 1].state = JOB_TABLE_ENDED;
		t->list[seq - 1].seconds = (int64_t)(seconds + 0.5);
		t->list[seq - 1].status = status;
		t->n_ended++;
	}
	if (in)
		fclose(in);
	free(line);
	free(path);
}

/* A job whose node failed waits again. */
static void read_waiting(struct job_table *t)
{
	FILE *in = t->waiting ? fopen(t->waiting, "re") : NULL;
	size_t number;

	while (in && fscanf(in, "%zu", &number) == 1)
		if (number && number <= t->n && t->list[number - 1].state == JOB_TABLE_RUNNING)
			t->list[number - 1].state = JOB_TABLE_WAITING;
	if (in)
		fclose(in);
}

/* What else there is to see of the jobs: which have begun, and how long one takes. */
static void read_states(struct job_table *t)
{
	int64_t sum = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct job_table_job *job = &t->list[i];
		char *log = job_table_log(t->dir, job->label);

		if (job->state == JOB_TABLE_ENDED) {
			sum += job->seconds;
		} else if (job->state == JOB_TABLE_WAITING && !access(log, F_OK)) {
			job->state = JOB_TABLE_RUNNING;
			job->begun_s = time(NULL);
		}
		free(log);
	}
	read_waiting(t);
	if (t->n_ended)
		t->guess_s = sum / (int64_t)t->n_ended;
}

/* A job may find that there is a run already, and names it in its last line. */
static bool has_run(const struct job_table *t, const char *label)
{
	char *run = job_table_run(t, label);
	bool has = !access(run, F_OK);

	free(run);
	return has;
}

static char *ended_text(const struct job_table *t, const struct job_table_job *job)
{
	char *text, *why;

	if (job->status > STATUS_FAILED) {
		why = job_table_why_failed(t->dir, job->label);
		text = process_text("%s: FAILED: %s", job->label, why);
	} else if (!has_run(t, job->label)) {
		char *log = job_table_log(t->dir, job->label);

		why = workspace_last_line(log);
		text = process_text("%s: %s", job->label, why ? why : "");
		free(log);
	} else {
		size_t n = count_records(t, job->label);

		why = minutes(job->seconds);
		text = process_text("%s: %zu %s%s in %s", job->label, n, what(t), text_plural(n),
				    why);
	}
	free(why);
	return text;
}

/* What the last line of a job's log says is left: "...|  123 s left". */
static int64_t left_of(const char *last)
{
	const char *bar = last ? strstr(last, "|  ") : NULL;
	long long s;

	return bar && sscanf(bar, "|  %lld s left", &s) == 1 ? s : -1;
}

/* Adds to *rest how long it still takes, if that is known. */
static char *running_text(struct job_table *t, const struct job_table_job *job, int64_t *rest)
{
	char *log = job_table_log(t->dir, job->label), *last = workspace_last_line(log);
	int64_t elapsed = time(NULL) - job->begun_s, left = left_of(last);
	char *text;

	if (t->n_ended && t->guess_s > elapsed) {
		*rest += t->guess_s - elapsed;
	} else if (left >= 0) {
		*rest += left;
		if (!t->n_ended)
			t->guess_s = elapsed + left;
	}
	text = process_text("%s: %lld s: %s", job->label, (long long)elapsed, last ? last : "");
	free(last);
	free(log);
	return text;
}

/* Whether a line is printed of that job now.  On a terminal each has one that is always up to date,
 * or, of many, each that runs; else it has one when it begins and when it ends. */
static bool has_line(const struct job_table *t, const struct job_table_job *job)
{
	if (isatty(fileno(phase_out())))
		return t->n <= LINES_MAX || job->state == JOB_TABLE_RUNNING;
	return job->state != job->reported && job->state != JOB_TABLE_WAITING;
}

static void tell(struct job_table *t, struct job_table_job *job, const char *text, const char *left)
{
	if (isatty(fileno(phase_out()))) {
		if (t->shown < LINES_MAX) {
			fprintf(phase_out(), "  %.*s\033[K\n", terminal_width() - 3, text);
			t->shown++;
		}
	} else if (job->state == JOB_TABLE_ENDED) {
		fprintf(phase_out(), "  %s; %s\n", text, left);
	} else {
		fprintf(phase_out(), "  %s: begun\n", job->label);
	}
}

/* "2 of 3 done, about 4 min left" */
static char *left_text(const struct job_table *t, int64_t rest, size_t waiting, size_t running)
{
	size_t most = t->at_a_time ? t->at_a_time : running ? running : 1;
	size_t side = most < running + waiting ? most : running + waiting;
	char *time_left, *text;

	if (!t->guess_s || !side)
		return process_text("%zu of %zu done", t->n_ended, t->n);
	time_left = minutes((rest + (int64_t)waiting * t->guess_s) / (int64_t)side);
	text = process_text("%zu of %zu done, about %s left", t->n_ended, t->n, time_left);
	free(time_left);
	return text;
}

/* The line of a job, to be freed; NULL: it has none now.  Counts it, and what it still takes. */
static char *line_of(struct job_table *t, const struct job_table_job *job, int64_t *rest,
		     size_t *waiting, size_t *running)
{
	if (job->state == JOB_TABLE_RUNNING) {
		++*running;
		return running_text(t, job, rest);
	}
	*waiting += job->state == JOB_TABLE_WAITING;
	if (!has_line(t, job))
		return NULL;
	return job->state == JOB_TABLE_ENDED ? ended_text(t, job)
					     : process_text("%s: waiting", job->label);
}

void job_table_show(struct job_table *t)
{
	char **texts = calloc(t->n, sizeof(*texts)), *left;
	size_t waiting = 0, running = 0;
	unsigned int before = t->shown;
	int64_t rest = 0;

	if (!texts)
		process_quit(STATUS_BROKEN, "out of memory");
	read_log(t);
	read_states(t);
	for (size_t i = 0; i < t->n; i++)
		texts[i] = line_of(t, &t->list[i], &rest, &waiting, &running);
	left = left_text(t, rest, waiting, running);
	if (isatty(fileno(phase_out())) && before)
		fprintf(phase_out(), "\033[%uA", before);
	t->shown = 0;
	for (size_t i = 0; i < t->n; i++) {
		struct job_table_job *job = &t->list[i];

		if (texts[i] && has_line(t, job))
			tell(t, job, texts[i], left);
		job->reported = job->state;
		free(texts[i]);
	}
	if (isatty(fileno(phase_out()))) {
		fprintf(phase_out(), "  %s\033[J\n", left);
		t->shown++;
	}
	free(left);
	free(texts);
}

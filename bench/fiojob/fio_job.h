/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fio job file of the user's (bench --fio): its sections become the variants of benchmark fio.
 *
 * Every option of the job is known: it is kept, replaced or left out (which is reported), or
 * refused by name.  An option that is not known is refused: it might change what a sample is.
 */
#ifndef DAXDM_FIO_JOB_H
#define DAXDM_FIO_JOB_H

#include "lib/base/words.h"

#include <jansson.h>

enum {
	/* Bytes of the file: fio_job_word() of it, each byte escaped, is at most a word of
	 * execve(2) (128 KiB). */
	FIO_JOB_TEXT_MAX = 65000,
	FIO_JOB_SECTIONS_MAX = 64,
};

/*
 * Reads the job file at path: bench_fio then has its sections as variants.  Returns 0, or -errno
 * after one error line that names the file, the line and the option.  Each word of notes is one
 * sentence on what is replaced or left out.
 */
int fio_job_read(const char *path, struct words *notes);

/* The same from the text of fio_job_word(). */
int fio_job_load(const char *word);

/* The same from what fio_job_json() wrote into a run; of a run without a job does nothing. */
int fio_job_again(const json_t *fio);

/* Forgets the job, so that bench_fio has no variants. */
void fio_job_free(void);

/* The job as one word of a command line; NULL if there is none.  It lives as long as the job. */
const char *fio_job_word(void);

/* {"name","digest","text":[LINE...],"replaced":[SENTENCE...]} for the context of a run; NULL if
 * there is none. */
json_t *fio_job_json(void);

/* Adds the metrics of the suite that do the same work as its sections.  Returns 0 or -ENOMEM. */
int fio_job_same_as(struct words *benches);

struct bench;
extern const struct bench bench_fio;

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the fiojob benchmark share: its manual is the head of fiojob.c. */
#ifndef DAXDM_FIOJOB_H
#define DAXDM_FIOJOB_H

#include "bench/fiojob/fio.h"
#include "bench/fiojob/fio_output.h"
#include "bench/timed_ops.h"

enum {
	FIOJOB_VARIANTS_MAX = 32,
	FIOJOB_NULLS_MAX = 8,
	FIOJOB_MAPPINGS_MAX = 64,
	FIOJOB_SAMPLES_MAX = 1024,
	FIOJOB_LIMIT_S = 120, /* for all jobs */
};

/* What one variant does. */
struct fiojob_plan {
	const char *job;     /* workloads/JOB.fio */
	const char *same_as; /* our own variant for the same work, without its size */
	enum { FIOJOB_CALL, FIOJOB_MAP, FIOJOB_BIO } by; /* system call with DAX, mapping, bio */
	bool write;
	bool sync;  /* fio must have got MAP_SYNC */
	bool queue; /* submission does the work: lat, not clat */
};

/* Each job is done twice: timed, and with the probes armed. */
enum fiojob_pass { FIOJOB_TIMED, FIOJOB_PROBED, FIOJOB_PASSES };

/* The samples of one pass. */
struct fiojob_log {
	struct fio_sample *samples;
	size_t n;
};

/* What was found out about one variant. */
struct fiojob_result {
	struct timed_ops_result ops;
	struct fiojob_log logs[FIOJOB_PASSES];
	bool map_sync;
	int64_t frames; /* of fio's mapping, each where it must be */
	int64_t fio_own;
};

/* A job of fio's null engine: what fio itself takes. */
struct fiojob_null {
	char name[40];
	const struct variant *like;
};

/* One per mounted filesystem. */
struct fiojob {
	struct datafile data;
	char path[256]; /* of the file */
	struct fio fio;
	bool done;
	enum fiojob_pass pass; /* of the job under way */
	struct probe_set probes;
	bool armed;
	struct fiojob_null nulls[FIOJOB_NULLS_MAX];
	unsigned int n_nulls;
	struct fio_mapping before[FIOJOB_MAPPINGS_MAX]; /* the job under way: fio's mmap engine
							 * leaves its mappings behind */
	unsigned int n_before;
	int64_t apart_ppm;
	char version[32];
	struct fiojob_result results[FIOJOB_VARIANTS_MAX];
};

/* What is counted; ends with NULL. */
extern const char *const fiojob_points[];

struct fiojob_result *fiojob_result(struct fiojob *f, const struct variant *variant);

/* "clat" or "lat". */
const char *fiojob_latency(const struct variant *variant);

/* How many I/Os the job does. */
size_t fiojob_ios(const struct bench_env *env, const struct variant *variant);

/* What the job writes, eight bytes as they stand in memory: recognised when it is read back. */
uint64_t fiojob_pattern(const struct fiojob *f, const struct variant *variant);

/* The null job for the direction and block size of a variant; NULL if there are too many. */
struct fiojob_null *fiojob_null_like(struct fiojob *f, const struct variant *variant);

/* The name of a variant's job: "VARIANT" and "probed.VARIANT". */
void fiojob_name(const struct variant *variant, enum fiojob_pass pass, char name[64]);

/* Copies a job file: one job, nothing said twice.  Returns 0, or -errno after one error line. */
int fiojob_copy(const char *path, FILE *jobs);

/*
 * Writes the jobs of the wanted variants (list ends with name == NULL), those on dax=never first,
 * of each kind first the timed ones, and at the end the null jobs.  Returns how many variants there
 * are.
 */
unsigned int fiojob_write(struct bench_env *env, struct fiojob *f, const struct variant *list,
			  FILE *jobs);

/* The proofs.  What does not hold is said in the variant's result. */
/* Before fio starts: the page frames of the file, by a mapping of our own.  Returns whether they
 * are right, else says why. */
bool fiojob_prove_file(const struct bench_env *env, const struct fiojob *f, char *why,
		       size_t why_len);
/* While fio stands before a job. */
void fiojob_prove_before(struct fiojob *f, const struct variant *variant);
/* While fio stands after it, the counts of the probe pass stopped. */
void fiojob_prove_after(struct bench_env *env, struct fiojob *f, const struct variant *variant);

#endif

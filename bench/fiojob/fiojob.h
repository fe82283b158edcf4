/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of the benchmarks fiojob (fiojob.c) and fio (fio_job.c). */
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
	FIOJOB_WINDOWS = 16,
	FIOJOB_FILE_BYTES = FIOJOB_WINDOWS * WINDOW_BYTES, /* if the namespace has room */
	FIOJOB_BLOCK_MAX = 2 << 20,
};

/* What one variant does. */
struct fiojob_plan {
	const char *job;     /* workloads/JOB.fio; NULL: options are the user's */
	const char *options; /* lines of a job file */
	const char *same_as; /* daxdm's variant for the same work, without its size; may be NULL */
	enum { FIOJOB_CALL, FIOJOB_MAP, FIOJOB_BIO } by; /* system call with DAX, mapping, bio */
	bool write;
	bool sync;  /* fio's mapping must be MAP_SYNC */
	bool queue; /* submission does the work: lat, not clat */
	/* Of a section of the user's. */
	bool commits;	  /* each write waits for the journal: it may make bios */
	bool nontemporal; /* stores past the cache */
	uint64_t bytes;	  /* of an I/O; 0: the variant's last word */
};

/* Each job runs twice: timed, and with probes armed. */
enum fiojob_pass { FIOJOB_TIMED, FIOJOB_PROBED, FIOJOB_PASSES };

/* The samples of one pass. */
struct fiojob_log {
	struct fio_sample *samples;
	size_t n;
};

/* The results of one variant. */
struct fiojob_result {
	struct timed_ops_result ops;
	struct fiojob_log logs[FIOJOB_PASSES];
	bool map_sync;
	int64_t frames; /* of fio's mapping, verified */
	int64_t fio_own;
};

/* A job of fio's null engine: fio's own cost. */
struct fiojob_null {
	char name[40];
	const struct variant *like;
};

/* One per mounted filesystem. */
struct fiojob {
	const struct variant *variants; /* of the benchmark */
	struct datafile data;
	char path[256]; /* of the file */
	struct fio fio;
	bool done;
	enum fiojob_pass pass; /* of the current job */
	struct probe_set probes;
	bool armed;
	struct fiojob_null nulls[FIOJOB_NULLS_MAX];
	unsigned int n_nulls;
	struct fio_mapping before[FIOJOB_MAPPINGS_MAX]; /* of earlier jobs */
	unsigned int n_before;
	int64_t clock_delta_ppm;
	char version[32];
	struct fiojob_result results[FIOJOB_VARIANTS_MAX];
};

struct fiojob_result *fiojob_result(struct fiojob *f, const struct variant *variant);

/* "clat" or "lat". */
const char *fiojob_latency(const struct variant *variant);

/* The bytes of an I/O. */
uint64_t fiojob_bytes(const struct variant *variant);

/* The number of I/Os of the job. */
size_t fiojob_ios(const struct bench_env *env, const struct fiojob *f,
		  const struct variant *variant);

/* BENCH.VARIANT of this suite that does the same work; "" if there is none. */
void fiojob_same_as(const struct variant *variant, char metric[64]);

/* The pattern that the job writes, eight bytes in memory order: recognised when it is read back. */
uint64_t fiojob_pattern(const struct fiojob *f, const struct variant *variant);

/* The null job for the direction and block size of a variant; NULL if there are too many. */
struct fiojob_null *fiojob_null_like(struct fiojob *f, const struct variant *variant);

/* The name of a variant's job: "VARIANT" and "probed.VARIANT". */
void fiojob_name(const struct variant *variant, enum fiojob_pass pass, char name[64]);

/* Copies a job file, which must have one job and no option twice.  Returns 0, or -errno after one
 * error line. */
int fiojob_copy(const char *path, FILE *jobs);

/*
 * Writes the jobs of the selected variants (list ends with name == NULL): those on dax=never first,
 * within each group the timed ones first, and the null jobs last.  Returns the number of variants.
 */
unsigned int fiojob_write(struct bench_env *env, struct fiojob *f, const struct variant *list,
			  FILE *jobs);

/* The functions of the descriptors. */
int fiojob_setup(struct bench_env *env, void **state);
int fiojob_once(struct bench_env *env, void *state, const struct variant *variant);
int fiojob_report(struct bench_env *env, void *state, const struct variant *variant);
void fiojob_teardown(struct bench_env *env, void *state);

/* The proofs.  A failed one makes the variant's result void. */
/* Before fio starts: verifies the page frames of the file through a mapping of this process.
 * Returns true, or false with a sentence in why. */
bool fiojob_prove_file(const struct bench_env *env, const struct fiojob *f, char *why,
		       size_t why_len);
/* While fio is stopped before a job. */
void fiojob_prove_before(struct fiojob *f, const struct variant *variant);
/* While fio is stopped after it, with the probes stopped. */
void fiojob_prove_after(struct bench_env *env, struct fiojob *f, const struct variant *variant);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads results/RUN/run.jsonl into structs.  All consumers of results (report, identical, compare)
 * use these and do not parse JSON lines.
 *
 * All strings and JSON values belong to the run and live until run_free().
 */
#ifndef DAXDM_RUN_H
#define DAXDM_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The supported schema of run.jsonl; it changes if the meaning of a field changes. */
#define RUN_SCHEMA 1

/* The page size of a record: the last word of its variant.  NONE: the variant names no page size
 * (the benchmark maps nothing). */
enum run_page { RUN_PAGE_PTE, RUN_PAGE_PMD, RUN_PAGE_FALLBACK, RUN_PAGE_NONE };

struct run_value {
	int64_t value; /* in the record's unit */
	int64_t count; /* samples that had it */
};

struct run_record {
	const char *id; /* metric id, unique within the run */
	const char *bench, *variant, *stack;
	const char *fs; /* "" for a benchmark that needs no filesystem */
	const char *unit, *better,
		*meter; /* "insn" or "ns"; "lower" or "higher"; "insn" or "time" */
	const char *digest;
	enum run_page page;
	size_t stack_rank;			 /* index into run.stacks */
	size_t bench_rank, variant_rank;	 /* into run.benches and run.variants */
	int64_t segments;			 /* of the stack's top device; 0 is raw */
	int64_t n;				 /* samples */
	int64_t min, p10, median, p90, p99, max; /* in unit */
	double mean;				 /* in unit */
	int64_t overhead;	  /* of the meter, in unit; already subtracted; -1 if not given */
	const json_t *proof;	  /* object, or NULL */
	struct run_value *values; /* ascending; their counts sum up to n */
	size_t n_values;
	unsigned int line; /* in the file, from 1 */
	/* NULL, or the same record in each of over->n runs, which are of several initial states of
	 * the kernel: the numbers above are then medians over the states
	 * (report/table/over_states.h). */
	const struct run_over *over;
};

struct run_over {
	size_t n;
	const unsigned int *state;	  /* of each run; ascending */
	const struct run_record **record; /* of each run, or NULL */
};

/* A group that was measured but whose proof failed (void), or that was not measured (skip). */
struct run_gap {
	const char *id, *why;
	const char *cure; /* "" if none was given */
};

struct run_observation {
	const char *id;
	const char *stack, *fs, *check; /* "" if not given */
	const json_t *value;
	const json_t *line; /* all of it */
};

/* The counts of a counted pass, with the id of the timed record. */
struct run_counted {
	const char *id, *bench, *variant, *stack, *fs;
	const char *why;    /* not "": why nothing was counted */
	int64_t operations; /* counted operations */
	const json_t
		*counters; /* NAME: {"value"} or {"unavailable", "cure"}; lib/meter/counters.h */
};

/* The verdict of one check, or of one planted fault. */
struct run_check {
	char id[112]; /* unique within the run: FAMILY.NAME, or FAMILY.NAME+PLANT */
	json_t *line; /* not const: a known bug may be added */
};

/* Names in the order of tables: as listed in the context, then in the order of records. */
struct run_names {
	const char **name;
	size_t n;
	json_t *rank; /* name -> index */
};

/* "" or -1 for fields that are missing in the context. */
struct run_context {
	const json_t *json; /* the whole line */
	const char *suite, *build, *meter, *cpu, *date;
	const char *release, *version, *build_id, *package; /* of the kernel */
	char kernel[512]; /* its name with replaced modules (lib/run/kernel_name.h) */
	char suffix[96];  /* "+dm-mod", for file names */
	const char *qemu, *accel, *emulated_cpu, *machine, *boot; /* of the emulated host */
	int64_t emulated_mem_mib;
	bool checks;	      /* a run of checks: verdicts, no records, and no meter */
	bool planted;	      /* with faults planted */
	int64_t seed, rounds; /* of random checks */
};

struct run {
	char *path; /* of the file */
	struct run_context context;
	struct run_names fs, benches, variants, stacks; /* variants: "BENCH.VARIANT" */
	struct run_record
		*records; /* by fs (its name), bench, page size, variant, stack, each in order */
	size_t n_records;
	struct run_record **by_id; /* the same, by strcmp of the id */
	struct run_observation *observations;
	size_t n_observations;
	struct run_check *checks; /* as they came */
	size_t n_checks;
	struct run_counted *counted; /* as they came */
	size_t n_counted;
	struct run_gap *voids, *skips;
	size_t n_voids, n_skips;
	size_t n_proven; /* passes of meter none: proven, no number kept */
	size_t n_unread; /* lines of a type that this reader does not know */
	bool ended;	 /* has its last line; without it the run is never a baseline */
	bool cut;	 /* the last line of the file is half a line */
	int64_t status;	 /* of the end line; 0 is good */
	json_t *lines;	 /* what all strings above point into */
};

/*
 * Reads the run at PATH: a directory that holds run.jsonl, or such a file.  A run without an end
 * line is read up to its last line.  Returns 0, or -errno with a sentence in why that names file
 * and line (-EINVAL: not a run of this schema, or its lines contradict each other or themselves:
 * lib/run/run_verify.h).  *run needs run_free() in either case.
 */
int run_read(const char *path, struct run *run, char *why, size_t why_size);

/* The same up to the first record, and the end: what the run is of, whether it is complete and
 * whether it has records.  What is between is neither read nor verified. */
int run_read_brief(const char *path, struct run *run, char *why, size_t why_size);

/* The same as run_read() from size bytes of memory; messages name it "memory". */
int run_read_memory(const char *text, size_t size, struct run *run, char *why, size_t why_size);

void run_free(struct run *run);

/* Whether the run has its end line with a good status; checks may have failed. */
bool run_is_complete(const struct run *run);

/* The name of the run at PATH, of which run_read() takes each form: the last part of its directory.
 * Returns buf. */
const char *run_name(const char *path, char *buf, size_t size);

/* The record of that metric id, or NULL. */
const struct run_record *run_find(const struct run *run, const char *id);

/* The page size in the last word of variant; *stem_len (may be NULL) gets the length of the part
 * before it ("read.warm" of "read.warm.pte"). */
enum run_page run_page_of(const char *variant, size_t *stem_len);

#endif

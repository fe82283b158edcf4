/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Measuring a kernel or this host into a run, for bench, compare, assert, bisect and explain.  As
 * in cli/driver/target.h errors end the process.
 */
#ifndef DAXDM_MEASURE_H
#define DAXDM_MEASURE_H

#include "cli/driver/target.h"
#include "lib/run/workload.h"
#include "report/compare/change.h"

/* What to measure, and how. */
struct measurement {
	struct workload by_hand; /* --stack, --fs, --bench */
	const char *workload;	 /* the file; measure_vet() chooses one */
	const char *fio;	 /* a fio job file, or NULL */
	bool quick, full, counters;
	const char *meter, *tracer;
	const char *profile; /* the plugin of explain, or NULL */
	unsigned int state;  /* initial state of the kernel (lib/meter/initial_state.h); 0: 1 */
	int64_t states;	     /* that measure_now() measures the workload in; 0: 1 */
	bool quiet;	     /* nothing on stdout */
	bool reversed;	     /* on a host: the last stack first */
	/* What measure_vet() makes of it. */
	struct workload whole;
	struct words fs_types; /* an initramfs for each */
	struct words args;     /* the workload as options of bench-here */
};

/* The file in a run's directory that lists the files of its replaced modules, one a line. */
#define MEASURE_MODULES "modules.txt"
/* That with the variables that changed its guests (emu/initramfs.sh), NAME=VALUE, one a line. */
#define MEASURE_VARIABLES "variables.txt"

/* Rows of the option table. */
#define MEASURE_WORKLOAD_OPTIONS(type, m)                                                       \
	OPTION("quick", OPTION_FLAG, offsetof(type, m.quick), NULL,                             \
	       "raw, linear:1 and linear:16 with the main variants"),                           \
		OPTION("full", OPTION_FLAG, offsetof(type, m.full), NULL, "everything"),        \
		OPTION("workload", OPTION_PATH, offsetof(type, m.workload), "FILE",             \
		       "a sweep of your own; see workloads/"),                                  \
		OPTION("fio", OPTION_PATH, offsetof(type, m.fio), "JOB",                        \
		       "a fio job file: its sections, and our benchmarks for the same"),        \
		OPTION("stack", OPTION_WORDS, offsetof(type, m.by_hand.stacks), "S",            \
		       "this stack instead of the workload's, e.g. linear:16,align=4k or "      \
		       "table:FILE"),                                                           \
		OPTION("fs", OPTION_WORDS, offsetof(type, m.by_hand.filesystems), "F",          \
		       "this filesystem instead, e.g. xfs:default or 'xfs:mkfs=-b size=1024'"), \
	{                                                                                       \
		.name = "bench", OPTION_WORDS, offsetof(type, m.by_hand.benches), "GLOB",       \
		"these benchmarks and variants instead, e.g. 'fault.read.*'"                    \
	}

#define MEASURE_STATES_OPTION(type, m)                                            \
	OPTION("states", OPTION_NUMBER, offsetof(type, m.states), "N",            \
	       "measure in N initial states of the kernel (default 1)", .min = 1, \
	       .max = CHANGE_STATES_MAX)

/* Refuses a workload that cannot be measured, and fills in the rest. */
void measure_vet(struct measurement *m);

/* Replaces filesystems by their canonical texts; ends the process if one is wrong. */
void measure_vet_filesystems(struct words *filesystems);

/* The stack, filesystem and benchmark of a metric id become those to be measured; of tax:ID raw,
 * too. */
void measure_plan_metric(struct measurement *m, const char *id);

/* Installs the programs that the benchmarks run on this host, or those of a guest. */
void measure_setup_programs(const struct measurement *m, bool on_host);

/* Makes the guests, one for each filesystem with the programs; target_free_guests() frees it. */
struct guest_files measure_make_guests(const struct measurement *m, const struct target *t,
				       const struct kernel *kernel);

/* Measures into the directory DIR, which must not exist.  kernel is NULL for this host.  Returns
 * the exit status of the run. */
int measure_run(const struct measurement *m, const struct target *t, const struct kernel *kernel,
		const struct guest_files *guests, const char *dir);

/* Measures the initial states 2 to m->states of the run in DIR.  Returns the exit status. */
int measure_further_states(const struct measurement *m, const struct target *t,
			   const struct kernel *kernel, const struct guest_files *guests,
			   const char *dir);

/* Whether the run in DIR is complete in its initial states 2 to STATES. */
bool measure_has_states(const char *dir, int64_t states);

/* Runs a command that writes run.jsonl into results on this host; nothing is left if it refused. */
int measure_on_this_host(struct words *command, const char *dir);

enum { MEASURE_DATE_CHARS = 64 };

/* Whether DIR holds a complete run which stands for that package, as below; *date gets its date.
 * The records are not read. */
bool measure_stands_for(const char *dir, const struct measurement *m, const struct target *t,
			const char *package, char date[MEASURE_DATE_CHARS]);

/* The newest complete run among dirs which stands for that package, made by this very build with
 * the seed, namespaces and kernel arguments of t, and just this workload; NULL: there is none.
 * Points into dirs. */
const char *measure_newest(const struct measurement *m, const struct target *t, const char *package,
			   const struct words *dirs);

/* The newest such run below results/; NULL: there is none.  To be freed. */
char *measure_find_run(const struct measurement *m, const struct target *t, const char *package);

/* Measures the kernel into the directory DIR below results/, which must not exist. */
void measure_into(const struct measurement *m, const struct target *t, const struct kernel *kernel,
		  const char *dir);

/* Measures the kernel into a run of its own, named BASE; returns its directory, to be freed. */
char *measure_now(const struct measurement *m, const struct target *t, const struct kernel *kernel,
		  const char *base);

/* A run of the kernel: the newest that will do, or, if anew, a module is replaced or there is none,
 * one made now, named RELEASE-TAG-TIME. */
char *measure_run_of(const struct measurement *m, const struct target *t, const char *kernel,
		     const char *tag, bool anew);

#endif

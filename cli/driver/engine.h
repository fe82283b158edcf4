/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What runs several jobs: GNU parallel on this host, or Slurm on many.  Both run the same file of
 * one command a line (cli/driver/parallel.h), and both write the same job log.
 *
 * With Slurm (cli/driver/slurm.sh) the current directory is one that all nodes share.  The results
 * directory then holds slurm/: jobs (the commands), runs (RUN LOG of each), fetch (kernels of the
 * first job), N.end (what became of element N; cli/slurm_element.c) and slurm.out (what Slurm
 * says).
 */
#ifndef DAXDM_ENGINE_H
#define DAXDM_ENGINE_H

#include "cli/driver/job_table.h"
#include "cli/options/cli.h"
#include "lib/base/words.h"

struct engine {
	const char *name; /* "parallel" or "slurm"; NULL: parallel */
	const char *partition, *constraint, *account;
	struct words options; /* more of sbatch */
};

/* Rows of the option table of a verb whose structure has a struct engine. */
#define ENGINE_OPTIONS(type, engine)                                                          \
	OPTION("engine", OPTION_TEXT, offsetof(type, engine.name), "E",                       \
	       "what runs several kernels: parallel, on this host (default), or slurm, one "  \
	       "job array",                                                                   \
	       .choices = "parallel|slurm"),                                                  \
		OPTION("partition", OPTION_TEXT, offsetof(type, engine.partition), "P",       \
		       "with --engine slurm: same as for sbatch"),                            \
		OPTION("constraint", OPTION_TEXT, offsetof(type, engine.constraint), "C",     \
		       "with --engine slurm: same as for sbatch"),                            \
		OPTION("account", OPTION_TEXT, offsetof(type, engine.account), "A",           \
		       "with --engine slurm: same as for sbatch"),                            \
	{                                                                                     \
		.name = "sbatch-option", OPTION_WORDS, offsetof(type, engine.options), "OPT", \
		"with --engine slurm: one more option of sbatch, e.g. --cpus-per-task=8"      \
	}

bool engine_is_slurm(const struct engine *e);

/* Refuses options of Slurm without it, Slurm where only one thing is to be done, and a host without
 * its commands. */
void engine_vet(const struct engine *e, bool several);

/* The cores of an element that runs so many guests: each uses one, and two run at a time. */
unsigned int engine_guest_cores(size_t guests);

/* What the jobs of a file need. */
struct engine_jobs {
	const char *path;	   /* of the file: engine_jobs_path() */
	unsigned int at_a_time;	   /* for GNU parallel */
	unsigned int cores;	   /* of an element of Slurm */
	const struct words *fetch; /* kernels of the archive, which are fetched before */
};

/* Where the file of the jobs of DIR is to be written.  To be freed; needs the workspace. */
char *engine_jobs_path(const struct engine *e, const char *dir);

/* Runs the jobs of t, shows their progress, and returns when all have ended.  Ends the process if
 * they cannot be run. */
void engine_run(const struct engine *e, struct job_table *t, const struct engine_jobs *jobs);

#endif

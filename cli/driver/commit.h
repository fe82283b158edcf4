/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernels of commits of a git repository, built when they are measured (emu/commit.sh).  As in
 * cli/driver/target.h errors end the process. */
#ifndef DAXDM_COMMIT_H
#define DAXDM_COMMIT_H

#include "cli/driver/target.h"

/* How kernels are built. */
struct commit_build {
	const char *git_dir; /* the repository; NULL: kernels are not built from commits */
	const char *config;  /* the file with their configuration */
	int64_t compilers;   /* that run at a time */
};

/* What the context of a run of that commit with that configuration calls its package.  To be freed;
 * needs the workspace. */
char *commit_package(const struct commit_build *c, const char *commit);

/* Builds the kernel; prints the phase. */
struct kernel commit_kernel(const struct commit_build *c, const char *commit, const char *package);

#endif

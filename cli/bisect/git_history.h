/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commits of a git repository as a history to bisect, named by their object names.  The middle
 * is that of git-bisect(1).  Nothing is written into the repository.  As in cli/driver/process.h
 * errors end the process; needs the workspace.
 */
#ifndef DAXDM_GIT_HISTORY_H
#define DAXDM_GIT_HISTORY_H

#include "cli/bisect/bisection.h"

/* Of the repository with that git directory, which outlives it. */
struct bisection_history git_history(char *git_dir);

/* The absolute path of the git directory of the repository that DIR is in.  Ends the process if it
 * is in none.  To be freed. */
char *git_history_dir(const char *dir);

/* The object name of the commit that the user calls REV; NULL: there is none.  To be freed. */
char *git_history_commit(const char *git_dir, const char *rev);

/* How many commits bad contains and good does not. */
size_t git_history_count(const char *git_dir, const char *good, const char *bad);

/* The subject of a commit.  To be freed. */
char *git_history_subject(const char *git_dir, const char *commit);

#endif

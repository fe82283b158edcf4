/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a verb keeps in build/, or in the cache of an installed daxdm, while it runs: locks, a
 * directory for temporary files, names of runs that it has claimed.  run.sh sees to it that the
 * current directory is the checkout, or the user's if daxdm is installed.
 *
 * Everything is removed at exit.  If the process is killed its guardian, a process of its own, ends
 * the program that ran and removes the rest; if both are killed the next verb does.
 */
#ifndef DAXDM_WORKSPACE_H
#define DAXDM_WORKSPACE_H

#include <stdbool.h>

/* Makes it.  Ends the process with one error line if it cannot be written to. */
void workspace_open(void);

/* Removes what runs left that were killed together with their guardians; workspace_open() does it,
 * too. */
void workspace_sweep(void);

/* Whether build/ cannot be written to: what only reads and prints can be done then.  Makes the
 * cache of an installed daxdm. */
bool workspace_is_read_only(void);

/* The path of a temporary file of that name.  To be freed. */
char *workspace_path(const char *name);

/* A name for a run which no other run has: base, or base.N.  To be freed. */
char *workspace_claim(const char *base);

/* Makes results/, or the directory DIR and those above it.  Ends the process if it cannot. */
void workspace_make_dir(const char *dir);

/* A directory that is removed at exit if nothing came into it. */
void workspace_may_be_empty(const char *dir);

/* "20260131T235959". */
char *workspace_timestamp(void);

/* Whole lines of a file, without their newlines; the last one, or NULL. */
char *workspace_last_line(const char *path);
/* The last line of msg_error(), notes are none; or NULL. */
char *workspace_last_error(const char *path);
/* The first line of a file.  Ends the process if it cannot be read. */
char *workspace_first_line(const char *path);

/* Installs what is missing of the named groups of packages.txt, up to NULL (run.sh setup). */
void workspace_setup(const char *group, ...) __attribute__((sentinel));

#endif

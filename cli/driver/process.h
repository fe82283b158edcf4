/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The programs that a verb runs, one after the other, each in a process group of its own.
 *
 * SIGINT, SIGTERM and SIGHUP end the program first, by SIGTERM, and what is left of its group
 * after a limit by SIGKILL; then this process says what was interrupted and exits with 128 plus
 * the signal's number.  If this process is killed and cannot do that, its guardian does
 * (cli/driver/workspace.c).
 */
#ifndef DAXDM_PROCESS_H
#define DAXDM_PROCESS_H

#include "lib/base/words.h"

#include <stdbool.h>
#include <stdnoreturn.h>
#include <sys/types.h>

/* Ends this process after an error line.  A verb that measures for git-bisect(1) sets
 * process_cannot_tell to 125: it takes the place of STATUS_BROKEN and STATUS_USAGE then. */
extern int process_cannot_tell;
noreturn void process_quit(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
noreturn void process_exit(int status);

/* Text as of printf().  To be freed; ends the process without memory. */
char *process_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Runs the command, whose stdin is /dev/null, and frees it.  out and err are files to write stdout
 * and stderr to; NULL: those of this process; "&1" for err: where stdout goes; "&2" for out: where
 * stderr goes.
 * Returns its exit status, 128 plus the signal if it was killed, 127 if it could not be started.
 */
int process_run(struct words *command, const char *out, const char *err);

/* The same in two steps: the second waits at most so long, and returns whether it has ended. */
void process_start(struct words *command, const char *out, const char *err);
bool process_wait(int timeout_ms, int *status);

/* How long a program may take to end, and whether it says itself that it was interrupted. */
enum { PROCESS_STOP_LIMIT_MS = 10000 };
extern int process_stop_limit_ms;
extern bool process_says_it;

/* What is being done: for the line about an interruption.  NULL: nothing that has a name. */
extern const char *process_phase;

/* Where what the guardian has to know is written; -1: there is none. */
struct process_note {
	pid_t group; /* 0: no program runs; -1: all is cleaned up */
	int limit_ms;
};
extern int process_guard_fd;
void process_note(pid_t group);

/*
 * SIGINT, SIGTERM and SIGHUP that arrive while no program runs end this process in the same way:
 * one line, nothing left, 128 plus the signal's number.  A signal that was ignored before stays
 * ignored.
 */
void process_catch_signals(void);

/* A file to be removed then; NULL: there is none. */
extern const char *volatile process_temporary;

/* Ends the guardian, which removes what the workspace holds, and waits for it; NULL: there is none.
 * Async-signal-safe. */
extern void (*process_end_guard)(void);

/* Ends what is left of a process group. */
void process_stop_group(pid_t group, int limit_ms);

#endif

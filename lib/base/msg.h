/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages for users, and exit statuses.  An error message is one line: what was tried, on what,
 * the error, and what to do next.
 */
#ifndef DAXDM_MSG_H
#define DAXDM_MSG_H

/* Exit status of every verb (DESIGN.md, "Contracts").  2 is left to make(1). */
enum exit_status {
	STATUS_GOOD = 0,
	STATUS_FAILED = 1, /* a regression or a failed check */
	STATUS_NOT_COMPARABLE = 3,
	STATUS_BROKEN = 4, /* the harness failed: the result says nothing about the kernel */
	STATUS_USAGE = 64,
	STATUS_NEEDS_REBOOT = 75, /* emulated host only: the remaining checks need a fresh boot */
	STATUS_SKIPPED = 77,
};

/* Prints "daxdm: TEXT\n" on stderr.  TEXT may quote a guest or a file; unprintable characters are
 * escaped as \x1b (lib/base/text.h).  Preserves errno. */
void msg_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The number of error lines that this process printed so far: shows whether a failure was already
 * explained. */
unsigned int msg_errors(void);

/* The same with the prefix "daxdm: note: ", for information that is not an error. */
void msg_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What daxdm says to people, and the exit status it leaves.  Error text says what was tried, on
 * what, what came back, and what to do next, in one line.
 */
#ifndef DAXDM_MSG_H
#define DAXDM_MSG_H

/* Exit status of every verb (DESIGN.md, "Contracts").  2 is left to make(1). */
enum exit_status {
	STATUS_GOOD = 0,
	STATUS_FAILED = 1, /* a regression or a failed check */
	STATUS_NOT_COMPARABLE = 3,
	STATUS_BROKEN = 4, /* the harness broke: nothing was found out about the kernel */
	STATUS_USAGE = 64,
	STATUS_NEEDS_REBOOT = 75, /* emulated host only: the remaining checks need a fresh boot */
	STATUS_SKIPPED = 77,
};

/* Prints "daxdm: TEXT\n" on stderr, with what cannot be printed in TEXT as \x1b (lib/base/text.h):
 * it may quote a guest or a file.  errno is kept. */
void msg_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* How many it printed in this process so far: whether a failure was explained where it happened. */
unsigned int msg_errors(void);

/* The same with "daxdm: note: " in front: something worth knowing that is not an error. */
void msg_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

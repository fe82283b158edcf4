/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The given time of a QEMU: wall time minus the time in which its threads were runnable but waited
 * for a processor of this host.  Time limits count it, here and in the guest
 * (lib/base/limit_clock.h), so that a loaded host does not make a guest exceed them.
 */
#ifndef DAXDM_GIVEN_H
#define DAXDM_GIVEN_H

#include "lib/base/limit_clock.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { GIVEN_THREADS_MAX = 128 };

struct given {
	pid_t pid; /* 0: none; given time is wall time */
	int64_t looked_ns, given_ns;
	int64_t owed_ns; /* counted as given during a wait that ended later; at most 1 s */
	struct given_thread {
		int tid;
		uint64_t waited_ns;
	} threads[GIVEN_THREADS_MAX];
	unsigned int n;
	struct limit_clock_page *page; /* published to the guest, or NULL */
};

/* Watches another process from now on (0: none); the given time so far stays, and nothing is
 * deducted for waits of the last process. */
void given_watch(struct given *given, pid_t pid);

/*
 * Updates the given time; call it every 10 to 50 ms.  Of a longer interval only 250 ms count.
 * Source: proc_pid_schedstat(5), the second number, of every thread.
 */
void given_look(struct given *given);

int64_t given_ms(const struct given *given);

/* given_look() with a directory like /proc/PID/task and a time in ns. */
void given_look_at(struct given *given, const char *tasks, int64_t now_ns);

/*
 * The state of a limit that began at given_since_ms of the given time and wall_since_ms of
 * CLOCK_MONOTONIC.  LIMIT_OVER: so much given time has passed.  LIMIT_STARVED: it has not, after
 * LIMIT_CLOCK_PATIENCE times as much wall time.
 */
enum limit { LIMIT_AHEAD, LIMIT_OVER, LIMIT_STARVED };
enum limit given_limit(const struct given *given, int64_t given_since_ms, int64_t wall_since_ms,
		       int64_t limit_ms);

/* The processor time of a process so far in ms, of all its threads; 0 if it cannot be read.
 * Source: proc_pid_stat(5), utime and stime. */
int64_t given_processor_ms(pid_t pid);

#endif

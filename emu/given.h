/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much time a QEMU was given: the time that passed, without that which its threads waited for a
 * processor of this host.  Limits count it, here and in the guest (lib/base/limit_clock.h), so that
 * a busy host makes a guest slow and nothing else.
 */
#ifndef DAXDM_GIVEN_H
#define DAXDM_GIVEN_H

#include "lib/base/limit_clock.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { GIVEN_THREADS_MAX = 128 };

struct given {
	pid_t pid; /* 0: nobody is watched, time passes as it does */
	int64_t looked_ns, given_ns;
	int64_t owed_ns; /* counted as given during a wait that ended later */
	struct given_thread {
		int tid;
		uint64_t waited_ns;
	} threads[GIVEN_THREADS_MAX];
	unsigned int n;
	struct limit_clock_page *page; /* published to the guest, or NULL */
};

/* From now on, a process (0: none) is watched; what was given before stays. */
void given_watch(struct given *given, pid_t pid);

/*
 * Looks again; to be called every few hundredths of a second: of a longer time only a quarter of a
 * second counts.  Source: proc_pid_schedstat(5), the second number, of every thread.
 */
void given_look(struct given *given);

int64_t given_ms(const struct given *given);

/* What given_look() does, for a directory like /proc/PID/task and a time in ns. */
void given_look_at(struct given *given, const char *tasks, int64_t now_ns);

/*
 * Whether a limit is over that began when the given time was given_since_ms and CLOCK_MONOTONIC
 * wall_since_ms.  LIMIT_STARVED: it is not, but this host took so long that it will not be.
 */
enum limit { LIMIT_AHEAD, LIMIT_OVER, LIMIT_STARVED };
enum limit given_limit(const struct given *given, int64_t given_since_ms, int64_t wall_since_ms,
		       int64_t limit_ms);

/* The processor time of a process so far in ms, of all its threads; 0 if it cannot be read.
 * Source: proc_pid_stat(5), utime and stime. */
int64_t processor_time_ms(pid_t pid);

#endif

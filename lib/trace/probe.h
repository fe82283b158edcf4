/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts hits of kernel functions and tracepoints for the probe pass: by this thread and threads
 * that it starts meanwhile, or by another process.  No probe stays armed after probe_close(): the
 * timed pass runs without probes.
 */
#ifndef DAXDM_PROBE_H
#define DAXDM_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROBE_MAX = 8 };

struct probe_set {
	pid_t process; /* the counted process with all its threads; 0: this thread */
	unsigned int n;
	struct {
		const char *name;
		int *fds;	    /* one, or one for each processor or thread */
		unsigned int n_fds; /* 0: this kernel has no such function or tracepoint */
		uint64_t count, before;
	} points[PROBE_MAX];
};

/*
 * Adds a point: "function" is a kprobe, "system:event" a tracepoint; with a leading `*` hits of all
 * processes on all processors are counted.  It is stopped until probe_start().  Returns 0, or
 * -errno if this kernel or host does not support it; the point is then kept as unavailable.
 * Source: perf_event_open(2), PMU types kprobe and tracepoint.
 *
 * A function that is counted for this thread must not be armed while the thread runs another
 * program: forks of that program inherit the event, for which the kernel reads the name again at
 * its address in this process, and fails (EFAULT).  Tracepoints, and functions with a `*`, may be
 * armed.
 */
int probe_add(struct probe_set *set, const char *point);

void probe_start(struct probe_set *set);
/* Stops counting and reads the counts. */
void probe_stop(struct probe_set *set);
void probe_close(struct probe_set *set);

/* The count of a point, or -1 if it is unavailable or unknown. */
int64_t probe_count(const struct probe_set *set, const char *point);

#endif

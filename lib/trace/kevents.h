/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries and exits of kernel functions as events of the tracing filesystem, and a log of them in
 * an instance of its own whose clock is the time-stamp counter.  For kernels where BPF programs
 * cannot be attached otherwise, or not at all.
 *
 * Source: Documentation/trace/kprobetrace.rst, ftrace.rst (trace_clock x86-tsc, instances).
 */
#ifndef DAXDM_KEVENTS_H
#define DAXDM_KEVENTS_H

#include "lib/trace/tracer_log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* daxdm_PID: the group of this process's events, and the name of its tracing instance. */
const char *kevents_group(void);

/* Whether kprobes can be made: 0, -ENOENT (no tracing filesystem, or CONFIG_KPROBE_EVENTS=n),
 * -EACCES or -EPERM (not root, locked down). */
int kevents_available(void);

/*
 * Makes the event of a function's entry or exit, not enabled.  Exits hold as many calls at a time
 * as the deepest stack makes: kretprobes would else miss calls within calls.  There already is
 * fine.  Returns 0 or -errno (-ENOENT: the kernel has no such function).
 */
int kevent_add(const char *name, bool leaves);

/* Its number for perf_event_open(2).  Returns 0 or -errno. */
int kevent_id(const char *name, bool leaves, uint64_t *id);

/* Opens a thread's log.  Returns 0 or -errno; -EINVAL: the kernel has no clock x86-tsc. */
int klog_open(pid_t thread);
int klog_enable(const char *name, bool leaves, bool on);
int klog_clear(void);
/* Reads the log; name_of() says how functions are called.  Returns the number of stamps, -EOVERFLOW
 * if some found no room there or in stamps, or -errno. */
long klog_read(const char *(*name_of)(enum tracer_function), struct stamp *stamps, size_t max);

/*
 * One line of a log: "daxdm-71 [000] ..... 30157446789: enter_F: (F+0x0/0x60) pages=1"; the clock
 * is no time, and so the number whole.  Pure.  Returns whether it is a stamp of that thread.
 */
bool klog_line(const char *line, pid_t thread, const char *(*name_of)(enum tracer_function),
	       struct stamp *stamp);

/* Calls visit() for each event (daxdm_PID/NAME) and log (a path) of this process and of dead ones.
 */
void kevents_each(void (*visit)(pid_t owner, const char *name, void *arg), void *arg);

/* Removes log and events of this process, and those that dead ones left.  Nothing of them may be in
 * use here. */
void kevents_remove(void);

#endif

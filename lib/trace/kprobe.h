/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kprobes and tracepoints: arming, reading and removing them.  There are two interfaces:
 *
 *   perf events    for one thread or one processor, gone with their file descriptor
 *   kprobe events  of the tracing filesystem: they can set maxactive of kretprobes, and count hits
 *                  without a file descriptor per function and processor; they persist until they
 *                  are removed
 *
 * Source: perf_event_open(2), PMU types kprobe and tracepoint; Documentation/trace/kprobetrace.rst.
 */
#ifndef DAXDM_KPROBE_H
#define DAXDM_KPROBE_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- perf events ------------------------------------------------------------------------------
 */

/*
 * Fills attr for a point, disabled: "function" is a kprobe (at_return: a kretprobe), "system:event"
 * a tracepoint.  attr borrows the name.  Returns 0, or -errno if this kernel has no such tracepoint
 * or no kprobes; kprobe_open() fails if it lacks the function.
 */
int kprobe_describe(const char *point, bool at_return, struct perf_event_attr *attr);

/* For a thread (0: this one) on any processor, or with thread -1 for one processor.  Returns a file
 * descriptor or -errno (-ENODEV: that processor is not online). */
int kprobe_open(const struct perf_event_attr *attr, pid_t thread, int cpu);

/*
 * Without ftrace a kprobe is a breakpoint, of which the kernel makes a jump after some milliseconds
 * where it can.  Returns whether that may happen: what one kprobe costs is then not what another
 * one costs.  Source: Documentation/trace/kprobes.rst, "How Does Jump Optimization Work?".
 */
bool kprobe_cost_changes(void);

/* Stays with breakpoints if there is no ftrace.  For an emulated host: it is not undone. */
void kprobe_keep_cost(void);

/* ---- kprobe events ----------------------------------------------------------------------------
 */

/* Whether kprobe events can be created: 0, -ENOENT (no tracing filesystem, or
 * CONFIG_KPROBE_EVENTS=n), -EACCES or -EPERM (not root, or lockdown). */
int kprobe_events_available(void);

/*
 * Creates the disabled event of a function's entry or return in the group of this process.
 * maxactive of a return is the number of nested calls of the deepest stack: otherwise kretprobes
 * miss nested calls.  An existing event is no error.  Returns 0 or -errno (-ENOENT: the kernel has
 * no such function).
 */
int kprobe_event_add(const char *function, bool at_return);

/* Opens the event as a perf event of this thread, and creates it first if necessary.  Returns a
 * file descriptor or -errno. */
int kprobe_event_open(const char *function, bool at_return);

/* Enables or disables all events of this process.  Returns 0 or -errno. */
int kprobe_events_enable(bool on);

/* Calls visit() with the hits since its creation of each event at an entry, of any process.
 * Returns 0 or -errno.  Source: kprobe_profile. */
int kprobe_events_hits(void (*visit)(const char *function, uint64_t hits, void *arg), void *arg);

/* Calls visit() for each event (daxdm_PID/NAME) of this process and of dead ones. */
void kprobe_events_each(void (*visit)(pid_t owner, const char *name, void *arg), void *arg);

/* Removes the events of this process and those of dead processes.  This process must not have them
 * open. */
void kprobe_events_remove(void);

#endif

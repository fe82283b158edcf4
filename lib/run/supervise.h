/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guaranteed cleanup: the work runs in a child.  However the child ends (return, error, signal,
 * crash), the parent finds and removes all objects with the child's PID (lib/run/leftovers.h).  If
 * the parent is killed, the child is terminated and cleans up.
 */
#ifndef DAXDM_SUPERVISE_H
#define DAXDM_SUPERVISE_H

#include "lib/dev/namespace.h"

#include <stdbool.h>
#include <sys/types.h>

struct supervised {
	/* Runs in the child; returns an enum exit_status.  It must check supervise_interrupted()
	 * between steps and return if that is true. */
	int (*work)(void *arg, const char *directory);
	/* Runs in the parent if the child died or broke; the mounts and devices are gone. */
	void (*aftermath)(void *arg);
	void *arg;
	/* What the user named: lib/run/journal.h has them until they are blank again. */
	const struct namespace *devices;
	unsigned int n_devices;
	/* The host is discarded if the work returns STATUS_NEEDS_REBOOT: nothing is removed
	 * then. */
	bool expendable;
};

/*
 * Runs s->work(arg, directory) with a new directory.  Returns its exit status, 128 + signal if the
 * run was interrupted by a signal, or STATUS_BROKEN after one error line if the child crashed or
 * objects could not be removed.
 */
int supervise(const struct supervised *s);

/*
 * For the work: forks a child that runs part(arg), and waits for it.  Its changes of memory,
 * allocations and mappings are lost at its end, so that each part starts from the same process
 * state; only shared memory returns results.  Returns the result of part, 0 or -errno.  If the
 * child dies of a signal, so does the caller, and supervise() cleans up.
 */
int supervise_run_child(int (*part)(void *arg), void *arg);

/* The PID that names of objects contain: of the child of supervise(), or of this process if there
 * is none. */
pid_t supervise_owner(void);

/* Whether the work was asked to stop. */
bool supervise_interrupted(void);

#endif

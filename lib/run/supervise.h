/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nothing is left behind: the work runs in a child, and whatever way it ends (return, error,
 * signal, crash) the parent looks for what carries the child's id (lib/run/leftovers.h) and removes
 * it. A killed parent takes the child with it, which then cleans up after itself.
 */
#ifndef DAXDM_SUPERVISE_H
#define DAXDM_SUPERVISE_H

#include <stdbool.h>
#include <sys/types.h>

struct supervised {
	/* Runs in the child; its return value is an enum exit_status.  It should look at
	 * supervise_interrupted() between steps and come home when that turns true. */
	int (*work)(void *arg, const char *directory);
	/* Runs in the parent if the child died or broke; the mounts and devices are gone. */
	void (*aftermath)(void *arg);
	void *arg;
	/* The host is thrown away when the work says STATUS_NEEDS_REBOOT: nothing is removed then.
	 */
	bool expendable;
};

/*
 * Runs s->work(arg, directory) with a directory of its own.  Returns its exit status, 128 + signal
 * if the run was interrupted by one, or STATUS_BROKEN after one error line if the child crashed or
 * left what cannot be removed.
 */
int supervise(const struct supervised *s);

/*
 * For the work: runs part(arg) in a child of its own, a copy of the process as it is now, and waits
 * for it.  What it changes in memory stays behind with it, its allocations and mappings too, so
 * that every part that is begun in the same state runs in the same process; only what lies in
 * shared memory comes back.  Returns what part returned, 0 or -errno.  If it dies of a signal so
 * does the caller, and supervise() cleans up.
 */
int supervise_run_child(int (*part)(void *arg), void *arg);

/* The process whose number names carry: the child of supervise(), or this process without one. */
pid_t supervise_owner(void);

/* Whether the work was asked to stop. */
bool supervise_interrupted(void);

#endif

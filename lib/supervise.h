/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nothing is left behind: the work runs in a child, and whatever way it ends (return, error,
 * signal, crash) the parent removes what carries the child's id: mounts below its directory and
 * DM devices.  A killed parent takes the child with it, which then cleans up after itself.
 */
#ifndef DAXDM_SUPERVISE_H
#define DAXDM_SUPERVISE_H

#include <stdbool.h>

struct supervised {
	/* Runs in the child; its return value is an enum exit_status.  It should look at
	 * interrupted() between steps and come home when that turns true. */
	int (*work)(void *arg, const char *directory);
	/* Runs in the parent if the child did not come home; the mounts and devices are gone. */
	void (*aftermath)(void *arg);
	void *arg;
};

/*
 * Runs s->work(arg, directory) with a directory of its own.  Returns its exit status, 128 + signal
 * if the run was interrupted by one, or STATUS_BROKEN after one error line if the child crashed.
 */
int supervise(const struct supervised *s);

/* Whether the work was asked to stop. */
bool interrupted(void);

#endif
